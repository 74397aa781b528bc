/**
 * What `npm run fuzz` does to whole peers: bytes are read as a sequence of inputs, for a peer in the middle of a
 * conversation. Frames of that conversation, whole or damaged; answers to what it asked, true or false; time that jumps;
 * links that come and go; commands; and any of it again and again. It must not throw, and nothing may grow beyond its limit.
 */
import { Harness, bytesOf } from "./harness.testing.ts";
import type { Effect } from "./effect.ts";
import type { FuzzTarget } from "./fuzz-targets.testing.ts";
import type { Input } from "./input.ts";
import { limits } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { Snapshot } from "./peer-state.ts";
import { restore } from "./runs/restore.ts";
import { peerId, testHash } from "./room.testing.ts";
import type { Ref } from "./types.ts";

const TOPIC = "0a".repeat(16);
const RETENTION = { countMax: 20, bytesMax: 100_000, ageMs: 60_000 };
const JUMPS_MS = [0, 1, 20, 150, 1_000, 3_000, 12_000, 60_000, 600_000, -5_000, -600_000];
const INPUTS_MAX = 64;
/** Beyond any limit of one collection, and of all together. */
const COLLECTION_MAX = 65_536;
const STATE_MAX = 400_000;

interface Middle {
  readonly snapshot: Snapshot;
  readonly frames: readonly Uint8Array[];
  readonly nowMs: number;
  readonly links: readonly number[];
}

let middle: Middle | undefined;

/** A mesh of four that has talked for a while, and what the first of them heard. */
function conversation(): Middle {
  const frames: Uint8Array[] = [];
  const world: Harness = new Harness({
    onFrame: (_from, to, bytes) => {
      if (to === world.nodes[0]) frames.push(bytes);
      return bytes;
    },
  });
  for (let i = 1; i <= 4; i++) world.add(i);
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic: TOPIC });
  for (let i = 0; i < 12; i++) {
    const body = bytesOf(`text ${i}`);
    const publish = { kind: "publish", ref: -1 - i, topic: TOPIC, keyId: new Uint8Array(8), body } as const;
    world.command(world.nodes[i % 4]!, { ...publish, retention: RETENTION });
    world.run(1_500);
  }
  const { peer } = world.nodes[0]!;
  const links = peer.neighbors.map(({ link }) => link);
  // One of each kind and length, for most of them are alike.
  const kinds = new Map(frames.map((bytes) => [`${bytes[0]} ${bytes.length}`, bytes]));
  return { snapshot: peer.snapshot(), frames: [...kinds.values()], nowMs: world.nowMs, links };
}

/** Reads choices from bytes; zero when they are used up. */
export class Choices {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isOver(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.byte() % Math.max(1, items.length)];
  }

  /** So many, whatever is left. */
  fixed(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(this.take(length));
    return bytes;
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }
}

/** What was asked of the driver and has not been answered. */
type Asked = Extract<Effect, { ref: Ref }>;

function damaged(frame: Uint8Array, choices: Choices, round: number): Uint8Array {
  const bytes = frame.slice();
  switch (choices.byte() % 6) {
    case 0:
      bytes[choices.byte() % bytes.length]! ^= 1 << (choices.byte() % 8);
      break;
    case 1:
      return bytes.subarray(0, choices.byte() % bytes.length);
    case 2:
      bytes.set(
        choices.take(4).subarray(0, Math.max(0, bytes.length - 4)),
        choices.byte() % Math.max(1, bytes.length - 4),
      );
      break;
    case 3:
      // Another one each time that it is repeated.
      for (let i = 0; i < 4; i++) bytes[(choices.byte() + i) % bytes.length]! ^= (round * 0x9e3779b1) >>> (8 * i);
      break;
    default:
  }
  return bytes;
}

function answerTo(asked: Asked | undefined, choices: Choices): Input {
  const isTrue = choices.byte() % 4 !== 0;
  switch (asked?.kind) {
    case "verify":
      return { kind: "verified", ref: asked.ref, ok: isTrue };
    case "seal":
      return { kind: "sealed", ref: asked.ref, bytes: asked.bytes };
    case "open":
      return { kind: "opened", ref: asked.ref, from: new Uint8Array(32), bytes: isTrue ? asked.bytes : undefined };
    case "validate":
      return { kind: "validated", ref: asked.ref, verdict: choices.pick(["accept", "reject", "ignore"] as const)! };
    default:
      return { kind: "signed", ref: asked?.ref ?? choices.byte(), signature: new Uint8Array(64).fill(choices.byte()) };
  }
}

