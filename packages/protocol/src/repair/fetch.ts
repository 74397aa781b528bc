/**
 * Fetching what neighbors said they have. A `have` is a promise: what of it we lack is noted for its link, and asked for
 * a want at a time, the logs in fair shares and from the oldest on, never the same rumor of two neighbors at once. The
 * next want leaves as soon as the one before it is answered, so catching up takes no rounds. A neighbor that has brought nothing for
 * a while holds nobody up: others are asked for the same (a hedged request, Dean and Barroso, "The tail at scale", 2013). One
 * that does not deliver is given a rest; one that takes back what it said it has is counted.
 */
import { limits } from "../limits.ts";
import type { LinkId, LogId, Range, Rumor } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { LogName } from "../wire/frames.ts";
import { logKey } from "./logs.ts";
import { clip, firstFrom, fromMembers, members, remove, subtract, union } from "./ranges.ts";
import { isRouted } from "./routed.ts";
import type { Offered } from "./rounds.ts";
import type { Wanted } from "./serving.ts";
import { costOf, inTurns } from "./serving.ts";

interface Offer {
  readonly log: LogId;
  readonly ranges: Range[];
}

/** One want under way, in the order in which it will be answered. */
interface Asked {
  readonly slots: readonly string[];
  /** How many were answered or passed over. */
  next: number;
  bytes: number;
  dueMs: number;
  /** Others may be asked for the same from then on; Infinity once they have been told so. */
  aloneUntilMs: number;
}

interface FetchLink {
  readonly offers: Map<string, Offer>;
  asked: Asked | undefined;
  /** After a broken promise it is not asked before this moment. */
  restUntilMs: number;
  /** Rumors appended that it brought, since its last round. */
  gained: number;
  /** Wants that it answered to their end, and those that it left unanswered. */
  kept: number;
  broken: number;
}

export interface FetchState {
  readonly links: Map<LinkId, FetchLink>;
  /** Who was asked for a slot. */
  readonly asked: Map<string, LinkId>;
  /** Rumors promised, asked for, and not delivered in time. */
  broken: number;
}

/** What fetching has to know of what is held. */
export interface Shelf {
  /** Of what a neighbor offers of a log, what we do not hold and would take. */
  lacking(log: LogId, ranges: readonly Range[]): Range[];
  /** It is here already, but not appended yet. */
  isComing(slot: string): boolean;
  /** How many rumors of this log may be asked for now. */
  askMax(log: LogId): number;
}

/** How logs are named to a link. */
export interface Naming {
  readonly round: number;
  readonly nameOf: (log: LogId) => LogName;
}

/** Nothing came for this long, so nothing will. Guess: SCTP resends after 1 s and then 2, and there may be a queue. */
const PATIENCE_MS = 5_000;
/** And for this long, so others are asked as well: what comes twice is wasted. Guess: a lost packet comes again after a second. */
const ALONE_MS = 1_500;
/** Guess: a liar delays repair for one patience in this time. */
const REST_MS = 30_000;
/** Numbers looked at in one log for one want. Reason: what 16 neighbors may have been asked for, of 1024 each. */
const LOOK_MAX = 16_384;

export function slotOf(key: string, seq: number): string {
  return `${key}#${seq}`;
}

/** Does a want name this slot? */
export function isAmong(wants: readonly Wanted[], slot: string): boolean {
  return wants.some(({ key, ranges }) => {
    if (!slot.startsWith(`${key}#`)) return false;
    const seq = Number(slot.slice(key.length + 1));
    return ranges.some(([from, to]) => seq >= from && seq <= to);
  });
}

export class Fetch {
  readonly state: FetchState;
  private readonly shelf: Shelf;
  /** When the first answer is overdue; undefined after a change. Derived, so no part of the state. */
  private nextMs: number | undefined;

  constructor(shelf: Shelf, state: FetchState = { links: new Map(), asked: new Map(), broken: 0 }) {
    this.shelf = shelf;
    this.state = state;
  }

  get deadlineMs(): number {
    if (this.nextMs === undefined) {
      this.nextMs = Number.POSITIVE_INFINITY;
      for (const { asked } of this.state.links.values()) {
        if (asked !== undefined) this.nextMs = Math.min(this.nextMs, asked.dueMs, asked.aloneUntilMs);
      }
    }
    return this.nextMs;
  }

  isAsked(slot: string): boolean {
    return this.state.asked.has(slot);
  }

