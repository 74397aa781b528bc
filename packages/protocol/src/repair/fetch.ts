/**
 * Fetching what neighbors said they have. A `have` is a promise: what of it we lack is noted for its link, and asked for
 * a want at a time, the logs in fair shares and each from its newest on, never the same rumor of two neighbors at once: so
 * several neighbors take turns down one log. The next want leaves when half of the one before it has come, so catching up
 * takes no rounds and waits for none. A neighbor that has brought nothing for a while holds nobody up: others are asked for the
 * same (a hedged request, Dean and Barroso, "The tail at scale", 2013). One that does not deliver is given a rest; one that takes
 * back what it said it has is counted.
 */
import type { Promises } from "../spreading/missing.ts";
import { limits } from "../limits.ts";
import type { LinkId, LogId, Range } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { LogName } from "../wire/frames.ts";
import { logKey, slotOf } from "./logs.ts";
import type { Asked, Part } from "./asking.ts";
import { asksFor, awaited, isTop, settle } from "./asking.ts";
import { clip, count, descending, firstFrom, fromMembers, subtract, union } from "./ranges.ts";
import { isRouted } from "../types.ts";
import type { Offered } from "./rounds.ts";
import type { Wanted } from "./serving.ts";

interface Offer {
  readonly log: LogId;
  readonly ranges: Range[];
}

interface FetchLink {
  readonly offers: Map<string, Offer>;
  /** Ranges in all of them. */
  pieces: number;
  /** Wants under way, in the order in which they are answered. */
  readonly asked: Asked[];
  /** Others may be asked for the same from then on; Infinity once they have been told so. */
  aloneUntilMs: number;
  /** After a broken promise it is not asked before this moment. */
  restUntilMs: number;
  /** How long it rests after the next one. */
  restMs: number;
  /** Rumors appended that it brought, since its last round. */
  gained: number;
  /** Wants that it answered to their end, and those that it left unanswered. */
  kept: number;
  broken: number;
}

export interface FetchState {
  readonly links: Map<LinkId, FetchLink>;
  /** Who was asked for a slot on its own, beside all wants of rounds. */
  readonly singles: Map<string, LinkId>;
  /** Rumors promised, asked for, and not delivered in time. */
  broken: number;
}

/** What fetching has to know of what is held. */
export interface Shelf {
  /** Of what a neighbor offers of a log, what we do not hold and would take. */
  lacking(log: LogId, ranges: readonly Range[]): Range[];
  /** It is here already, but not appended yet. */
  isComing(key: string, seq: number): boolean;
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
/**
 * What comes buys so much of that time for what is to come: who sends a rumor now and then keeps nobody waiting. Guess: 128
 * kbit/s. Whoever is slower for honest reasons is not blamed, but is not alone.
 */
const PACE_BYTES_PER_MS = 16;
/**
 * It rests so long after the first want that it left unanswered, twice that after each further one, until it answers again. Guess:
 * a peer that was held up for some seconds goes on well before `gapMs`; a liar delays repair for one patience in the longest.
 */
const REST_MS_MIN = 2_000;
const REST_MS_MAX = 32_000;
/** Numbers looked at in one log for one want. Reason: what may be on its way from the links to the log. */
const LOOK_MAX = 16_384;

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

  constructor(shelf: Shelf, state: FetchState = { links: new Map(), singles: new Map(), broken: 0 }) {
    this.shelf = shelf;
    this.state = state;
  }

  get deadlineMs(): number {
    if (this.nextMs === undefined) {
      this.nextMs = Number.POSITIVE_INFINITY;
      for (const { asked, aloneUntilMs } of this.state.links.values()) {
        if (asked[0] !== undefined) this.nextMs = Math.min(this.nextMs, asked[0].dueMs, aloneUntilMs);
      }
    }
    return this.nextMs;
  }

  isAsked(key: string, seq: number): boolean {
    if (this.state.singles.has(slotOf(key, seq))) return true;
    for (const { asked } of this.state.links.values()) if (asksFor(asked, key, [seq, seq])) return true;
    return false;
  }

  /** Was this link asked for some of it? And does an answer begin there? */
  awaits(link: LinkId, key: string, range: Range): { readonly asked: boolean; readonly top: boolean } {
    const { asked } = this.state.links.get(link) ?? { asked: [] };
    const { singles } = this.state;
    const isSingle = (seq: number): boolean => singles.size > 0 && singles.get(slotOf(key, seq)) === link;
    const [from, to] = range;
    return {
      asked: asksFor(asked, key, range) || isSingle(from) || isSingle(to),
      top: isTop(asked, key, range) || (isSingle(to) && !isSingle(to + 1)),
    };
  }