function inputOf(choices: Choices, { frames, links }: Middle, asked: readonly Asked[], ref: Ref, round: number): Input {
  const link = choices.byte() % 4 === 0 ? choices.byte() % 16 : (choices.pick(links) ?? 1);
  switch (choices.byte() % 16) {
    case 0:
      return { kind: "deadline" };
    case 1:
    case 2:
      return answerTo(choices.byte() % 8 === 0 ? undefined : choices.pick(asked), choices);
    case 3:
      return { kind: "linkUp", link, local: new Uint8Array(32), remote: new Uint8Array(32) };
    case 4:
      return choices.byte() % 4 === 0
        ? { kind: "linkDown", link, reason: "" }
        : { kind: "writable", link, writable: choices.byte() % 2 === 0 };
    case 5:
      return {
        kind: "publish",
        ref,
        topic: TOPIC,
        keyId: new Uint8Array(8),
        body: choices.take(choices.byte()),
        retention: RETENTION,
      };
    case 6: {
      const other = [
        { kind: "subscribe", topic: TOPIC },
        { kind: "unsubscribe", topic: TOPIC },
        { kind: "validate", topic: TOPIC, on: choices.byte() % 2 === 0 },
        { kind: "pause" },
        { kind: "resume" },
        { kind: "send", ref, to: peerId(choices.byte() % 8), data: choices.take(4), timeoutMs: 2_000 },
        { kind: "seedUp", seed: 0 },
        { kind: "seedDown", seed: 0 },
      ] as const;
      return choices.pick(other)!;
    }
    case 7:
      return choices.byte() % 2 === 0
        ? { kind: "localSignal", link, signal: choices.take(8) }
        : { kind: "seedReceived", seed: 0, seat: "a", bytes: choices.take(choices.byte()) };
    case 8:
      return {
        kind: "seedPeers",
        seed: 0,
        others: choices.byte(),
        peers: [{ seat: "a", card: damaged(choices.pick(frames)!, choices, round) }],
      };
    case 9:
      return { kind: "received", link, channel: "data", bytes: choices.take(choices.byte()) };
    default: {
      const bytes = damaged(choices.pick(frames)!, choices, round);
      return { kind: "received", link, channel: choices.byte() % 2 === 0 ? "control" : "data", bytes };
    }
  }
}

/** Entries of all collections of a state; throws when one of them is too large. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return 1;
  const items: readonly unknown[] =
    value instanceof Map ? [...value.values()] : value instanceof Set ? [...value] : Object.values(value);
  if (items.length > COLLECTION_MAX) throw new Error(`expected no collection of ${items.length} entries`);
  let size = items.length;
  for (const item of items) size += sizeOf(item);
  return size;
}

export function expectBounded(peer: Peer): void {
  const { state } = peer.rooms;
  const bounds: readonly (readonly [string, number, number])[] = [
    ["pending", state.pending.size, limits.pendingMax],
    ["strangers", state.handshakes.strangers.size, limits.strangersMax],
    ["circuits", state.overlay.finding!.routes.circuits.size, limits.circuitsMax],
    ["introduced", state.overlay.finding!.introductions.introduced.size, limits.introducedMax],
    ["admitted", state.admission.admitted.size, limits.admittedMax],
    ["calls", state.overlay.calls.calls.size, limits.callsMax + limits.inboundCallsMax],
    ["scores", state.scores.cards.size, limits.scoresMax],
    ["debts", state.answers.debts.size, limits.debtsMax],
    ["parked", state.rumors.parking.parked.size, limits.parkedMax],
    ["verifying", state.rumors.checking.checks.size, limits.verifyingMax],
    // Of neighbors, and of the one seed, whose envelopes have a quota too.
    ["quotas", state.quotas.links.size, peer.rooms.overlay.neighbors.size + 1],
    ["recent", state.rumors.spreading.recent.size, limits.recentMax],
  ];
  for (const [what, size, most] of bounds) {
    if (size > most) throw new Error(`expected at most ${most} of ${what}, got ${size}`);
  }
  const total = sizeOf(state);
  if (total > STATE_MAX) throw new Error(`expected a state of at most ${STATE_MAX} entries, got ${total}`);
  if (Number.isNaN(peer.deadlineMs)) throw new Error("expected a deadline that is a number");
}

function run(bytes: Uint8Array): number {
  middle ??= conversation();
  const peer = restore(middle.snapshot, testHash);
  const choices = new Choices(bytes);
  let { nowMs } = middle;
  let asked: Asked[] = [];
  let inputs = 0;
  for (let i = 0; i < INPUTS_MAX && !choices.isOver; i++) {
    // Mostly once; now and then so often that what is not bounded shows.
    const times = choices.byte() < 250 ? 1 : 4 ** (choices.byte() % 6);
    const from = choices;
    const jumpMs = from.byte() % 3 === 0 ? (from.pick(JUMPS_MS) ?? 0) : 0;
    nowMs = Math.max(1, nowMs + jumpMs);
    const input = inputOf(choices, middle, asked, -1_000 - i, i);
    for (let round = 0; round < times; round++) {
      const effects = peer.handle(round === 0 ? input : again(input, round), nowMs);
      inputs++;
      for (const effect of effects) if ("ref" in effect) asked.push(effect);
      if (asked.length > 64) asked = asked.slice(-32);
    }
  }
  expectBounded(peer);
  return inputs;
}

/** The same once more, with other bytes in the middle of what was received. */
function again(input: Input, round: number): Input {
  if (input.kind !== "received" || input.bytes.length < 12) return input;
  const bytes = input.bytes.slice();
  const at = bytes.length >> 1;
  for (let i = 0; i < 3; i++) bytes[at + i]! ^= (round * 0x9e3779b1) >>> (8 * i);
  return { ...input, bytes };
}

export const targets: readonly FuzzTarget[] = [
  {
    name: "peer",
    share: 0.08,
    seeds: () =>
      Array.from({ length: 64 }, (_, seed) =>
        Uint8Array.from({ length: 160 }, (_, i) => Math.imul(seed * 160 + i + 1, 0x9e3779b1) >>> 24),
      ),
    run,
  },
];
