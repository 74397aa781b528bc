/**
 * A peer that deviates: a whole, honest `Peer` behind somebody who reads and rewrites what goes in and what comes out, as
 * the fault model of Byzantine processes allows (Lamport, Shostak and Pease 1982), but for what cryptography forbids: it
 * signs with its own key only. It has the face of a peer, so whatever drives one drives it: the simulator, or a tab.
 */
import {
  type Channel,
  type Effect,
  encodeFrame,
  type Frame,
  type Input,
  type LinkId,
  type Peer,
  type PeerId,
  type Random,
  type Ref,
  type TrafficClass,
  decodeFrame,
} from "@grapevine/protocol";
import type { Crew } from "./crew.ts";

/** What a driver runs. */
export type Core = Pick<Peer, "handle" | "deadlineMs">;

/** One way to deviate. Each hook may be left out; an answer of nothing at all swallows what it was asked about. */
export interface Deviation {
  /** What its peer is told instead of this input. */
  onInput?(input: Input): readonly Input[];
  /** What is done instead of this effect of its peer. */
  onEffect?(effect: Effect): readonly Effect[];
  /** Once a second. */
  onTick?(): void;
  /** Added to the clock that its peer is given. */
  readonly lieMs?: number;
}

/** What a deviation has to work with. */
export interface Scene {
  /** The peer in the middle; all of its state is open to whoever owns it. */
  readonly peer: Peer;
  readonly random: Random;
  readonly crew: Crew;
  /** The driver's clock. */
  readonly nowMs: number;
  /** Say something to a neighbor. */
  send(link: LinkId, frame: Frame, traffic?: TrafficClass): void;
  /** Say anything at all. */
  sendBytes(link: LinkId, channel: Channel, bytes: Uint8Array): void;
  /** Have something signed with the own key. */
  sign(bytes: Uint8Array, then: (signature: Uint8Array) => void): void;
  /** Go on with another peer of the same key. */
  become(peer: Peer): void;
  lay(effect: Effect): void;
}

export type Kind = (scene: Scene) => Deviation;

const TICK_MS = 1_000;
/** Refs of the deviation's own: the core's begin at 1, the driver's lie below 0. */
const FIRST_REF = 2 ** 48;

export class Deviant implements Core {
  private peer: Peer;
  private readonly core: Core | undefined;
  private readonly scene: Scene;
  private deviation: Deviation | undefined;
  private nowMs = 0;
  private tickMs = 0;
  private nextRef: Ref = FIRST_REF;
  private readonly signing = new Map<Ref, (signature: Uint8Array) => void>();
  private out: Effect[] = [];

  /** Honest until `turn`. `core` is what stands for the peer where somebody records its inputs. */
  constructor(peer: Peer, random: Random, crew: Crew, core?: Core) {
    this.peer = peer;
    this.core = core;
    const peerNow = (): Peer => this.peer;
    const clock = (): number => this.nowMs;
    this.scene = {
      get peer() {
        return peerNow();
      },
      get nowMs() {
        return clock();
      },
      random,
      crew,
      send: (link, frame, traffic = "control") =>
        this.send(link, traffic === "control" ? "control" : "data", encodeFrame(frame), traffic),
      sendBytes: (link, channel, bytes) => this.send(link, channel, bytes, channel === "control" ? "control" : "fresh"),
      sign: (bytes, then) => {
        const ref = this.nextRef++;
        this.signing.set(ref, then);
        this.out.push({ kind: "sign", ref, bytes });
      },
      become: (peer) => void (this.peer = peer),
      lay: (effect) => void this.out.push(effect),
    };
  }

  /** Deviate from now on; undefined: be honest again. */
  turn(kind: Kind | undefined): void {
    this.deviation = kind?.(this.scene);
    this.tickMs = this.nowMs;
  }

  handle(input: Input, nowMs: number): readonly Effect[] {
    this.nowMs = nowMs;
    this.out = [];
    const then = input.kind === "signed" ? this.signing.get(input.ref) : undefined;
    if (then !== undefined && input.kind === "signed") {
      this.signing.delete(input.ref);
      then(input.signature);
      return this.out;
    }
    for (const told of this.deviation?.onInput?.(input) ?? [input]) this.tell(told);
    if (this.deviation?.onTick !== undefined && nowMs >= this.tickMs && this.isRunning) {
      this.tickMs = nowMs + TICK_MS;
      this.deviation.onTick();
    }
    return this.out;
  }

  get deadlineMs(): number {
    const dueMs = (this.coreNow.deadlineMs ?? 0) - (this.deviation?.lieMs ?? 0);
    return this.deviation?.onTick === undefined || !this.isRunning ? dueMs : Math.min(dueMs, this.tickMs);
  }

  private tell(input: Input): void {
    for (const effect of this.coreNow.handle(input, this.nowMs + (this.deviation?.lieMs ?? 0))) {
      this.out.push(...(this.deviation?.onEffect?.(effect) ?? [effect]));
    }
  }

  private get coreNow(): Core {
    return this.core ?? this.peer;
  }

  private get isRunning(): boolean {
    return this.peer.rooms.state.phase === "running";
  }

  private send(link: LinkId, channel: Channel, bytes: Uint8Array, traffic: TrafficClass): void {
    this.out.push({ kind: "send", link, channel, traffic, bytes });
  }
}

/** Several ways at once: each sees what the one before it makes of things. */
export function together(...kinds: readonly Kind[]): Kind {
  return (scene) => {
    const all = kinds.map((kind) => kind(scene));
    return {
      onInput: (input) => through(all, input, (one, told) => one.onInput?.(told)),
      onEffect: (effect) => through(all, effect, (one, done) => one.onEffect?.(done)),
      onTick: () => {
        for (const one of all) one.onTick?.();
      },
      lieMs: all.reduce((sum, { lieMs = 0 }) => sum + lieMs, 0),
    };
  };
}

function through<T>(
  all: readonly Deviation[],
  first: T,
  by: (one: Deviation, item: T) => readonly T[] | undefined,
): readonly T[] {
  return all.reduce<readonly T[]>((items, one) => items.flatMap((item) => by(one, item) ?? [item]), [first]);
}

/** The frame that an effect sends, if it sends one that decodes. */
export function frameIn(effect: Effect): Frame | undefined {
  return effect.kind === "send" ? frameOf(effect.bytes) : undefined;
}

export function frameOf(bytes: Uint8Array): Frame | undefined {
  const decoded = decodeFrame(bytes);
  return decoded.ok ? decoded.frame : undefined;
}

/** Whose rumors a frame carries, if it carries some. */
export function authorIn(frame: Frame | undefined): PeerId | undefined {
  if (frame?.kind === "segment") return frame.log.author;
  return frame?.kind === "rumor" ? frame.rumor.header.author : undefined;
}

/** The effect with another frame in it. */
export function saying(effect: Effect, frame: Frame): Effect {
  return effect.kind === "send" ? { ...effect, bytes: encodeFrame(frame) } : effect;
}

/** Everybody else whom this peer knows of. */
export function known({ peer }: Scene): readonly PeerId[] {
  return peer.members.map((member) => member.peer);
}
