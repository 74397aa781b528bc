/**
 * The fault that took Amazon S3 down on 20 July 2008, done on purpose: of every kind of frame, every bit is flipped and the
 * frame delivered to a peer that waits for it. Frames are caught on their way in a mesh that forms, talks, loses a member
 * and convicts one; of kinds that do not show there, valid ones are made up.
 */
import * as fc from "fast-check";
import type { Effect } from "./effect.ts";
import { Harness, sign, type TestNode, verified } from "./harness.testing.ts";
import type { Input } from "./input.ts";
import type { Peer } from "./peer.ts";
import type { Snapshot } from "./peer-state.ts";
import { logKey } from "./repair/logs.ts";
import { restore } from "./runs/restore.ts";
import { testHash } from "./room.testing.ts";
import { equalBytes } from "./trust/admission.ts";
import type { PeerId, Rumor } from "./types.ts";
import { frameOf } from "./wire/arbitraries.testing.ts";
import { encodeRumor } from "./wire/codec.ts";
import { decodeFrame, encodeFrame } from "./wire/whole-codec.ts";
import type { Frame } from "./wire/frames.ts";

type Received = Input & { readonly kind: "received" };

/** A peer, and the frame that it is about to get. */
interface Moment {
  readonly kind: string;
  readonly before: Snapshot;
  readonly input: Received;
  readonly nowMs: number;
}

/** Frames of each kind that are caught. */
const CAUGHT = 2;
/** Flips that one peer gets, unless it hangs up first. */
const BATCH = 32;
const TOPIC = "ab".repeat(16);

export class Flips {
  flips = 0;
  readonly kinds: Map<string, number> = new Map();
  /** Rumors that were really written, as bytes. */
  private readonly written = new Set<string>();
  private readonly moments: Moment[] = [];
  private readonly honest: ReadonlySet<PeerId>;
  private readonly cheat: PeerId;

  constructor(seed: number) {
    const { world, cheat } = this.live(seed);
    this.cheat = cheat.id;
    this.honest = new Set(world.nodes.filter((node) => node !== cheat).map(({ id }) => id));
    for (const { kept } of world.nodes) {
      for (const effect of kept) if (effect.kind === "persist") this.written.add(keyOf(effect.rumor));
    }
    this.makeUp(world, seed);
  }

  /** Flip every `stride`-th bit of every frame, from one by chance on; fails by throwing. */
  run(stride: number, from: number): void {
    for (const moment of this.moments) this.flipAll(moment, stride, from % stride);
  }

  /** A mesh in which as much as possible is said, with an ear at one of its members. */
  private live(seed: number): { world: Harness; cheat: TestNode } {
    const world = new Harness();
    const first = 1 + 20 * seed;
    const nodes = [0, 1, 2, 3, 4].map((i) =>
      world.add(first + i, { tuning: i % 2 === 0 ? {} : { spreading: "mongering" } }),
    );
    const [ear, , , leaver, cheat] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
    this.listen(ear);
    let ref = -1;
    const say = (node: TestNode): void =>
      world.command(node, {
        kind: "publish",
        ref: ref--,
        topic: TOPIC,
        keyId: new Uint8Array(8),
        body: Uint8Array.from([ref & 0xff, ref >> 8, seed]),
        retention: { countMax: 100, bytesMax: 1e6, ageMs: 0 },
      });
    for (const node of nodes) world.command(node, { kind: "subscribe", topic: TOPIC });
    for (let second = 0; second < 40; second++) {
      world.run(1_000);
      say(nodes[second % nodes.length]!);
    }
    // It forgets that it has minted in this slot.
    cheat.peer.rooms.overlay.state.finding!.shuffles.lastMintSlot = -1;
    cheat.config.ticket = new Uint8Array([1, 1]);
    world.run(10_000);
    world.command(leaver, { kind: "leave" });
    world.run(3_000);
    return { world, cheat };
  }

  private listen(node: TestNode): void {
    const { peer } = node;
    const handle = peer.handle.bind(peer);
    peer.handle = (input, nowMs) => {
      const decoded = input.kind === "received" ? decodeFrame(input.bytes) : undefined;
      if (input.kind === "received" && decoded?.ok === true && decoded.frame !== undefined) {
        const { frame } = decoded;
        const { kind } = frame;
        const caught = this.moments.filter((moment) => moment.kind === kind).length;
        const { logs } = peer.rooms.rumors.state.logs;
        const isNews =
          frame.kind !== "rumor" || !logs.get(logKey(frame.rumor.header))?.held.has(frame.rumor.header.seq);
        if (caught < CAUGHT && isNews) this.moments.push({ kind, before: peer.snapshot(), input, nowMs });
      }
      return handle(input, nowMs);
    };
  }

