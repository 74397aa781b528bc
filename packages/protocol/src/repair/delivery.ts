/**
 * In which order a subscriber gets a log's rumors. Every log of a subscribed topic has two cursors. The full order goes
 * from `low` upward without holes. The live order begins with the first rumor of the log that is news to the subscriber,
 * and so never waits for a long history to be caught up with. Each order has each rumor once, in its author's order; a
 * rumor that is due in both at once is delivered once, for both.
 *
 * A rumor waits for its predecessor. When nothing fills the hole for `gapMs`, the hole is announced once and passed, and
 * what comes later of it is stored and forwarded, but no longer delivered in the order that passed it.
 */
import type { Range, Stream } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Cursor, Held, Log } from "./log.ts";
import type { Logs } from "./logs.ts";
import { isVisible } from "./logs.ts";
import { firstFrom, removeBelow, subtract, union } from "./ranges.ts";

interface Subscription {
  /** When it began, on the clock that never goes back. */
  readonly sinceMs: number;
}

export interface DeliveryState {
  readonly topics: Map<string, Subscription>;
  /** Counts deliveries in the full order. */
  order: number;
  /** Keys of logs that wait behind a hole. */
  readonly waiting: Set<string>;
  /** No hole is passed before this moment. */
  dueMs: number;
  delivered: number;
  gaps: number;
}

const NEVER: number = Number.POSITIVE_INFINITY;
/**
 * A rumor that reaches us while it is being spread is news even when its stamp lies a little before our start: clocks
 * differ. Source: `skewMs`; one that claims more is taken by its stamp.
 */
const FRESH_MS = 30_000;
/**
 * Deliveries at once; what is left goes on in the next turn. When the oldest of a long history has come, all of it is due.
 * Guess: 10 ms of a tab, which unseals and decodes each of them.
 */
const DELIVERIES_MAX = 128;
/**
 * Where rumors expire, a log's beginning may be missing because it has expired since its author last said so, which
 * nobody can prove: two rounds are enough to tell that nobody has it.
 */
const EXPIRED_ROUNDS = 2;

export class Delivery {
  readonly state: DeliveryState;
  private readonly foundation: Foundation;
  /** How many more may be delivered before others have their turn. */
  private left: number = DELIVERIES_MAX;

