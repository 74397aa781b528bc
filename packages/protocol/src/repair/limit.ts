/**
 * Where a log ends by the word of somebody other than its author: the last of its rumors that stands after a
 * revocation. It composes with what the author's own words contest: the lower one is where the log ends.
 */
import type { LogId } from "../types.ts";

export interface Limit {
  /** The last number that stands; 0 when nothing does, Infinity when nobody revoked it. */
  readonly seq: number;
  /** First bytes of the ids that are named for that number; what is held there is one of them, or does not stand. */
  readonly ids: readonly Uint8Array[];
  /** Beyond this number nothing is taken in any more, for this word is the last. At least `seq`. */
  readonly final: number;
}

export const NO_LIMIT: Limit = { seq: Number.POSITIVE_INFINITY, ids: [], final: Number.POSITIVE_INFINITY };

/** Says of any log where it ends. */
export type LimitOf = (log: LogId) => Limit;

/** The first number that does not stand, given what is held in the last slot that may. */
export function endBy(limit: Limit, held: { readonly id: Uint8Array } | undefined): number {
  if (held === undefined || limit.ids.every((id) => id.every((byte, i) => held.id[i] === byte))) return limit.seq + 1;
  // The author wrote something else there than what was named: as with any two rumors for one slot, neither stands.
  return limit.seq;
}

export function sameLimit(a: Limit, b: Limit): boolean {
  const ids = (limit: Limit): string => limit.ids.map((id) => id.join()).join(" ");
  return a === b || (a.seq === b.seq && a.final === b.final && ids(a) === ids(b));
}
