/**
 * Where a log ends by the word of somebody other than its author: the last of its rumors that stands after a
 * revocation. It composes with what the author's own words contest: the lower one is where the log ends.
 */
import type { Keep } from "../input.ts";
import type { Outbox } from "../room.ts";
import type { Header, LastHead, LogId, PeerId } from "../types.ts";
import { compareLogs } from "../wire/revocation-codec.ts";
import { HEAD_ID_BYTES } from "../wire/statements.ts";
import { logIdOf, logKey, type Held, type Log, type Logs } from "./logs.ts";

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
export function endBy(limit: Limit, held: Held | undefined): number {
  if (held === undefined || limit.ids.every((id) => id.every((byte, i) => held.id[i] === byte))) return limit.seq + 1;
  // The author wrote something else there than what was named: as with any two rumors for one slot, neither stands.
  return limit.seq;
}

export function sameLimit(a: Limit, b: Limit): boolean {
  const ids = (limit: Limit): string => limit.ids.map((id) => id.join()).join(" ");
  return a === b || (a.seq === b.seq && a.final === b.final && ids(a) === ids(b));
}

/** Of every log: let it end where it does now. Yields those that end elsewhere, with what became visible. */
export function* relimit(
  logs: Logs,
  limitOf: LimitOf,
  out: Outbox,
): Generator<{ readonly log: Log; readonly revealed: readonly Held[] }> {
  for (const log of logs.inOrder()) {
    const limit = limitOf(log.id);
    if (sameLimit(limit, log.limit)) continue;
    const before = log.cut;
    const revealed = logs.limit(log, limit);
    if (log.cut < before) out.effect({ kind: "withdraw", ...log.id, from: log.cut });
    yield { log, revealed };
  }
}

/** One rumor, or entry of a map, that stands and may be named as a last one. */
export interface Written {
  readonly header: Header;
  readonly id: Uint8Array;
}

/** What is held and offered of the logs of these authors, each log in order. */
export function* writtenIn(logs: Logs, isMeant: (author: PeerId) => boolean): Generator<Written> {
  for (const log of logs.inOrder()) {
    if (!isMeant(log.id.author)) continue;
    for (const [from, to] of log.ranges) {
      for (let seq = from; seq <= to && seq < log.cut; seq++) {
        const { rumor, id } = log.held.get(seq)!;
        yield { header: rumor.header, id };
      }
    }
  }
}

/**
 * The last ones of each log, as a revocation names them: as far as `keep` says. At most so many, the newest; `unnamed`
 * counts the logs left out.
 */
export function headsIn(
  written: Iterable<Written>,
  keep: Keep,
  max: number,
): { readonly heads: LastHead[]; readonly unnamed: number } {
  const lasts = new Map<string, Written | undefined>();
  for (const one of written) {
    const key = logKey(one.header);
    const isKept = keep === "all" || (keep !== "none" && one.header.timeMs < keep.beforeMs);
    // Behind the first that does not stand nothing does.
    if (!isKept) lasts.set(`${key} ends`, undefined);
    else if (!lasts.has(`${key} ends`)) lasts.set(key, one);
  }
  const found = [...lasts.values()].filter((last) => last !== undefined);
  const newest = found.toSorted((a, b) => b.header.timeMs - a.header.timeMs).slice(0, max);
  const heads = newest
    .map(({ header, id }) => ({ log: logIdOf(header), seq: header.seq, idPrefix: id.slice(0, HEAD_ID_BYTES) }))
    .toSorted((a, b) => compareLogs(a.log, b.log));
  return { heads, unnamed: found.length - newest.length };
}
