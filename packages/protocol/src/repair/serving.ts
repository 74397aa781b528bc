/**
 * Answering wants. A want is answered with the rumors it names that are visible, its logs in turns, each in order of
 * sequence, until it has cost `repairBytesMax`: a rule that the asker can follow, and so knows, without being told,
 * where the answer ends. What one link may cost a second is bounded; later wants wait, for that, for a full queue, and while
 * the asker has had too much of late (`trust/answers.ts`).
 */
import { limits } from "../limits.ts";
import type { LinkId, Range, Rumor } from "../types.ts";
import type { Moment } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";
import type { Held, Logs } from "./logs.ts";
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
/** Who has had too much of late waits so long until its want is looked at again. */
const WAIT_MS = 100;
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

  /** Answer what may be answered now. `leftFor`: what a link may still cost, in bytes. */
  serve(
    logs: Logs,
    isWritable: (link: LinkId) => boolean,
    leftFor: (link: LinkId) => number,
    now: Moment,
    out: Answers,
  ): void {
    for (const [link, served] of this.state.links) {
      while (served.queue.length > 0 && isWritable(link) && now.nowMs >= served.paidMs - CREDIT_MS) {
        const { bytes, found } = this.find(served.queue[0]!, logs);
        if (bytes > leftFor(link)) {
          served.paidMs = now.nowMs + CREDIT_MS + WAIT_MS;
          break;
        }
        served.queue.shift();
        for (const { rumor, hops } of found) {
          out.frame(link, { kind: "rumor", hops: Math.min(hops + 1, HOPS_MAX), repair: true, rumor });
        }
        this.state.served += found.length;
        served.paidMs = Math.max(served.paidMs, now.nowMs) + (bytes * 1_000) / limits.repairBytesPerSecondMax;
      }
    }
  }

  /** The answer to a want. */
  private find(wants: readonly Wanted[], logs: Logs): { readonly bytes: number; readonly found: readonly Held[] } {
    let bytes = 0;
    const found: Held[] = [];
    const from = wants.map(({ key }) => logs.get(key));
    const lists = from.map((log, index) => (log === undefined ? [] : intersect(wants[index]!.ranges, offered(log))));
    for (const [index, seq] of inTurns(lists)) {
      const held = from[index]!.held.get(seq)!;
      found.push(held);
      bytes += costOf(held.rumor);
      if (found.length >= limits.wantRumorsMax || bytes >= limits.repairBytesMax) break;
    }
    return { bytes, found };
  }
}