  constructor(foundation: Foundation, state?: DeliveryState) {
    this.foundation = foundation;
    this.state = state ?? { topics: new Map(), order: 0, waiting: new Set(), dueMs: NEVER, delivered: 0, gaps: 0 };
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  isSubscribed(topic: string): boolean {
    return this.state.topics.has(topic);
  }

  /** Begin. What is held already counts as delivered in the full order: `retained` has it. */
  subscribe(topic: string, logs: readonly Log[], now: Moment): void {
    if (this.state.topics.has(topic)) return;
    this.state.topics.set(topic, { sinceMs: now.nowMs });
    const past: { readonly held: Held; readonly timeMs: number; readonly counter: number }[] = [];
    for (const log of logs) {
      const cursor = newCursor(log.low);
      log.cursor = cursor;
      let [timeMs, counter] = [0, 0];
      for (; isVisible(log, cursor.full); cursor.full++) {
        const held = log.held.get(cursor.full)!;
        const { header } = held.rumor;
        // Between authors by their stamps, but never against an author's own order, whatever its stamps say.
        if (header.timeMs > timeMs) [timeMs, counter] = [header.timeMs, header.counter];
        else if (header.timeMs === timeMs) counter = Math.max(counter, header.counter);
        if (!held.mute) past.push({ held, timeMs, counter });
      }
      this.wait(log, cursor, now);
    }
    past.sort((a, b) => a.timeMs - b.timeMs || a.counter - b.counter);
    for (const { held } of past) held.order = ++this.state.order;
  }

  unsubscribe(topic: string, logs: readonly Log[]): void {
    this.state.topics.delete(topic);
    for (const log of logs) {
      log.cursor = undefined;
      for (const held of log.held.values()) held.order = 0;
    }
  }

  /** What was delivered in the full order and is still held, in that order. */
  retained(logs: readonly Log[]): Held[] {
    const out: Held[] = [];
    for (const log of logs) {
      for (const [seq, held] of log.held) if (held.order > 0 && isVisible(log, seq)) out.push(held);
    }
    return out.toSorted((a, b) => a.order - b.order);
  }

  /** Rumors in a row became visible: deliver them, and what waited for them. */
  onVisible(log: Log, [from, to]: Range, now: Moment, out: Outbox): void {
    const subscription = this.state.topics.get(log.id.topic);
    if (subscription === undefined) return;
    const cursor = log.cursor ?? this.begin(log, from, subscription, now, out);
    this.left = DELIVERIES_MAX;
    // A hole that is being filled is no gap yet, however long that takes.
    const fills = firstFrom(log.ranges, to + 1) !== undefined;
    if (fills && to >= cursor.full) cursor.fullDueMs = NEVER;
    if (fills && (cursor.live > 0 ? to >= cursor.live : this.isNews(log, to, now))) cursor.liveDueMs = NEVER;
    if (cursor.live === 0) this.findStart(log, cursor, [from, to], now);
    this.advance(log, cursor, now, out);
  }

  /** Nothing below `low` comes any more: deliver what is there of it before it goes, and pass what never will be. */
  settle(log: Log, low: number, now: Moment, out: Outbox): void {
    const { cursor } = log;
    if (cursor === undefined || cursor.full >= low) return;
    while (cursor.live > cursor.full && cursor.live < low) {
      if (isVisible(log, cursor.live)) this.deliver(log, cursor, "live", out);
      else this.pass(log, cursor, "live", Math.min(nextVisible(log, cursor.live), low), out);
    }
    while (cursor.full < low) {
      if (isVisible(log, cursor.full)) this.deliver(log, cursor, this.dueIn(log, cursor, now), out);
      else
        this.pass(log, cursor, "full", Math.min(nextVisible(log, cursor.full), low), out, cursor.live === cursor.full);
    }
    this.advance(log, cursor, now, out);
  }

  onDeadline(logs: Logs, now: Moment, out: Outbox): void {
    if (now.nowMs < this.state.dueMs) return;
    this.state.dueMs = NEVER;
    this.left = DELIVERIES_MAX;
    for (const key of this.state.waiting) {
      const log = logs.get(key);
      const cursor = log?.cursor;
      if (log === undefined || cursor === undefined) this.state.waiting.delete(key);
      else if (this.left > 0) this.passDue(log, cursor, now, out);
      else this.state.dueMs = now.nowMs;
    }
  }

  private begin(log: Log, seq: number, subscription: Subscription, now: Moment, out: Outbox): Cursor {
    const low = Math.max(log.low, log.lowStated);
    const cursor = newCursor(low);
    log.cursor = cursor;
    // An author that started after us writes nothing but news, from its first rumor on.
    if (log.id.incarnation >= startOf(subscription, now) && this.isNews(log, seq, now)) {
      cursor.live = low;
      if (low > 1) this.announce(log, cursor, [1, low - 1], out);
    }
    return cursor;
  }

  private advance(log: Log, cursor: Cursor, now: Moment, out: Outbox): void {
    for (;;) {
      if (this.left <= 0 && (isVisible(log, cursor.full) || isVisible(log, cursor.live))) {
        this.state.waiting.add(log.key);
        this.state.dueMs = now.nowMs;
        return;
      }
      if (cursor.live > cursor.full && isVisible(log, cursor.live)) this.deliver(log, cursor, "live", out);
      else if (isVisible(log, cursor.full)) this.deliver(log, cursor, this.dueIn(log, cursor, now), out);
      else if (isPassed(log, cursor)) this.pass(log, cursor, "full", nextVisible(log, cursor.full), out);
      else break;
    }
    this.wait(log, cursor, now);
  }

  /** In which orders the next of the full order is due. All that lies before it is settled, so it may be the first news. */
  private dueIn(log: Log, cursor: Cursor, now: Moment): Stream {
    if (cursor.live === 0 && this.isNews(log, cursor.full, now)) cursor.live = cursor.full;
    return cursor.live === cursor.full ? "both" : "history";
  }

  private deliver(log: Log, cursor: Cursor, stream: Stream, out: Outbox): void {
    const seq = stream === "live" ? cursor.live : cursor.full;
    const held = log.held.get(seq)!;
    this.left--;
    if (stream !== "history") {
      cursor.live++;
      cursor.liveDueMs = NEVER;
    }
    if (stream !== "live") {
      cursor.full++;
      cursor.fullDueMs = NEVER;
    }
    // What a validator did not accept is passed over without a word.
    if (held.mute) return;
    if (stream !== "live") held.order = ++this.state.order;
    this.state.delivered++;
    out.effect({ kind: "deliver", rumor: held.rumor, id: held.id, stream, hops: held.hops });
  }

  /** Go on behind a hole, up to `next`. */
  private pass(log: Log, cursor: Cursor, order: "full" | "live", next: number, out: Outbox, aloud = true): void {
    const from = order === "full" ? cursor.full : cursor.live;
    if (aloud) this.announce(log, cursor, [from, next - 1], out);
    if (order === "full") {
      cursor.full = next;
      cursor.fullDueMs = NEVER;
      removeBelow(cursor.announced, next);
      if (cursor.live === 0 || cursor.live >= next) return;
    }
    cursor.live = next;
    cursor.liveDueMs = NEVER;
  }

  private announce(log: Log, cursor: Cursor, hole: Range, out: Outbox): void {
    for (const range of subtract([hole], cursor.announced)) {
      this.state.gaps++;
      out.effect({ kind: "gap", ...log.id, range });
    }
    cursor.announced = union(cursor.announced, [hole]);
  }

  /** News is what was written since we subscribed, in mesh time as we know it now, or is being spread this moment. */
  private isNews(log: Log, seq: number, now: Moment): boolean {
    const startMs = startOf(this.state.topics.get(log.id.topic)!, now);
    const { rumor, fresh } = log.held.get(seq)!;
    return rumor.header.timeMs >= startMs - (fresh ? FRESH_MS : 0);
  }

  /** The live order begins where a rumor that is news follows one that is not. */
  private findStart(log: Log, cursor: Cursor, [from, to]: Range, now: Moment): void {
    for (let first = Math.max(from, cursor.full + 1); first <= to + 1; first++) {
      if (!isVisible(log, first) || !this.isNews(log, first, now) || !isVisible(log, first - 1)) continue;
      if (!this.isNews(log, first - 1, now)) cursor.live = first;
    }
  }

  /** Nothing more can be delivered now: note until when the holes are waited for. */
  private wait(log: Log, cursor: Cursor, now: Moment): void {
    const { gapMs } = this.foundation.config.tuning;
    const behindFull = nextVisible(log, cursor.full);
    if (behindFull === NEVER) cursor.fullDueMs = NEVER;
    else if (cursor.fullDueMs === NEVER) {
      cursor.fullDueMs = now.nowMs + (this.mayHaveExpired(log, cursor) ? this.expiredMs() : gapMs);
    }
    // Where both orders stand at one hole they pass it together.
    const apart = cursor.live !== cursor.full;
    const behindLive = cursor.live === 0 ? this.hasNews(log, cursor, now) : nextVisible(log, cursor.live) !== NEVER;
    if (!apart || !behindLive) cursor.liveDueMs = NEVER;
    else if (cursor.liveDueMs === NEVER) cursor.liveDueMs = now.nowMs + gapMs;

    const dueMs = Math.min(cursor.fullDueMs, cursor.liveDueMs);
    this.state.dueMs = Math.min(this.state.dueMs, dueMs);
    if (dueMs === NEVER) this.state.waiting.delete(log.key);
    else this.state.waiting.add(log.key);
  }

  private passDue(log: Log, cursor: Cursor, now: Moment, out: Outbox): void {
    if (now.nowMs >= cursor.liveDueMs) {
      // Nobody knows whether what is missing is news: the live order begins behind it, without a word.
      if (cursor.live === 0) cursor.live = this.firstNews(log, cursor, now);
      else this.pass(log, cursor, "live", nextVisible(log, cursor.live), out);
      cursor.liveDueMs = NEVER;
    }
    if (now.nowMs >= cursor.fullDueMs) {
      const next = nextVisible(log, cursor.full);
      if (next === NEVER) cursor.fullDueMs = NEVER;
      else this.pass(log, cursor, "full", next, out, !this.mayHaveExpired(log, cursor));
    }
    this.advance(log, cursor, now, out);
  }

  private mayHaveExpired(log: Log, cursor: Cursor): boolean {
    const first = log.held.get(nextVisible(log, cursor.full));
    return cursor.full === log.low && cursor.live !== cursor.full && (first?.rumor.header.expiryMs ?? 0) !== 0;
  }

  private expiredMs(): number {
    const { gapMs, repairPeriodMs } = this.foundation.config.tuning;
    return Math.min(gapMs, EXPIRED_ROUNDS * repairPeriodMs);
  }

  /** An honest author's stamps never go back: if anything behind the hole is news, the newest is. */
  private hasNews(log: Log, cursor: Cursor, now: Moment): boolean {
    const newest = lastVisible(log);
    return newest > cursor.full && this.isNews(log, newest, now);
  }

  private firstNews(log: Log, cursor: Cursor, now: Moment): number {
    for (let seq = nextVisible(log, cursor.full); seq !== NEVER; seq = nextVisible(log, seq + 1)) {
      if (this.isNews(log, seq, now)) return seq;
    }
    return 0;
  }
}

function newCursor(low: number): Cursor {
  return { full: low, live: 0, announced: [], fullDueMs: NEVER, liveDueMs: NEVER };
}

function startOf(subscription: Subscription, now: Moment): number {
  return now.meshMs - (now.nowMs - subscription.sinceMs);
}

/** The first visible rumor at or above `seq`; Infinity for none. */
function nextVisible(log: Log, seq: number): number {
  const next = firstFrom(log.ranges, seq) ?? NEVER;
  return next < log.cut ? next : NEVER;
}

function lastVisible(log: Log): number {
  for (let at = log.ranges.length - 1; at >= 0; at--) {
    const [from, to] = log.ranges[at]!;
    if (from < log.cut) return Math.min(to, log.cut - 1);
  }
  return 0;
}

/** The live order has announced and passed this hole before: the full order need not wait again. */
function isPassed(log: Log, cursor: Cursor): boolean {
  const next = nextVisible(log, cursor.full);
  return next !== NEVER && subtract([[cursor.full, next - 1]], cursor.announced).length === 0;
}
