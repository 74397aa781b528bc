/**
 * What two peers that are to be compared hold: rumors in hash-chained logs of some authors, all of them at one end, and
 * all but a few, the newest or any, at the other. Nothing is signed, for nothing is judged.
 */
import {
  DEFAULT_TUNING,
  type Foundation,
  type Header,
  type KeptRumor,
  type Moment,
  NO_LIMIT,
  type Outbox,
  peerIdOf,
  type Random,
  type Rumor,
  rumorId,
  Rumors,
  wholeParts,
} from "@grapevine/protocol";
import { mix32 } from "../mix.ts";

export type Pattern = "recent" | "scattered";

/** No log is longer, so that each is below what a peer keeps of one (`limits.rumorsPerLogMax`). */
const LOG_MAX = 50_000;
const TOPIC = "0123456789abcdef0123456789abcdef";
const MESH = new Uint8Array(32).fill(1);
const STEP_MS = 10;
/** The last rumor is this old when the peers meet: all that is compared has settled. */
const AGE_MS = 600_000;
const START_MS = 1_700_000_000_000;

/** Rumors of authors who speak by chance, ten milliseconds apart. Each has as many logs as it takes. */
export function write(items: number, authors: number, random: Random): readonly KeptRumor[] {
  const logs = Math.max(authors, Math.ceil(items / LOG_MAX));
  const people = Array.from({ length: authors }, () => peerIdOf(random.bytes(32)));
  const last = new Map<number, { readonly seq: number; readonly id: Uint8Array }>();
  const body = new Uint8Array(16);
  return Array.from({ length: items }, (_, i): KeptRumor => {
    // One after another first, so that every author has spoken.
    const log = i < logs ? i : random.below(logs);
    const { seq, id: prev } = last.get(log) ?? { seq: 0, id: new Uint8Array(32) };
    const header: Header = {
      version: 1,
      author: people[log % authors]!,
      incarnation: START_MS + Math.floor(log / authors),
      topic: TOPIC,
      seq: seq + 1,
      prev,
      timeMs: START_MS + i * STEP_MS,
      counter: 0,
      expiryMs: 0,
      keyId: new Uint8Array(8),
      kind: 0,
      low: 1,
    };
    const rumor: Rumor = { header, body, signature: new Uint8Array(64) };
    const id = rumorId(mix32, MESH, header, mix32(body));
    last.set(log, { seq: seq + 1, id });
    return { rumor, id, hops: 1 };
  });
}

/** Which of them one end lacks, by their places. */
export function lost(items: number, missing: number, pattern: Pattern, random: Random): ReadonlySet<number> {
  if (pattern === "recent") return new Set(Array.from({ length: missing }, (_, i) => items - 1 - i));
  const places = new Set<number>();
  while (places.size < missing) places.add(random.below(items));
  return places;
}

/** The moment in which they meet, on both clocks. */
export function meeting(items: number): Moment {
  return { nowMs: 1_000, meshMs: START_MS + items * STEP_MS + AGE_MS };
}

/** The shipped room, holding them. */
export function holding(rumors: readonly KeptRumor[], now: Moment, random: Random): Rumors {
  const foundation: Foundation = {
    self: peerIdOf(random.bytes(32)),
    config: {
      meshId: MESH,
      incarnation: START_MS,
      boxKey: new Uint8Array(32),
      ticket: new Uint8Array(0),
      lastMintSlot: -1,
      tuning: DEFAULT_TUNING,
    },
    random,
    hash: mix32,
  };
  const room = new Rumors(foundation, AUTHORS, undefined, wholeParts.later);
  room.onRestored(rumors, [], now, SILENT);
  return room;
}

/** Everybody may write, as much as they like. */
const AUTHORS = {
  isAdmitted: () => true,
  mayWrite: () => true,
  isShutOut: () => false,
  evidenceAgainst: () => undefined,
  charge: () => true,
  leftFor: () => Number.POSITIVE_INFINITY,
  roomFor: () => Number.POSITIVE_INFINITY,
  limitOf: () => NO_LIMIT,
};

/** Takes nothing down. */
const SILENT: Outbox = { frame: () => undefined, effect: () => undefined, ref: () => 0 };
