/** What the fetching of rumors has to know of those that are here: what lacks, what is coming, and how many may come. */
import type { Authors } from "../standing/authors.ts";
import { limits } from "../limits.ts";
import type { Shelf } from "../repair/fetch.ts";
import type { Logs } from "../repair/logs.ts";
import type { Foundation } from "../room.ts";
import type { Parking } from "../spreading/parking.ts";
import type { Validating } from "../spreading/validating.ts";
import type { LogId, PeerId } from "../types.ts";

export interface Stockroom {
  readonly logs: Logs;
  readonly authors: Authors;
  readonly validating: Validating;
  readonly parking: Parking;
  /** Here, but not appended yet. */
  isComing(key: string, seq: number): boolean;
}

export function shelfOf(foundation: Foundation, room: Stockroom): Shelf {
  const { logs, authors, validating, parking } = room;
  // Looked up at each call: both change with the key.
  const isSelf = (author: PeerId): boolean => author === foundation.self;
  const isOwn = (log: LogId): boolean => isSelf(log.author) && log.incarnation === foundation.config.incarnation;
  return {
    lacking: (log, ranges) => (isOwn(log) ? [] : logs.lacking(log, ranges)),
    isComing: (key, seq) => room.isComing(key, seq),
    askMax: ({ author, topic }) => {
      if (!isSelf(author) && !authors.isAdmitted(author)) return limits.unadmittedMax - parking.countOf(author);
      if (!authors.mayWrite({ author, timeMs: 0 })) return 0;
      return Math.min(validating.placesOf(topic), authors.roomFor(author));
    },
  };
}