  /** Is an answer under way on this link? */
  isBusy(link: LinkId): boolean {
    return this.state.links.get(link)?.asked !== undefined;
  }

  /** Did this link say that it has this rumor? */
  isOffered(link: LinkId, key: string, seq: number): boolean {
    const ranges = this.state.links.get(link)?.offers.get(key)?.ranges;
    return ranges !== undefined && firstFrom(ranges, seq) === seq;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, {
      offers: new Map(),
      asked: undefined,
      restUntilMs: 0,
      gained: 0,
      kept: 0,
      broken: 0,
    });
  }

  /** What became of what this neighbor said that it has, by the wants it was sent. */
  promisesOf(link: LinkId): { readonly kept: number; readonly broken: number } {
    const { kept, broken } = this.state.links.get(link) ?? { kept: 0, broken: 0 };
    return { kept, broken };
  }

  onLinkDown(link: LinkId): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    this.end(link, state);
    this.state.links.delete(link);
  }

  /** A neighbor said what it has of some logs. `whole`: all that it has of each, but for what is young. */
  onHave(link: LinkId, logs: readonly Offered[], whole: boolean): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    const { offers } = state;
    let takenBack = false;
    for (const { log, low, ranges } of logs) {
      const lacking = this.shelf.lacking(log, ranges);
      const key = logKey(log);
      const before = offers.get(key)?.ranges ?? [];
      // What it said within this session it has, unless its author let it go meanwhile.
      const promised = this.shelf.lacking(log, clip(before, low, ranges.at(-1)![1]));
      takenBack ||= whole && subtract(promised, lacking).length > 0;
      const all = whole ? lacking : union(promised, lacking);
      if (all.length === 0) offers.delete(key);
      else if (offers.size < limits.logsHeldMax || offers.has(key)) offers.set(key, { log, ranges: all });
    }
    if (takenBack) state.broken++;
  }

  /** A rumor arrived over this link, whatever becomes of it. `answers`: it says that it answers a want. */
  onArrival(link: LinkId, key: string, rumor: Rumor, answers: boolean, now: Moment): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    const slot = slotOf(key, rumor.header.seq);
    withdraw(state, slot);
    if (!answers) return;
    this.state.asked.delete(slot);
    const { asked } = state;
    const at = asked?.slots.indexOf(slot, asked.next) ?? -1;
    if (asked === undefined || at < 0) return;
    // Links keep order: what stands before it in the want, and has not come, is not there any more.
    for (const passed of asked.slots.slice(asked.next, at)) {
      withdraw(state, passed);
      this.release(link, passed);
    }
    asked.next = at + 1;
    asked.bytes += costOf(rumor);
    asked.dueMs = now.nowMs + PATIENCE_MS;
    asked.aloneUntilMs = now.nowMs + ALONE_MS;
    this.nextMs = undefined;
    // This is where the other side stops.
    if (asked.next < asked.slots.length && asked.bytes < limits.repairBytesMax) return;
    state.kept++;
    this.end(link, state);
  }

  /** A rumor that this link brought was appended. */
  onGain(link: LinkId): void {
    const state = this.state.links.get(link);
    if (state !== undefined) state.gained++;
  }

  /**
   * Ask for more, when nothing is being waited for. `drained`: all that was offered has come, and something of it was
   * news, so another round is worth its while.
   */
  ask(link: LinkId, naming: () => Naming, now: Moment, out: Outbox): "asked" | "idle" | "drained" {
    const state = this.state.links.get(link);
    if (state === undefined || state.asked !== undefined || now.nowMs < state.restUntilMs) return "idle";
    const chosen = this.choose(link, state);
    if (chosen.length === 0) {
      if (state.offers.size > 0 || state.gained === 0) return "idle";
      state.gained = 0;
      return "drained";
    }
    const { round, nameOf } = naming();
    const wants = chosen.map(({ log, seqs }) => ({ log: nameOf(log), key: logKey(log), ranges: fromMembers(seqs) }));
    // In the order of frames: those that are named, then the others.
    wants.sort((a, b) => Number(typeof a.log !== "number") - Number(typeof b.log !== "number"));
    const keys = wants.map(({ key }) => key);
    const slots: string[] = [];
    for (const [index, seq] of inTurns(wants.map(({ ranges }) => ranges))) slots.push(slotOf(keys[index]!, seq));
    for (const slot of slots) this.state.asked.set(slot, link);
    const { nowMs } = now;
    state.asked = { slots, next: 0, bytes: 0, dueMs: nowMs + PATIENCE_MS, aloneUntilMs: nowMs + ALONE_MS };
    this.nextMs = undefined;
    out.frame(link, { kind: "want", round, wants: wants.map(({ log, ranges }) => ({ log, ranges })) }, "control");
    return "asked";
  }

  /** Returns the links that kept us waiting too long. */
  onDeadline(now: Moment): readonly LinkId[] {
    const late: LinkId[] = [];
    for (const [link, state] of this.state.links) {
      if (state.asked === undefined) continue;
      if (now.nowMs >= state.asked.aloneUntilMs) {
        for (const slot of state.asked.slots.slice(state.asked.next)) this.release(link, slot);
        state.asked.aloneUntilMs = Number.POSITIVE_INFINITY;
        this.nextMs = undefined;
      }
      if (now.nowMs < state.asked.dueMs) continue;
      this.state.broken += state.asked.slots.length - state.asked.next;
      // The end of a long want may have been forgotten there meanwhile.
      if (state.asked.next * 2 < state.asked.slots.length) state.broken++;
      this.end(link, state);
      state.offers.clear();
      state.restUntilMs = now.nowMs + REST_MS;
      late.push(link);
    }
    return late;
  }

  /** Some rumors of each log in turn, until a want is full: what is lacking, not coming, and asked of nobody. */
  private choose(link: LinkId, state: FetchLink): { readonly log: LogId; readonly seqs: number[] }[] {
    const open: { readonly log: LogId; readonly seqs: number[]; readonly rest: Generator<number> }[] = [];
    for (const [key, offer] of state.offers) {
      const ranges = this.shelf.lacking(offer.log, offer.ranges);
      if (ranges.length === 0) {
        state.offers.delete(key);
        continue;
      }
      state.offers.set(key, { log: offer.log, ranges });
      if (open.length < limits.logsMax)
        open.push({ log: offer.log, seqs: [], rest: this.askable(link, offer.log, key, ranges) });
    }
    let unfinished = open;
    for (let left: number = limits.wantRumorsMax; unfinished.length > 0 && left > 0;) {
      const share = Math.max(1, Math.floor(left / unfinished.length));
      const again: typeof open = [];
      for (const log of unfinished) {
        const taken = take(log.rest, Math.min(share, left));
        log.seqs.push(...taken);
        left -= taken.length;
        if (taken.length === share) again.push(log);
      }
      unfinished = again;
    }
    return open.filter(({ seqs }) => seqs.length > 0);
  }

  private *askable(link: LinkId, log: LogId, key: string, ranges: readonly Range[]): Generator<number> {
    let left = this.shelf.askMax(log);
    let pieces = 0;
    let last = -1;
    // Others may be asked for the beginning of it already; looking on is bounded by what can be under way at once.
    let looked = 0;
    for (const seq of members(ranges)) {
      if (left <= 0 || looked++ >= LOOK_MAX) return;
      const slot = slotOf(key, seq);
      // A peer at the end of a route is asked for what a neighbor was, too: it may be what all neighbors withhold.
      if ((!isRouted(link) && this.state.asked.has(slot)) || this.shelf.isComing(slot)) continue;
      if (seq !== last + 1 && ++pieces > limits.rangesMax) return;
      last = seq;
      left--;
      yield seq;
    }
  }

  private end(link: LinkId, state: FetchLink): void {
    if (state.asked === undefined) return;
    for (const slot of state.asked.slots.slice(state.asked.next)) this.release(link, slot);
    state.asked = undefined;
    this.nextMs = undefined;
  }

  /** Others may be asked for it, unless one has been. */
  private release(link: LinkId, slot: string): void {
    if (this.state.asked.get(slot) === link) this.state.asked.delete(slot);
  }
}

/** This link does not offer that rumor any more. */
function withdraw({ offers }: FetchLink, slot: string): void {
  const hash = slot.lastIndexOf("#");
  const key = slot.slice(0, hash);
  const offer = offers.get(key);
  if (offer === undefined) return;
  remove(offer.ranges, Number(slot.slice(hash + 1)));
  if (offer.ranges.length === 0) offers.delete(key);
}

function take(rest: Generator<number>, count: number): number[] {
  const taken: number[] = [];
  while (taken.length < count) {
    const next = rest.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
