/**
 * What `npm run fuzz` has a member do that has a key and breaks every rule but grammar: bytes are read as frames which decode,
 * whose signatures hold, and which speak of logs, rounds, keys and peers that there are; with numbers, counts and
 * orders that no honest peer has. Nothing may throw or grow, its target may not be made to check more signatures than it
 * was sent or holds, nor to answer more than `trust/answers.ts` says.
 */
import type { Effect } from "./effect.ts";
import type { FuzzTarget } from "./fuzz-targets.testing.ts";
import { bytesOf, Harness, sign, type TestNode, verified } from "./harness.testing.ts";
import { type Known, MAP, seal, TOPICS, Words } from "./hostile-words.testing.ts";
import type { Input } from "./input.ts";
import { TestKeyring } from "./standing/keyring.testing.ts";
import { limits } from "./limits.ts";
import type { Peer } from "./peer.ts";
import { Choices, expectBounded } from "./peer-sequences.testing.ts";
import { restore } from "./runs/restore.ts";
import { peerId, testHash } from "./room.testing.ts";
import { ROLE_ADMIN, ROLE_ROOT, ROLE_WRITER } from "./types.ts";
import type { LinkId, PeerId } from "./types.ts";
import { decodeFrame, encodeFrame } from "./wire/whole-codec.ts";

const MAP_KEYS = ["0d".repeat(32), "0e".repeat(32)];
const RETENTION = { countMax: 20, bytesMax: 100_000, ageMs: 600_000 };
const FRAMES_MAX = 48;
const JUMPS_MS = [0, 0, 0, 1, 30, 210, 1_100, 5_200, 31_000, 61_000];
/** Beside what answers may cost: rounds, shuffles and events of our own in the time that passes. */
const OWN_BYTES = 400_000;

interface Middle extends Known {
  readonly keys: readonly Uint8Array[];
  readonly nowMs: number;
  readonly links: readonly { readonly link: LinkId; readonly peer: PeerId }[];
}

let middle: Middle | undefined;

/** A mesh with certificates, epochs, logs and a map, in which all has been said once. */
function conversation(): Middle {
  const world = new Harness({ keys: { rotateMs: 60_000, history: "since-join" } });
  const roles = [ROLE_WRITER, ROLE_ROOT, ROLE_ADMIN, ROLE_WRITER, ROLE_WRITER];
  for (const [i, role] of roles.entries()) world.add(i + 1, { standing: { role, keys: [peerId(i + 40)] } });
  const [first] = world.nodes as [TestNode];
  for (const node of world.nodes) for (const topic of TOPICS) world.command(node, { kind: "subscribe", topic });
  for (let i = 0; i < 15; i++) {
    const common = { ref: -1 - i, keyId: new Uint8Array(8), body: bytesOf(`text ${i}`) };
    const node = world.nodes[i % 5]!;
    world.command(node, { ...common, kind: "publish", topic: TOPICS[i % 2]!, retention: RETENTION });
    world.command(node, { ...common, ref: -100 - i, kind: "write", map: MAP, key: MAP_KEYS[i % 2]!, lifeMs: 0 });
    world.run(1_500);
  }
  const { peer } = first;
  return {
    snapshot: peer.snapshot(),
    keys: [...first.keyring.keys.values()],
    nowMs: world.nowMs,
    links: peer.neighbors.map(({ link, peer }) => ({ link, peer })),
    credentials: [...peer.rooms.admission.state.admitted.values()],
    rumors: world.nodes.flatMap(({ kept }) => kept.flatMap((one) => (one.kind === "persist" ? [one.rumor] : []))),
  };
}

/** One run: the target, the world around it, and what the liar has heard. */
class Run {
  readonly peer: Peer;
  private readonly choices: Choices;
  private readonly middle: Middle;
  private readonly keyring: TestKeyring;
  private readonly words: Words;
  private nowMs: number;
  inputs = 0;
  private signatures = 0;
  private verifications = 0;
  private readonly toldBytes = new Map<LinkId, number>();

  constructor(middle: Middle, choices: Choices) {
    this.middle = middle;
    this.choices = choices;
    this.peer = restore(middle.snapshot, testHash);
    this.nowMs = middle.nowMs;
    this.keyring = new TestKeyring(middle.snapshot.config.boxKey);
    for (const key of middle.keys) this.keyring.add(key);
    this.words = new Words(this.peer, middle, choices);
  }

