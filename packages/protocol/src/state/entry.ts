/**
 * What an entry of a replicated map is: a rumor of kind state that says what stands under one key, under the name of its
 * key and map, in a total order of all writes (hybrid clock, then author, run and number). All of it is in the
 * header, so that relays which cannot read keys or values still know which of two entries wins (Lamport 1978, Thomas 1979).
 */
import { limits } from "../limits.ts";
import type { Head, Header, Hash, Rumor } from "../types.ts";
import { COUNTER_MAX } from "../repair/hybrid-clock.ts";
import { logKey, slotOf } from "../repair/logs.ts";
import { toHex } from "../wire/hex.ts";

/** An entry that was verified. */
export interface Held {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
}

/** Hex digits of a key's tag, 32 bytes. */
export const KEY_DIGITS = 64;

/** The tags of key and map, 96 hex digits: sorted by key first, for keys are spread evenly and maps are not. */
export function nameOf({ prev, topic }: Pick<Header, "prev" | "topic">): string {
  return toHex(prev) + topic;
}

/** Names one write: its author's number for it, in a run and a map. */
export function writeOf(header: Header): string {
  return slotOf(logKey(header), header.seq);
}

/** Does `a` come after `b`, and so win? Never true both ways, and for two writes of an honest author true one way. */
export function isAfter(a: Header, b: Header): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs > b.timeMs;
  if (a.counter !== b.counter) return a.counter > b.counter;
  if (a.author !== b.author) return a.author > b.author;
  if (a.incarnation !== b.incarnation) return a.incarnation > b.incarnation;
  return a.seq > b.seq;
}

/** Text that sorts an author's writes in that order, and ends in the name of the write. */
export function ageKey(header: Header): string {
  return `${String(header.timeMs).padStart(15, "0")} ${String(header.counter).padStart(5, "0")} ${writeOf(header)}`;
}

export function writeInAgeKey(key: string): string {
  return key.slice(22);
}

/** What an entry counts towards the limits. */
export function weightOf({ body }: Rumor): number {
  return body.length + limits.entryOverheadBytes;
}

export function headOf({ header, body, signature }: Rumor, hash: Hash): Head {
  return { header, bodyHash: hash(body), signature };
}

export type EntryFlaw =
  | "an entry that keeps what came before it"
  | "an entry that expires before it was written"
  | "an entry with a counter that no clock has"
  | "an entry with a body that is too long";

/** What no honest peer passes on, told from the rumor alone. */
export function flawInEntry({ header, body }: Rumor): EntryFlaw | undefined {
  if (header.low !== header.seq) return "an entry that keeps what came before it";
  if (header.expiryMs !== 0 && header.expiryMs <= header.timeMs) return "an entry that expires before it was written";
  if (header.counter > COUNTER_MAX) return "an entry with a counter that no clock has";
  return body.length > limits.entryBytesMax ? "an entry with a body that is too long" : undefined;
}
