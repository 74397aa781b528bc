/**
 * Answering wants. A want is answered with the rumors it names that are visible, its logs in turns, each in order of
 * sequence, until it has cost `repairBytesMax`: a rule that the asker can follow, and so knows, without being told,
 * where the answer ends. What one link may cost a second is bounded; later wants wait, for that and for a full queue.
 */
import { limits } from "../limits.ts";
import type { LinkId, Range, Rumor } from "../types.ts";
import type { Moment } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";
import type { Logs } from "./logs.ts";
import { offered } from "./logs.ts";
import { intersect, members } from "./ranges.ts";

/** Where answers go, in order. */
export interface Answers {
  frame(link: LinkId, frame: RumorFrame): void;
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
}

export interface ServingState {
  readonly links: Map<LinkId, ServedLink>;
  served: number;
}

/** What is counted for a rumor beside its body. Source: header, signature and framing take some 220 B on the wire. */
const RUMOR_COST = 256;
/** A link may run this far ahead of its budget. Guess: one full answer and a bit. */
const CREDIT_MS = 250;
const HOPS_MAX = 255;

/** What a rumor counts towards `repairBytesMax`. */
export function costOf(rumor: Rumor): number {
  return rumor.body.length + RUMOR_COST;
}

/** One number of each list in turn: [index of the list, number]. */
export function* inTurns(lists: readonly (readonly Range[])[]): Generator<readonly [number, number]> {
  const open = lists.map((ranges, index) => [index, members(ranges)] as const);
  while (open.length > 0) {
    for (let at = 0; at < open.length;) {
      const [index, rest] = open[at]!;
      const next = rest.next();
      if (next.done === true) open.splice(at, 1);
      else {
        yield [index, next.value];
        at++;
      }
    }
  }
}

export class Serving {
  readonly state: ServingState;

  constructor(state: ServingState = { links: new Map(), served: 0 }) {
    this.state = state;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { queue: [], paidMs: 0 });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  deadlineMs(isWritable: (link: LinkId) => boolean): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const [link, { queue, paidMs }] of this.state.links) {
      if (queue.length > 0 && isWritable(link)) dueMs = Math.min(dueMs, paidMs - CREDIT_MS);
    }
    return dueMs;
  }

  onWant(link: LinkId, wants: readonly Wanted[]): void {
    const queue = this.state.links.get(link)?.queue;
    if (queue !== undefined && queue.length < limits.wantsQueuedMax) queue.push(wants);
  }

  /** Answer what may be answered now. */
  serve(logs: Logs, isWritable: (link: LinkId) => boolean, now: Moment, out: Answers): void {
    for (const [link, served] of this.state.links) {
      while (served.queue.length > 0 && isWritable(link) && now.nowMs >= served.paidMs - CREDIT_MS) {
        const bytes = this.answer(link, served.queue.shift()!, logs, out);
        served.paidMs = Math.max(served.paidMs, now.nowMs) + (bytes * 1_000) / limits.repairBytesPerSecondMax;
      }
    }
  }

  private answer(link: LinkId, wants: readonly Wanted[], logs: Logs, out: Answers): number {
    let bytes = 0;
    let rumors = 0;
    const found = wants.map(({ key }) => logs.get(key));
    const lists = found.map((log, index) => (log === undefined ? [] : intersect(wants[index]!.ranges, offered(log))));
    for (const [index, seq] of inTurns(lists)) {
      const { rumor, hops } = found[index]!.held.get(seq)!;
      out.frame(link, { kind: "rumor", hops: Math.min(hops + 1, HOPS_MAX), repair: true, rumor });
      bytes += costOf(rumor);
      if (++rumors >= limits.wantRumorsMax || bytes >= limits.repairBytesMax) break;
    }
    this.state.served += rumors;
    return bytes;
  }
}