  go(): number {
    const { choices } = this;
    const held = this.peer.rooms.rumors.state.logs.rumors;
    const startMs = this.nowMs;
    for (let i = 0; i < FRAMES_MAX && !choices.isOver; i++) {
      this.nowMs += choices.pick(JUMPS_MS)!;
      if (choices.byte() % 4 === 0) this.handle({ kind: "deadline" });
      const { link, peer } = choices.pick(this.middle.links)!;
      this.words.nowMs = this.nowMs;
      let bytes: Uint8Array;
      try {
        bytes = encodeFrame(this.words.frame(link, peer));
      } catch (error) {
        // What cannot be said cannot be heard.
        if (error instanceof RangeError) continue;
        throw error;
      }
      const decoded = decodeFrame(bytes);
      if (!decoded.ok) continue;
      const times = choices.byte() < 240 ? 1 : 4 ** (choices.byte() % 4);
      for (let round = 0; round < times; round++) {
        this.signatures += 1 + Math.floor(bytes.length / 64);
        this.handle({ kind: "received", link, channel: "data", bytes });
      }
    }
    this.judge(startMs, held);
    return this.inputs;
  }

  private judge(startMs: number, held: number): void {
    const { peer } = this;
    expectBounded(peer);
    const most = this.signatures + held + peer.rooms.rumors.state.logs.rumors;
    if (this.verifications > most) {
      throw new Error(`expected at most ${most} signatures to be checked, got ${this.verifications}`);
    }
    const minutes = 1 + (this.nowMs - startMs) / 60_000;
    const stock = peer.rooms.stock.bytes + peer.rooms.stock.added;
    for (const [link, bytes] of this.toldBytes) {
      const bytesMax = OWN_BYTES + minutes * (stock + limits.answersSpareBytes);
      if (bytes > bytesMax) throw new Error(`expected link ${link} to cost at most ${bytesMax} bytes, got ${bytes}`);
    }
  }

  /** With all that a truthful driver does about it. */
  private handle(input: Input): void {
    const queue: Input[] = [input];
    this.inputs++;
    for (const next of queue) {
      for (const effect of this.peer.handle(next, this.nowMs)) {
        const answer = this.carryOut(effect);
        if (answer !== undefined) queue.push(answer);
      }
      if (queue.length > 20_000) throw new Error("expected one input to end, got more and more of them");
    }
  }

  private carryOut(effect: Effect): Input | undefined {
    switch (effect.kind) {
      case "send": {
        this.toldBytes.set(effect.link, (this.toldBytes.get(effect.link) ?? 0) + effect.bytes.length);
        const decoded = decodeFrame(effect.bytes);
        const frame = decoded.ok ? decoded.frame : undefined;
        if (frame !== undefined && "round" in frame) this.words.rounds.push(frame.round);
        if (frame?.kind === "route") this.words.circuits.push(frame.circuit);
        if (this.words.rounds.length > 16) this.words.rounds.splice(1, 8);
        return undefined;
      }
      case "verify":
        this.verifications++;
        return verified(effect);
      case "sign":
        return { kind: "signed", ref: effect.ref, signature: sign(this.peer.self, effect.bytes) };
      case "seal":
        return {
          kind: "sealed",
          ref: effect.ref,
          bytes: seal(effect.to, this.middle.snapshot.config.boxKey, effect.bytes),
        };
      case "open": {
        const { boxKey } = this.middle.snapshot.config;
        const isOurs = boxKey.every((byte, i) => effect.bytes[i] === byte);
        const from = new Uint8Array(32);
        from.set(effect.bytes.subarray(32, 64));
        return { kind: "opened", ref: effect.ref, from, bytes: isOurs ? effect.bytes.slice(64) : undefined };
      }
      case "keyring":
        return { kind: "keyring", ref: effect.ref, answer: this.keyring.answer(effect.ask) };
      case "connect":
        return { kind: "localSignal", link: effect.link, signal: Uint8Array.of(1, 2, 3) };
      case "hangUp":
        // What is said on this link from now on finds nobody; there are others.
        return undefined;
      default:
        return undefined;
    }
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: "member",
    share: 0.02,
    seeds: () => {
      // Takes longer than an answer may.
      middle ??= conversation();
      return Array.from({ length: 96 }, (_, seed) =>
        Uint8Array.from({ length: 400 }, (_, i) => Math.imul(seed * 400 + i + 7, 0x9e3779b1) >>> 24),
      );
    },
    run: (bytes) => new Run((middle ??= conversation()), new Choices(bytes)).go(),
  },
];
