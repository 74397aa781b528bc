/**
 * What tests of rumors share: authors that write chains, honest or not; one `Rumors` with modelled signatures, whose
 * effects are looked at; and a crowd of them over ordered links that may break.
 */
import type { SpreadingPolicy, Tuning } from "../config.ts";
import type { Effect } from "../effect.ts";
import type { Retention } from "../input.ts";
import { Random } from "../random.ts";
import type { Foundation, Moment } from "../room.ts";
import { Tray, makeFoundation, peerId, testHash } from "../room.testing.ts";
import { NO_LIMIT, type LimitOf } from "../repair/limit.ts";
import { laterRooms } from "../parts/later-rooms.ts";
import { Rumors } from "./rumors.ts";
import type { Authors } from "../standing/authors.ts";
import type { Verdict } from "./rumors.ts";
import type { Header, LinkId, PeerId, Rumor, Validation } from "../types.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";
import type { Frame, RumorFrame } from "../wire/frames.ts";
import { rumorBytes, rumorId } from "../wire/statements.ts";

export const TOPIC: string = "0a".repeat(16);
export const START_MS = 1_700_000_000_000;
export const KEEP_ALL: Retention = { countMax: 1_000_000, bytesMax: 1_000_000_000, ageMs: 0 };

const MESH_ID = makeFoundation().config.meshId;

export function sign(author: PeerId, bytes: Uint8Array): Uint8Array {
  const tag = testHash(new Uint8Array([...textBytes(author), ...bytes]));
  const signature = new Uint8Array(64);
  signature.set(tag);
  signature.set(testHash(tag), 32);
  return signature;
}

export function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function idOf({ header, body }: Rumor): Uint8Array {
  return rumorId(testHash, MESH_ID, header, testHash(body));
}

export function at(sinceStartMs: number): Moment {
  return { nowMs: sinceStartMs, meshMs: START_MS + sinceStartMs };
}

/** A rumor with its author's good signature, whatever it says. */
export function signAs(header: Header, body: Uint8Array): Rumor {
  const rumor: Rumor = { header, body, signature: new Uint8Array(64) };
  return { ...rumor, signature: sign(header.author, rumorBytes(idOf(rumor))) };
}

/** Writes one log, and signs whatever it is told to. */
export class Author {
  readonly id: PeerId;
  readonly incarnation: number;
  readonly topic: string;
  readonly written: Rumor[] = [];

  constructor(
    number: number,
    incarnation: number = START_MS - 1_000,
    topic: string = TOPIC,
    id: PeerId = peerId(number),
  ) {
    this.id = id;
    this.incarnation = incarnation;
    this.topic = topic;
  }

  /** The next rumor, stamped a millisecond after the one before it; `change` makes it another, or none at all. */
  write(change: Partial<Header> = {}, body: Uint8Array = new Uint8Array([1, 2, 3])): Rumor {
    const last = this.written.at(-1);
    const rumor = signAs(
      {
        version: 1,
        author: this.id,
        incarnation: this.incarnation,
        topic: this.topic,
        seq: this.written.length + 1,
        prev: last === undefined ? new Uint8Array(32) : idOf(last),
        timeMs: START_MS + this.written.length,
        counter: 0,
        expiryMs: 0,
        keyId: new Uint8Array(8),
        kind: 0,
        low: last?.header.low ?? 1,
        ...change,
      },
      body,
    );
    this.written.push(rumor);
    return rumor;
  }

  writeMany(count: number, change: Partial<Header> = {}): Rumor[] {
    return Array.from({ length: count }, () => this.write(change));
  }

  /** A second rumor for the slot of one that was written; the chain goes on from the first. */
  fork(of: Rumor, change: Partial<Header> = {}): Rumor {
    return signAs({ ...of.header, ...change }, new Uint8Array([9, 9]));
  }
}

