/**
 * Whose memory goes first when too much is held: max-min fairness, as in fair queueing (Nagle 1985), by authors and not by
 * logs, for who writes to many topics must not push out who writes to one.
 */
import type { PeerId } from "../types.ts";
import type { Log } from "./log.ts";

interface Held {
  bytes: number;
  largest: Log;
}

/** The largest log of the author of whom most is held. */
export function largestOf(logs: Iterable<Log>): Log | undefined {
  const authors = new Map<PeerId, Held>();
  let most: Held | undefined;
  for (const log of logs) {
    const author = authors.get(log.id.author) ?? { bytes: 0, largest: log };
    authors.set(log.id.author, author);
    author.bytes += log.bytes;
    if (log.bytes > author.largest.bytes) author.largest = log;
    if (most === undefined || author.bytes > most.bytes) most = author;
  }
  return most?.largest;
}
