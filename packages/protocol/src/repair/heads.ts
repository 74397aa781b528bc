/**
 * The last rumors of logs: which of what is held here a revocation names as what stands, and, once revocations are known,
 * which logs end elsewhere by them.
 */
import type { Keep } from "../input.ts";
import type { Outbox } from "../room.ts";
import type { Header, LastHead, PeerId } from "../types.ts";
import { compareLogs } from "../wire/revocation-codec.ts";
import { HEAD_ID_BYTES } from "../wire/statements.ts";
import { sameLimit, type LimitOf } from "./limit.ts";
import { logIdOf, logKey, type Held, type Log, type Logs } from "./logs.ts";

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