export function frameOf(rumor: Rumor, change: Partial<RumorFrame> = {}): RumorFrame {
  return { kind: "rumor", hops: 1, repair: false, rumor, ...change };
}

type Kind<K extends Effect["kind"]> = Effect & { readonly kind: K };

/** One `Rumors` and its tray. Signatures are answered when `settle` is called, in the order asked, unless told otherwise. */
export class TestRumors {
  readonly id: PeerId;
  rumors: Rumors;
  readonly tray: Tray = new Tray();
  readonly strangers: Set<PeerId> = new Set();
  readonly readers: Set<PeerId> = new Set();
  /** Where logs end by the word of others. */
  limitOf: LimitOf = () => NO_LIMIT;
  private readonly authors: Authors = {
    isAdmitted: (author) => !this.strangers.has(author),
    mayWrite: ({ author }) => !this.readers.has(author),
    isShutOut: () => false,
    evidenceAgainst: () => undefined,
    charge: () => true,
    leftFor: () => Number.POSITIVE_INFINITY,
    roomFor: () => Number.POSITIVE_INFINITY,
    limitOf: (log) => this.limitOf(log),
  };
  readonly blamed: { readonly link: LinkId; readonly what: string }[] = [];
  now: Moment = at(0);
  verifications = 0;
  private readonly foundation: Foundation;
  private looked = 0;
  private readonly waiting: (Kind<"sign"> | Kind<"verify">)[] = [];

  constructor(number = 0, tuning: Partial<Tuning> = {}, seed = 1) {
    this.id = peerId(number);
    this.foundation = makeFoundation(this.id, tuning, seed);
    this.rumors = new Rumors(this.foundation, this.authors, undefined, laterRooms);
  }

  /** As if from a snapshot. */
  restore(copy: <T>(state: T) => T): void {
    const foundation = { ...this.foundation, random: Random.from(this.foundation.random.state) };
    this.rumors = new Rumors(foundation, this.authors, copy(this.rumors.state), laterRooms);
  }

  linkUp(...links: LinkId[]): void {
    for (const link of links) this.rumors.onLinkUp(link, peerId(100 + link), this.now);
  }

  receive(link: LinkId, frame: Frame): Verdict {
    switch (frame.kind) {
      case "rumor":
      case "segment":
      case "digest":
      case "reconcile":
      case "have":
      case "want":
      case "iHave":
      case "graft":
      case "prune":
      case "tell":
      case "told":
        return this.rumors.onFrame(link, frame, this.now, this.tray);
      default:
        return "ok";
    }
  }

  /** Hand in rumors over one link, each verified before the next. */
  take(rumors: readonly Rumor[], link: LinkId = 1, repair = false): void {
    for (const rumor of rumors) {
      this.receive(link, frameOf(rumor, { repair }));
      this.settle();
    }
  }

  publish(body: Uint8Array = new Uint8Array([7]), retention: Retention = KEEP_ALL, topic: string = TOPIC): void {
    const ref = this.tray.ref();
    this.rumors.onPublish(
      { kind: "publish", ref, topic, keyId: new Uint8Array(8), body, retention },
      this.now,
      this.tray,
    );
  }

  /** What is to be signed or verified and was not answered yet. */
  get unanswered(): (Kind<"sign"> | Kind<"verify">)[] {
    for (const effect of this.tray.effects.slice(this.looked)) {
      if (effect.kind === "sign" || effect.kind === "verify") this.waiting.push(effect);
    }
    this.looked = this.tray.effects.length;
    return this.waiting;
  }

  /** Answer it, in order. */
  settle(): void {
    for (let next = this.unanswered.shift(); next !== undefined; next = this.unanswered.shift()) this.answer(next);
  }

