/**
 * What is kept of each log, by numbers and sizes alone: enough to know which records a prefix or a suffix is, how much
 * there is, and what goes first when it is too much.
 */
import type { LogId, PeerId, Rumor } from "@grapevine/protocol";
import { logName } from "./records.ts";

interface Kept {
  readonly bytes: number;
  readonly timeMs: number;
}

interface ShelfLog {
  readonly id: LogId;
  readonly kept: Map<number, Kept>;
  /** The greatest `low` that its author stated: what lies below is forgotten by everyone alike. */
  low: number;
  /** Nothing is kept below: a walk from the beginning begins here. */
  forgotten: number;
}

/** One record of a log. */
export interface Slot {
  readonly log: LogId;
  readonly seq: number;
}

export class Shelf {
  private readonly logs = new Map<string, ShelfLog>();
  rumors = 0;
  bytes = 0;

  add({ header }: Rumor, bytes: number): void {
    const name = logName(header);
    let log = this.logs.get(name);
    if (log === undefined) {
      const { author, incarnation, topic } = header;
      log = { id: { author, incarnation, topic }, kept: new Map(), low: 1, forgotten: 1 };
      this.logs.set(name, log);
    }
    this.drop(log, header.seq);
    log.forgotten = Math.min(log.forgotten, header.seq);
    log.kept.set(header.seq, { bytes, timeMs: header.timeMs });
    log.low = Math.max(log.low, header.low);
    this.rumors++;
    this.bytes += bytes;
  }

  has(id: LogId, seq: number): boolean {
    return this.logs.get(logName(id))?.kept.has(seq) === true;
  }

  /** Below this everyone has forgotten. */
  lowOf(id: LogId): number {
    return this.logs.get(logName(id))?.low ?? 1;
  }

  /** Take out the records of a log with `from <= seq < below`; returns their numbers. */
  take(id: LogId, from: number, below: number): number[] {
    const log = this.logs.get(logName(id));
    if (log === undefined) return [];
    const taken: number[] = [];
    // Numbers are their author's word, and may leave out a million: what is walked is never more than what is kept.
    const first = Math.max(from, log.forgotten);
    if (below - first <= log.kept.size) {
      for (let seq = first; seq < below; seq++) if (log.kept.has(seq)) taken.push(seq);
    } else {
      for (const seq of log.kept.keys()) if (seq >= from && seq < below) taken.push(seq);
    }
    for (const seq of taken) this.drop(log, seq);
    if (from <= log.forgotten) log.forgotten = Math.max(log.forgotten, Math.min(below, Number.MAX_SAFE_INTEGER));
    if (log.kept.size === 0) this.logs.delete(logName(id));
    return taken;
  }

  /** Numbers that are missing between the first and the last of a log. */
  holesIn(isMeant: (log: LogId) => boolean): number {
    let holes = 0;
    for (const { id, kept } of this.logs.values()) {
      if (!isMeant(id)) continue;
      let least = Number.POSITIVE_INFINITY;
      let most = 0;
      for (const seq of kept.keys()) {
        least = Math.min(least, seq);
        most = Math.max(most, seq);
      }
      holes += most - least + 1 - kept.size;
    }
    return holes;
  }

  get authors(): Set<PeerId> {
    return new Set(Array.from(this.logs.values(), ({ id }) => id.author));
  }

  /** What to give up so that at most `bytesMax` are kept: the oldest first, those of `own` authors last. */
  excess(bytesMax: number, own: ReadonlySet<PeerId>): Slot[] {
    const all = [...this.logs.values()].flatMap(({ id, kept }) =>
      Array.from(kept, ([seq, { bytes, timeMs }]) => ({ log: id, seq, bytes, timeMs, own: own.has(id.author) })),
    );
    all.sort((a, b) => Number(a.own) - Number(b.own) || a.timeMs - b.timeMs || a.seq - b.seq);
    const chosen: Slot[] = [];
    let { bytes } = this;
    for (const slot of all) {
      if (bytes <= bytesMax) break;
      bytes -= slot.bytes;
      chosen.push({ log: slot.log, seq: slot.seq });
    }
    return chosen;
  }

  private drop(log: ShelfLog, seq: number): void {
    const kept = log.kept.get(seq);
    if (kept === undefined) return;
    log.kept.delete(seq);
    this.rumors--;
    this.bytes -= kept.bytes;
  }
}
