/** One author log as it is held, and what is known of each of its rumors. The rules are in `logs.ts`. */
import type { LogId, Range, Rumor } from "../types.ts";
import type { Limit } from "./limit.ts";
import { clip, subtract } from "./ranges.ts";

/**
 * Why a rumor is believed. `signature`: its own was checked. `chain`: one that is believed names it; its own signature has not
 * been looked at, and so it goes nowhere but below one that is (`segments.ts`). `flawed`: the same, and its own is bad.
 */
export type Proof = "signature" | "chain" | "flawed";

export interface Held {
  /** Another when a good signature takes the place of a bad one. */
  rumor: Rumor;
  proof: Proof;
  readonly id: Uint8Array;
  /** Links it crossed to come here; 0 for our own. */
  readonly hops: number;
  /** It came while it was being spread, not as an answer to a question of ours. */
  readonly fresh: boolean;
  /** A validator did not accept it: it counts as held, and that is all. */
  readonly mute: boolean;
  /** Its place in the full order of its topic, once delivered there; 0 before. */
  order: number;
}

/** How far the delivery of a log has come, in both orders. */
export interface Cursor {
  /** Next in the full order. */
  full: number;
  /** Next in the live order, never below `full`; 0 while nothing was news yet. */
  live: number;
  /** Holes at or above `full` that were announced when the live order passed them. */
  announced: Range[];
  /** When the hole before each order is passed; Infinity while it waits for nothing. */
  fullDueMs: number;
  liveDueMs: number;
}

export interface Log {
  readonly id: LogId;
  readonly key: string;
  readonly tag: Uint32Array;
  /** Nothing below is held, wanted or offered any more. */
  low: number;
  /** The greatest `low` that its author stated. */
  lowStated: number;
  /** The lowest contested slot, or where a revocation ends it: from there on nothing is visible; Infinity for none. */
  cut: number;
  limit: Limit;
  readonly contested: Set<number>;
  /** Ids of second rumors for one slot. */
  readonly rivals: Map<number, Uint8Array>;
  readonly held: Map<number, Held>;
  readonly ranges: Range[];
  /** Of these, the mute ones. */
  readonly mute: Range[];
  /** What it counts towards `heldBytesMax`. */
  bytes: number;
  /** How many of the held are visible, and the sum of their ids. */
  visible: number;
  readonly sum: Uint32Array;
  /** The greatest stamp that was ever visible here; 0 for none. */
  newestMs: number;
  /** The least expiry among the held; Infinity for none. */
  expiryMs: number;
  /** How far its delivery has come; undefined while nobody subscribes to its topic. */
  cursor: Cursor | undefined;
}

/** Orders logs by author, topic and incarnation; what `after` and `last` in a have frame are. At most 94 characters. */
export function logKey(log: LogId): string {
  return `${log.author}/${log.topic}/${String(log.incarnation).padStart(16, "0")}`;
}

export function slotOf(key: string, seq: number): string {
  return `${key}#${seq}`;
}

export function logIdOf({ author, incarnation, topic }: LogId): LogId {
  return { author, incarnation, topic };
}

export function isVisible(log: Log, seq: number): boolean {
  return seq < log.cut && log.held.has(seq);
}

/** The number behind the last that is held. */
export function endOf(log: Log): number {
  return (log.ranges.at(-1)?.[1] ?? log.low - 1) + 1;
}

/** The visible ranges without the mute ones: what is offered. */
export function offered(log: Log): readonly Range[] {
  const visible = log.cut === Number.POSITIVE_INFINITY ? log.ranges : clip(log.ranges, log.low, log.cut - 1);
  return log.mute.length === 0 ? visible : subtract(visible, log.mute);
}