  answer(effect: Kind<"sign"> | Kind<"verify">): void {
    if (effect.kind === "sign") {
      const signature = sign(this.id, effect.bytes);
      const [ref, { maps, profiles }] = [effect.ref, this.rumors];
      for (const room of [this.rumors, maps, profiles]) if (room.onSigned(ref, signature, this.now, this.tray)) return;
      return;
    }
    this.verifications++;
    const ok = sign(effect.author, effect.bytes).every((byte, i) => effect.signature[i] === byte);
    const [ref, { maps, profiles }] = [effect.ref, this.rumors];
    const blame =
      this.rumors.onVerified(ref, ok, this.now, this.tray) ||
      maps.onVerified(ref, ok, this.now, this.tray) ||
      profiles.onVerified(ref, ok, this.now, this.tray);
    if (typeof blame === "object") this.blamed.push(blame);
  }

  /** What waits for a validator's word, the first of it first. */
  get unjudged(): Kind<"validate">[] {
    const { waiting } = this.rumors.state.validating;
    return this.effects("validate").filter(({ ref }) => waiting.has(ref));
  }

  judge(effect: Kind<"validate">, verdict: Validation): void {
    this.rumors.onValidated(effect.ref, verdict, this.now, this.tray);
    this.settle();
  }

  /** Let time pass, stopping at every deadline. */
  pass(ms: number): void {
    const endMs = this.now.nowMs + ms;
    while (this.rumors.deadlineMs <= endMs) {
      this.now = at(Math.max(this.now.nowMs + 1, this.rumors.deadlineMs));
      if (this.now.nowMs > endMs) break;
      this.rumors.onDeadline(this.now, this.tray);
      this.settle();
    }
    this.now = at(endMs);
    this.rumors.onDeadline(this.now, this.tray);
    this.settle();
  }

  effects<K extends Effect["kind"]>(kind: K): Kind<K>[] {
    return this.tray.effects.filter((effect): effect is Kind<K> => effect.kind === kind);
  }

  /** Deliveries as "author's number in its log:stream". */
  get delivered(): string[] {
    return this.effects("deliver").map(({ rumor, stream }) => `${rumor.header.seq}:${stream}`);
  }

  get gaps(): string[] {
    return this.effects("gap").map(({ range }) => `${range[0]}-${range[1]}`);
  }

  /** Frames sent, by kind, over one link or all. */
  sent<K extends Frame["kind"]>(kind: K, link?: LinkId): (Frame & { readonly kind: K })[] {
    return this.tray.frames
      .filter((sent) => link === undefined || sent.link === link)
      .map(({ frame }) => frame)
      .filter((frame): frame is Frame & { readonly kind: K } => frame.kind === kind);
  }

  forget(): void {
    this.tray.frames.length = 0;
  }
}

interface Wire {
  readonly ends: readonly [number, number];
  readonly links: readonly [LinkId, LinkId];
  /** Frames on the way to each end. */
  readonly queues: [Uint8Array[], Uint8Array[]];
}

/** Several peers, linked. Frames of one link keep their order; those of a broken one are lost. */
export class Crowd {
  readonly peers: TestRumors[];
  readonly random: Random;
  frames = 0;
  /** Share of datagrams lost; what is not lost comes in order with the rest. */
  urgentLoss = 0;
  private readonly wires: Wire[] = [];
  private nextLink = 1;

  /** `policies`: how they spread, in turn. */
  constructor(
    size: number,
    seed: number,
    tuning: Partial<Tuning> = {},
    policies: readonly SpreadingPolicy[] = ["adaptive"],
  ) {
    const spreading = (i: number): SpreadingPolicy => policies[i % policies.length]!;
    this.peers = Array.from(
      { length: size },
      (_, i) => new TestRumors(i, { spreading: spreading(i), ...tuning }, (seed & 0x7f) + i),
    );
    this.random = new Random(testHash(textBytes(`crowd ${seed}`)).slice(0, 16));
  }

  get nowMs(): number {
    return this.peers[0]!.now.nowMs;
  }

  isLinked(a: number, b: number): boolean {
    return this.wires.some(({ ends }) => ends.includes(a) && ends.includes(b));
  }