  /** Of kinds that nobody said: valid frames, on a link that stands. */
  private makeUp({ nodes, nowMs }: Harness, seed: number): void {
    const { peer } = nodes[0]!;
    const { link } = peer.neighbors[0]!;
    const said = new Set(this.moments.map(({ kind }) => kind));
    for (const [kind, arbitrary] of Object.entries<fc.Arbitrary<Frame>>(frameOf)) {
      if (said.has(kind)) continue;
      for (const frame of fc.sample(arbitrary, { seed, numRuns: 2 })) {
        const input: Received = { kind: "received", link, channel: "control", bytes: encodeFrame(frame) };
        this.moments.push({ kind, before: peer.snapshot(), input, nowMs });
      }
    }
  }

  private flipAll(moment: Moment, stride: number, from: number): void {
    const { before, input } = moment;
    const start = restore(before, testHash);
    const digestBefore = start.digest();
    const calm = this.deliver(start, input, moment);
    const digests = [digestBefore, start.digest()];
    const others = calm.neighborsBefore - 1;
    let peer: Peer | undefined;
    let given = 0;
    for (let bit = from; bit < 8 * input.bytes.length; bit += stride) {
      if (peer === undefined || given >= BATCH) {
        if (peer !== undefined) this.expectInService(peer, moment, digests);
        peer = restore(before, testHash);
        given = 0;
      }
      const flipped = { ...input, bytes: input.bytes.slice() };
      flipped.bytes[bit >> 3]! ^= 1 << (bit & 7);
      const where = `bit ${bit} of ${moment.kind}`;
      const { hungUp } = this.deliver(peer, flipped, moment, where, calm.done);
      expectOneOf(peer.digest(), digests, `${where} changes what is held`);
      if (peer.neighbors.length < others) throw new Error(`${where} costs more than its own link`);
      this.flips++;
      this.kinds.set(moment.kind, (this.kinds.get(moment.kind) ?? 0) + 1);
      given++;
      if (hungUp) peer = undefined;
    }
    if (peer !== undefined) this.expectInService(peer, moment, digests);
  }

  /** After all that, the true frame does what it would have done. */
  private expectInService(peer: Peer, moment: Moment, digests: readonly Uint8Array[]): void {
    const last = this.deliver(peer, moment.input, moment);
    if (!last.hungUp) expectOneOf(peer.digest(), digests.slice(-1), `after flips the true ${moment.kind} is not taken`);
  }

  /** Hand a frame in, and all that follows from it at once. `calm`: what the true frame led to. */
  private deliver(
    peer: Peer,
    input: Received,
    { nowMs }: Moment,
    where?: string,
    calm: ReadonlySet<string> = new Set(),
  ): { readonly hungUp: boolean; readonly done: ReadonlySet<string>; readonly neighborsBefore: number } {
    const neighborsBefore = peer.neighbors.length;
    const queue: Input[] = [input];
    const done = new Set<string>();
    let hungUp = false;
    for (const next of queue) {
      for (const effect of peer.handle(next, nowMs)) {
        if (effect.kind === "hangUp" && effect.link === input.link) hungUp = true;
        if (where !== undefined) this.judge(effect, calm, where);
        done.add(nameOf(effect));
        if (effect.kind === "verify") queue.push(verified(effect));
        if (effect.kind === "sign") {
          queue.push({ kind: "signed", ref: effect.ref, signature: sign(peer.self, effect.bytes) });
        }
        // A seal that was touched does not open; one that was not is opened by nobody here but the peer that it is for.
        if (effect.kind === "open") {
          queue.push({ kind: "opened", ref: effect.ref, from: new Uint8Array(32), bytes: undefined });
        }
      }
    }
    return { hungUp, done, neighborsBefore };
  }

  private judge(effect: Effect, calm: ReadonlySet<string>, where: string): void {
    switch (effect.kind) {
      case "persist":
      case "deliver":
        if (!this.written.has(keyOf(effect.rumor)))
          throw new Error(`${where} has a rumor ${effect.kind}ed that nobody wrote`);
        return;
      case "withdraw":
      case "persistFork":
      case "persistEvidence":
      case "persistRevocation":
        if (!calm.has(effect.kind)) throw new Error(`${where} leads to ${effect.kind}`);
        return;
      case "persistCredential":
        if (!this.isMember(effect.credential.peer)) throw new Error(`${where} admits ${effect.credential.peer}`);
        return;
      case "emit": {
        const { event } = effect;
        if (event.type === "convicted" && event.peer !== this.cheat) throw new Error(`${where} convicts ${event.peer}`);
        if (event.type === "neighbor-up" && !this.isMember(event.peer)) throw new Error(`${where} links ${event.peer}`);
        if (event.type === "direct" || (event.type === "member-down" && !calm.has(nameOf(effect)))) {
          throw new Error(`${where} leads to ${event.type}`);
        }
        return;
      }
      default:
    }
  }

  private isMember(peer: PeerId): boolean {
    return peer === this.cheat || this.honest.has(peer);
  }
}

function nameOf(effect: Effect): string {
  return effect.kind === "emit" ? `emit ${effect.event.type}` : effect.kind;
}

function keyOf(rumor: Rumor): string {
  return String.fromCharCode(...encodeRumor(rumor));
}

function expectOneOf(digest: Uint8Array, digests: readonly Uint8Array[], what: string): void {
  if (!digests.some((one) => equalBytes(one, digest))) throw new Error(what);
}
