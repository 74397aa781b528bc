/**
 * Answering wants. A want is answered with the rumors it names that are visible, log by log, each from its newest on and in
 * segments, until it has cost `repairBytesMax`: a rule that the asker can follow, and so knows, without being told, where the
 * answer ends. What one link may cost a second is bounded; later wants wait, for that, for a full queue, and while the asker has
 * had too much of late (`trust/answers.ts`).
 *
 * A signature that was never looked at is not passed on alone: where an answer begins, or begins anew behind something that
 * was not asked for, it is checked before. Is it bad, the answer begins further up, at one that is good.
 */
import { limits } from "../limits.ts";
import type { LinkId, Range, Rumor } from "../types.ts";
import type { Moment } from "../room.ts";
import type { RumorFrame, SegmentFrame } from "../wire/frames.ts";
import type { Log, Logs } from "./logs.ts";
import { isVisible, offered, slotOf, WIRE_OVERHEAD_BYTES } from "./logs.ts";
import { onward } from "../wire/onward.ts";
import { intersect } from "./ranges.ts";
import { fold, pieces } from "./segments.ts";

/** Where answers go, in order. */
export interface Answers {
  /** `bytes`: what it counts. */
  frame(link: LinkId, frame: RumorFrame | SegmentFrame, bytes: number): void;
  /** Have the signature of this one checked. */
  prove(log: Log, seq: number): void;
}

/** Rumors of one log, by its key. */
export interface Wanted {
  readonly key: string;
  readonly ranges: readonly Range[];
}

interface ServedLink {
  readonly queue: (readonly Wanted[])[];
  /** Until when what was served so far is paid off. */
  paidMs: number;
  /** Slots whose signatures its first want waits for. */
  readonly proving: Set<string>;
}

export interface ServingState {
  readonly links: Map<LinkId, ServedLink>;
  served: number;
}

/** A link may run this far ahead of its budget. Guess: one full answer and a bit. */
const CREDIT_MS = 250;
/** Who has had too much of late waits so long until its want is looked at again. */
const WAIT_MS = 100;

/** What a rumor counts towards `repairBytesMax`. */
export function costOf({ body }: Pick<Rumor, "body">): number {
  return body.length + WIRE_OVERHEAD_BYTES;
}

export class Serving {
  readonly state: ServingState;

  constructor(state: ServingState = { links: new Map(), served: 0 }) {
    this.state = state;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { queue: [], paidMs: 0, proving: new Set() });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  deadlineMs(isWritable: (link: LinkId) => boolean): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const [link, { queue, paidMs, proving }] of this.state.links) {
      if (queue.length > 0 && proving.size === 0 && isWritable(link)) dueMs = Math.min(dueMs, paidMs - CREDIT_MS);
    }
    return dueMs;
  }

  onWant(link: LinkId, wants: readonly Wanted[]): void {
    const queue = this.state.links.get(link)?.queue;
    if (queue !== undefined && queue.length < limits.wantsQueuedMax) queue.push(wants);
  }

  /** The signature in this slot was looked at. True when that is what somebody waited for. */
  onProved(slot: string): boolean {
    let isAwaited = false;
    for (const { proving } of this.state.links.values()) {
      if (proving.delete(slot) && proving.size === 0) isAwaited = true;
    }
    return isAwaited;
  }

  /** Answer what may be answered now. `leftFor`: what a link may still cost, in bytes. */
  serve(
    logs: Logs,
    isWritable: (link: LinkId) => boolean,
    leftFor: (link: LinkId) => number,
    now: Moment,
    out: Answers,
  ): void {
    for (const [link, served] of this.state.links) {
      if (served.proving.size > 0) continue;
      while (served.queue.length > 0 && isWritable(link) && now.nowMs >= served.paidMs - CREDIT_MS) {
        const runs = runsOf(served.queue[0]!, logs, served.proving, out);
        if (runs === "unproved") break;
        const bytes = runs.reduce((sum, { log, range }) => sum + costOfHeld(log, range), 0);
        if (bytes > leftFor(link)) {
          served.paidMs = now.nowMs + CREDIT_MS + WAIT_MS;
          break;
        }
        served.queue.shift();
        this.answer(link, runs, out);
        served.paidMs = Math.max(served.paidMs, now.nowMs) + (bytes * 1_000) / limits.repairBytesPerSecondMax;
      }
    }
  }

  private answer(link: LinkId, runs: readonly Run[], out: Answers): void {
    for (const { log, range } of runs) {
      const [from, to] = range;
      if (from === to) {
        const { rumor, hops } = log.held.get(to)!;
        out.frame(link, onward({ rumor, hops, repair: true }), costOf(rumor));
        this.state.served++;
      } else {
        for (const piece of pieces(log, range)) {
          out.frame(link, fold(log, piece), costOfHeld(log, piece));
          this.state.served += piece[1] - piece[0] + 1;
        }
      }
    }
  }
}

/** Rumors of one log in a row, all of them to be sent, of which the newest has a signature that was checked. */
interface Run {
  readonly log: Log;
  readonly range: Range;
}

/** What an answer consists of, in order. "unproved": first the signatures in these slots have to be checked. */
function runsOf(wants: readonly Wanted[], logs: Logs, proving: Set<string>, out: Answers): Run[] | "unproved" {
  const runs: Run[] = [];
  let left: number = limits.wantRumorsMax;
  let bytes = 0;
  for (const { key, ranges } of wants) {
    const log = logs.get(key);
    if (log === undefined) continue;
    for (const [start, end] of intersect(ranges, offered(log)).toReversed()) {
      if (left <= 0 || bytes >= limits.repairBytesMax) break;
      let from = end + 1;
      while (from > start && left > 0 && bytes < limits.repairBytesMax) {
        bytes += costOf(log.held.get(--from)!.rumor);
        left--;
      }
      const top = anchorOf(log, end);
      if (top === undefined) continue;
      if (log.held.get(top)!.proof === "chain") {
        proving.add(slotOf(key, top));
        out.prove(log, top);
        // Whoever asks for single rumors all over a log has them looked at a few at a time.
        if (proving.size >= limits.provingMax) return "unproved";
      } else runs.push({ log, range: [from, top] });
    }
  }
  return proving.size === 0 ? runs : "unproved";
}

/** The first at or above `seq` whose signature is not known to be bad; undefined when none is near that is known to be good. */
function anchorOf(log: Log, seq: number): number | undefined {
  if (log.held.get(seq)!.proof !== "flawed") return seq;
  for (let next = seq + 1; next <= seq + limits.wantRumorsMax && isVisible(log, next); next++) {
    const held = log.held.get(next)!;
    if (held.mute) return undefined;
    if (held.proof === "signature") return next;
  }
  return undefined;
}

function costOfHeld(log: Log, [from, to]: Range): number {
  let cost = 0;
  for (let seq = from; seq <= to; seq++) cost += costOf(log.held.get(seq)!.rumor);
  return cost;
}