  /** What neighbors offered and we lack, log by log. */
  *missing(): Generator<readonly [LogId, readonly Range[]]> {
    const all = new Map<string, Offer>();
    for (const { offers } of this.state.links.values()) {
      for (const [key, { log, ranges }] of offers)
        all.set(key, { log, ranges: union(all.get(key)?.ranges ?? [], ranges) });
    }
    for (const { log, ranges } of all.values()) {
      const lacking = this.shelf.lacking(log, ranges);
      if (lacking.length > 0) yield [log, lacking];
    }
  }

  /** Is an answer under way on this link? */
  isBusy(link: LinkId): boolean {
    return (this.state.links.get(link)?.asked.length ?? 0) > 0;
  }

  /** Did this link say that it has this rumor? */
  isOffered(link: LinkId, key: string, seq: number): boolean {
    const ranges = this.state.links.get(link)?.offers.get(key)?.ranges;
    return ranges !== undefined && firstFrom(ranges, seq) === seq;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, {
      offers: new Map(),
      pieces: 0,
      asked: [],
      aloneUntilMs: 0,
      restUntilMs: 0,
      restMs: REST_MS_MIN,
      gained: 0,
      kept: 0,
      broken: 0,
    });
  }

  /** What became of what this neighbor said that it has, by the wants it was sent. */
  promisesOf(link: LinkId): Promises {
    const { kept, broken } = this.state.links.get(link) ?? { kept: 0, broken: 0 };
    return { kept, broken };
  }

  onLinkDown(link: LinkId): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    this.state.links.delete(link);
    this.nextMs = undefined;
    for (const [slot, asked] of this.state.singles) if (asked === link) this.state.singles.delete(slot);
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
      if (offers.size < limits.logsHeldMax || offers.has(key)) note(state, key, { log, ranges: all });
    }
    if (takenBack) state.broken++;
  }

  /** Rumors in a row arrived over this link, whatever becomes of them. `answers`: they say that they answer a want. */
  onArrival(link: LinkId, key: string, range: Range, cost: number, answers: boolean, now: Moment): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    withdraw(state, key, [range]);
    if (!answers) return;
    const [from, to] = range;
    const { singles } = this.state;
    for (let seq = from; seq <= to && singles.size > 0; seq++) {
      if (singles.get(slotOf(key, seq)) === link) singles.delete(slotOf(key, seq));
    }
    if (!asksFor(state.asked, key, range)) return;
    const { passed, ended } = settle(state.asked, key, range, cost);
    for (const part of passed) withdraw(state, part.key, part.ranges);
    state.kept += ended;
    if (ended > 0) state.restMs = REST_MS_MIN;
    if (state.asked[0] !== undefined) state.asked[0].dueMs = now.nowMs + PATIENCE_MS;
    // Others were told that they may be asked: until it is up to pace again they may.
    const aloneMs = state.aloneUntilMs === Infinity ? now.nowMs : state.aloneUntilMs;
    state.aloneUntilMs = Math.min(now.nowMs + ALONE_MS, aloneMs + cost / PACE_BYTES_PER_MS);
    this.nextMs = undefined;
  }

  /** A rumor that this link brought was appended: whoever was only slow, as on a link that loses packets, is asked again. */
  onGain(link: LinkId): void {
    const state = this.state.links.get(link);
    if (state === undefined) return;
    state.gained++;
    state.restUntilMs = 0;
  }

  /**
   * Ask for more, when nothing is being waited for. `drained`: all that was offered has come, and something of it was
   * news, so another round is worth its while.
   */
  ask(link: LinkId, naming: () => Naming, now: Moment, out: Outbox): "asked" | "idle" | "drained" {
    const state = this.state.links.get(link);
    if (state === undefined || now.nowMs < state.restUntilMs || !hasRoom(state.asked)) return "idle";
    const chosen = this.choose(link, state);
    if (chosen.length === 0) {
      if (state.offers.size > 0 || state.asked.length > 0 || state.gained === 0) return "idle";
      state.gained = 0;
      return "drained";
    }
    const { round, nameOf } = naming();
    const wants = chosen.map(({ log, seqs }) => ({
      log: nameOf(log),
      key: logKey(log),
      ranges: fromMembers(seqs.toReversed()),
    }));
    // In the order of frames: those that are named, then the others.
    wants.sort((a, b) => Number(typeof a.log !== "number") - Number(typeof b.log !== "number"));
    const parts = wants.map(({ key, ranges }): Part => ({ key, ranges, tops: ranges.map(([, to]) => to) }));
    const rumors = parts.reduce((sum, { ranges }) => sum + count(ranges), 0);
    if (state.asked.length === 0) state.aloneUntilMs = now.nowMs + ALONE_MS;
    state.asked.push({ parts, rumors, bytes: 0, dueMs: now.nowMs + PATIENCE_MS });
    this.nextMs = undefined;
    out.frame(link, { kind: "want", round, wants: wants.map(({ log, ranges }) => ({ log, ranges })) }, "control");
    return "asked";
  }

  /** Returns the links that kept us waiting too long. */
  onDeadline(now: Moment): readonly LinkId[] {
    const late: LinkId[] = [];
    for (const [link, state] of this.state.links) {
      const [first] = state.asked;
      if (first === undefined) continue;
      if (now.nowMs >= state.aloneUntilMs) {
        state.aloneUntilMs = Number.POSITIVE_INFINITY;
        this.nextMs = undefined;
      }
      if (now.nowMs < first.dueMs) continue;
      const left = awaited(first);
      this.state.broken += state.asked.reduce((sum, asked) => sum + awaited(asked), 0);
      // The end of a long want may have been forgotten there meanwhile.
      if (left * 2 > first.rumors) state.broken++;
      state.asked.length = 0;
      this.nextMs = undefined;
      state.offers.clear();
      state.pieces = 0;
      state.restUntilMs = now.nowMs + state.restMs;
      state.restMs = Math.min(2 * state.restMs, REST_MS_MAX);
      late.push(link);
    }
    return late;
  }

  /** Some rumors of each log in turn, until a want is full: what is lacking, not coming, and asked of nobody. */
  private choose(link: LinkId, state: FetchLink): { readonly log: LogId; readonly seqs: number[] }[] {
    const open: { readonly log: LogId; readonly seqs: number[]; readonly rest: Generator<number> }[] = [];
    for (const [key, offer] of state.offers) {
      const ranges = this.shelf.lacking(offer.log, offer.ranges);
      note(state, key, { log: offer.log, ranges });
      if (ranges.length === 0) continue;
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
    const under = this.underWay(key, link);
    let left = this.shelf.askMax(log) - count(under);
    let pieces = 0;
    let last = -1;
    let looked = 0;
    for (const seq of descending(subtract(ranges, under))) {
      if (left <= 0 || looked++ >= LOOK_MAX) return;
      const isSingle = !isRouted(link) && this.state.singles.size > 0 && this.state.singles.has(slotOf(key, seq));
      if (isSingle || this.shelf.isComing(key, seq)) continue;
      if (seq !== last - 1 && ++pieces > limits.rangesMax) return;
      last = seq;
      left--;
      yield seq;
    }
  }

  /** What of this log one link was asked for, or all that are not behind, and has not come. */
  private underWay(key: string, link: LinkId): Range[] {
    let ranges: Range[] = [];
    for (const [other, { asked, aloneUntilMs }] of this.state.links) {
      // A peer at the end of a route is asked for what a neighbor was, too: it may be what all neighbors withhold.
      if (other !== link && (isRouted(link) || aloneUntilMs === Number.POSITIVE_INFINITY)) continue;
      for (const { parts } of asked) {
        for (const part of parts) if (part.key === key) ranges = union(ranges, part.ranges);
      }
    }
    return ranges;
  }
}

/** The next want leaves while half of the last one is still to come; two at most are under way. */
function hasRoom(asked: readonly Asked[]): boolean {
  const [first, second] = asked;
  return first === undefined || (second === undefined && awaited(first) * 2 <= first.rumors);
}

/** This link does not offer these any more. */
function withdraw(link: FetchLink, key: string, ranges: readonly Range[]): void {
  const offer = link.offers.get(key);
  if (offer === undefined) return;
  note(link, key, { log: offer.log, ranges: subtract(offer.ranges, ranges) });
}

/** What a link offers of a log from now on. In more pieces than anybody needs, only the newest: what is left out is for later rounds. */
function note(link: FetchLink, key: string, { log, ranges }: Offer): void {
  const before = link.offers.get(key)?.ranges.length ?? 0;
  const room = Math.max(0, limits.offeredRangesMax - (link.pieces - before));
  const kept = ranges.length > room ? ranges.slice(ranges.length - room) : ranges;
  if (kept.length === 0) link.offers.delete(key);
  else link.offers.set(key, { log, ranges: kept });
  link.pieces += kept.length - before;
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