  link(a: number, b: number): void {
    if (a === b || this.isLinked(a, b)) return;
    const links = [this.nextLink++, this.nextLink++] as const;
    this.wires.push({ ends: [a, b], links, queues: [[], []] });
    for (const [here, there, link] of [
      [a, b, links[0]],
      [b, a, links[1]],
    ] as const) {
      const peer = this.peers[here]!;
      peer.rumors.onLinkUp(link, this.peers[there]!.id, peer.now);
    }
  }

  linkAll(): void {
    for (let a = 0; a < this.peers.length; a++) for (let b = 0; b < a; b++) this.link(a, b);
  }

  /** Break a random link, or the one between these two. */
  breakLink(a?: number, b?: number): void {
    const found = this.wires.findIndex(({ ends }) => ends.includes(a!) && ends.includes(b!));
    const at = a === undefined ? this.random.below(this.wires.length) : found;
    const [wire] = this.wires.splice(at, at < 0 ? 0 : 1);
    wire?.ends.forEach((end, side) => {
      const peer = this.peers[end]!;
      peer.rumors.onLinkDown(wire.links[side]!, peer.now, peer.tray);
    });
  }

  setWritable(writable: boolean | undefined): void {
    for (const { ends, links } of this.wires) {
      ends.forEach((end, side) => {
        this.peers[end]!.rumors.onWritable(links[side]!, writable ?? this.random.below(2) === 0);
      });
    }
  }

  /** One thing happens somewhere: a frame arrives, or a signature is made or checked. False when all is quiet. */
  step(): boolean {
    this.collect();
    const possible: (() => void)[] = [];
    for (const wire of this.wires) {
      wire.queues.forEach((queue, side) => {
        if (queue.length > 0) possible.push(() => this.deliver(wire, side));
      });
    }
    for (const peer of this.peers) {
      const { unanswered } = peer;
      const at = this.random.below(unanswered.length);
      if (unanswered.length > 0) possible.push(() => peer.answer(unanswered.splice(at, 1)[0]!));
    }
    const next = this.random.pick(possible);
    next?.();
    return next !== undefined;
  }

  /** Until all is quiet at this moment. */
  calm(): void {
    while (this.step());
  }

  /** Let time pass for everyone, with everything that follows from it. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.calm();
      const dueMs = Math.min(...this.peers.map(({ rumors }) => rumors.deadlineMs));
      const nextMs = Math.min(endMs, Math.max(this.nowMs + 1, dueMs));
      for (const peer of this.peers) {
        peer.now = at(nextMs);
        if (peer.rumors.deadlineMs <= nextMs) peer.rumors.onDeadline(peer.now, peer.tray);
      }
    }
    this.calm();
  }

  private deliver(wire: Wire, side: number): void {
    const bytes = wire.queues[side]!.shift()!;
    const decoded = decodeFrame(bytes);
    if (!decoded.ok || decoded.frame === undefined) throw new Error("a frame that does not decode");
    const peer = this.peers[wire.ends[side]!]!;
    // Maps are compared as well, and nothing stands in any.
    if (!/^mapDigest$|^profileDigest$/.test(decoded.frame.kind)) this.frames++;
    const verdict = peer.receive(wire.links[side]!, decoded.frame);
    if (verdict !== "ok") throw new Error(`an honest peer was blamed: ${verdict}`);
  }

  private collect(): void {
    this.peers.forEach((peer, index) => {
      const { frames } = peer.tray;
      for (const { link, frame, traffic } of frames.splice(0)) {
        if (traffic === "urgent" && this.random.float() < this.urgentLoss) continue;
        const wire = this.wires.find(({ ends, links }) => links[ends.indexOf(index)] === link);
        if (wire !== undefined) wire.queues[1 - wire.ends.indexOf(index)]!.push(encodeFrame(frame));
      }
    });
  }
}
