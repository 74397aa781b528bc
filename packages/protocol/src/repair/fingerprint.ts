/**
 * Fingerprints of what a peer holds, in two steps. Each log keeps a running sum of the ids of its rumors (incremental
 * hashing, Bellare and Micciancio 1997), so that holding one more costs one addition. A round's fingerprint then mixes
 * the sums of all logs under that round's salt: 8 bytes that are equal when the logs are, whatever the order of arrival.
 *
 * What it does not do: sums of hashes can be collided by who may choose many of the summands, and only a log's own
 * author may. An author that takes that pain can hide differences within its own logs from digests, nobody else's; the
 * salt and the log's tag keep sums of different logs from being played against each other, and an accidental collision
 * (2^-64) from lasting beyond its round.
 */
import type { Log } from "./log.ts";
import type { Hash } from "../types.ts";

/** Bytes of an id that are summed: 128 bits in four lanes. */
export const LANES = 4;

export function newSum(): Uint32Array {
  return new Uint32Array(LANES);
}

/** Add an id to a sum in place, or take it out. Each lane wraps at 2^32. */
export function addId(sum: Uint32Array, id: Uint8Array, sign: 1 | -1): void {
  for (let lane = 0; lane < LANES; lane++) {
    const at = lane * 4;
    const word = id[at]! | (id[at + 1]! << 8) | (id[at + 2]! << 16) | (id[at + 3]! << 24);
    sum[lane] = sum[lane]! + sign * word;
  }
}

/** The part of a log's key that enters its mix: 128 bits of the key's hash, for nobody may find two logs that are called alike in every round. */
export function tagOf(hash: Hash, key: string): Uint32Array {
  const digest = hash(ascii(key));
  return new Uint32Array(4).map((_, i) => new DataView(digest.buffer, digest.byteOffset).getUint32(i * 4));
}

/** Eight bytes over everything offered, but for rumors stamped at `beforeMs` or later (0: all of them). */
export function fingerprint(logs: Iterable<Log>, round: number, beforeMs: number): Uint8Array {
  let low = 0;
  let high = 0;
  for (const log of logs) {
    const sum = settledSum(log, beforeMs);
    if (sum === undefined) continue;
    low = (low + mix(round >>> 0, log.tag, sum)) >>> 0;
    high = (high + mix(~round >>> 0, log.tag, sum)) >>> 0;
  }
  return bytesOf(high, low);
}

export function bytesOf(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, high);
  new DataView(bytes.buffer).setUint32(4, low);
  return bytes;
}

/** What a round calls a log among those who both hold it: 48 bits, evenly spread, that nobody can foretell. */
export function nameOf(round: number, { tag }: Pick<Log, "tag">): number {
  const seed = (round ^ NAMES) >>> 0;
  return (mix(~seed >>> 0, tag) & 0xffff) * 0x1_0000_0000 + mix(seed, tag);
}

/** 32 bytes over everything offered: equal exactly when two peers hold the same rumors. `logs` in key order. */
export function contentsDigest(hash: Hash, logs: Iterable<Log>): Uint8Array {
  let text = "";
  for (const log of logs) if (log.visible > 0) text += `${log.key} ${log.visible} ${log.sum.join(" ")}\n`;
  return hash(ascii(text));
}

/** Sets the seeds of names apart from those of sums. */
const NAMES = 0x6e616d65;

/** The log's sum without its newest rumors; undefined when nothing is left. */
export function settledSum(log: Log, beforeMs: number): Uint32Array | undefined {
  if (log.visible === 0) return undefined;
  if (beforeMs === 0) return log.sum;
  let sum = log.sum;
  // An honest author's stamps never go back, so the young are at the end.
  for (let at = log.ranges.length - 1; at >= 0; at--) {
    const [from, to] = log.ranges[at]!;
    for (let seq = Math.min(to, log.cut - 1); seq >= from; seq--) {
      const held = log.held.get(seq)!;
      if (held.rumor.header.timeMs < beforeMs) return sum;
      if (sum === log.sum) sum = log.sum.slice();
      addId(sum, held.id, -1);
    }
  }
  return undefined;
}

/** MurmurHash3 (x86, 32 bits; Austin Appleby) over words: not cryptographic, but its seed is news to everybody. */
export function mix(seed: number, ...parts: readonly Uint32Array[]): number {
  let state = seed;
  let length = 0;
  for (const words of parts) {
    length += words.length;
    for (const word of words) {
      let k = Math.imul(word, 0xcc9e2d51);
      k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      state ^= k;
      state = Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64;
    }
  }
  state ^= 4 * length;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
