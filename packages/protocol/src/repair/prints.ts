/**
 * The fingerprints of rounds, kept up to date: while nothing differs a link keeps its salt, and a round then costs what
 * changed since the one before it, and the logs that are active, however much is held. A salt is given up once a round
 * has differed.
 */
import type { Moment } from "../room.ts";
import { bytesOf, mix, settledSum } from "./fingerprint.ts";
import type { Log, Logs } from "./logs.ts";

/** Sums modulo 2^32 over the versions of all logs. */
interface Print {
  high: number;
  low: number;
}

export interface PrintsState {
  /** By round, least recently used first. */
  readonly prints: Map<number, Print>;
}

/** Salts in use: one of each end of a link. Reason: 24 links, and some that went. */
const PRINTS_MAX = 64;
/** A log is active for this long after its newest rumor. Source: twice what a digest may leave out at most. */
const YOUNG_MS = 120_000;

export class Prints {
  readonly state: PrintsState;
  /** Mixes of versions made so far: what rounds cost. */
  mixed = 0;

  constructor(state: PrintsState = { prints: new Map() }) {
    this.state = state;
  }

  /** As `fingerprint(logs, round, beforeMs)`, and as good as for nothing when little has changed. */
  of(logs: Logs, round: number, beforeMs: number, now: Moment): Uint8Array {
    this.refresh(logs);
    const { prints } = this.state;
    const known = prints.get(round) ?? this.whole(logs, round);
    prints.delete(round);
    prints.set(round, known);
    if (prints.size > PRINTS_MAX) for (const oldest of [...prints.keys()].slice(0, 1)) prints.delete(oldest);
    if (beforeMs === 0) return bytesOf(known.high, known.low);
    const print = { ...known };
    const { young } = logs.state;
    for (const key of young) {
      const log = logs.get(key);
      if (log === undefined || log.newestMs < now.meshMs - YOUNG_MS) young.delete(key);
      else if (log.newestMs >= beforeMs) {
        this.add(print, round, log.tag, log.visible > 0 ? log.sum : undefined, -1);
        this.add(print, round, log.tag, settledSum(log, beforeMs), 1);
      }
    }
    return bytesOf(print.high, print.low);
  }

  /** A round with this salt differed: the next one takes another. */
  forget(round: number): void {
    this.state.prints.delete(round);
  }

  private refresh(logs: Logs): void {
    const { changed } = logs.state;
    for (const [key, before] of changed) {
      const log = logs.get(key);
      for (const [round, print] of this.state.prints) {
        this.add(print, round, before.tag, before.visible > 0 ? before.sum : undefined, -1);
        if (log !== undefined) this.add(print, round, log.tag, log.visible > 0 ? log.sum : undefined, 1);
      }
    }
    changed.clear();
  }

  private whole(logs: Logs, round: number): Print {
    const print = { high: 0, low: 0 };
    for (const log of logs.inOrder()) this.add(print, round, log.tag, log.visible > 0 ? log.sum : undefined, 1);
    return print;
  }

  private add(print: Print, round: number, tag: Log["tag"], sum: Uint32Array | undefined, sign: 1 | -1): void {
    if (sum === undefined) return;
    this.mixed++;
    print.low = (print.low + sign * mix(round >>> 0, tag, sum)) >>> 0;
    print.high = (print.high + sign * mix(~round >>> 0, tag, sum)) >>> 0;
  }
}
