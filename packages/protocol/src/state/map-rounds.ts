/**
 * Anti-entropy of maps: with a new neighbor at once, and with one by chance every period, two peers compare what stands
 * in all maps. A round in which nothing differs costs one frame of some 20 bytes each way; the answer says so, and is what tells a
 * newcomer that it has everything. Where it differs the sets are reconciled by ranges, newest first (`repair/reconcile/`), and
 * each asks for what it lacks (`map-fetch.ts`). What all neighbors withhold comes by rounds along routes (`repair/routed.ts`).
 */
import type { Promises } from "../spreading/missing.ts";
import { limits } from "../limits.ts";
import { isRouted, type LinkId, type PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { mix } from "../repair/fingerprint.ts";
import { ItemSet } from "../repair/reconcile/item-set.ts";
import type { Span } from "../repair/reconcile/range-reconciler.ts";
import { RangeReconciler } from "../repair/reconcile/range-reconciler.ts";
import { costOf } from "../repair/serving.ts";
import { onward } from "../wire/onward.ts";
import type { MapDigestFrame, MapWantFrame, RumorFrame } from "../wire/frames.ts";
import type { Entries, StandingEntry } from "./entries.ts";
import type { MapFetchState } from "./map-fetch.ts";
import { MapFetch } from "./map-fetch.ts";

interface RoundLink {
  /** When a round of ours is due with this link; Infinity for none. */
  dueMs: number;
  /**
   * Our rounds lately, and theirs that found a difference, the latest last. Words and wants of a round that another one has
   * overtaken count: frames of one round travel in two channels, and a lost packet holds up one of them.
   */
  readonly asked: number[];
  readonly answering: number[];
  /** What had been gained and served when ours began: a round that changes nothing is not repeated at once. */
  askedAt: number;
  /** Until when the other end's next word in a round of ours is waited for; 0 when none is. */
  awaitedMs: number;
  /** Comparisons that this link may still have looked at, as of `lookedMs`. */
  looks: number;
  lookedMs: number;
  /** Until when what was sent so far is paid off. */
  paidMs: number;
}

export interface MapRoundsState {
  readonly links: Map<LinkId, RoundLink>;
  /** When the next round with some neighbor is due; Infinity without neighbors. */
  dueMs: number;
  readonly fetch: MapFetchState;
  rounds: number;
  /** Rounds in which something differed. */
  differed: number;
  /** Entries sent to neighbors that lacked them. */
  served: number;
}

/** Where answers go, in order, and which links can take some. */
export interface MapLines {
  mayServe(link: LinkId): boolean;
  answer(link: LinkId, frame: RumorFrame): void;
}

/** Of two ends of a new link one begins, the other makes sure. Source: `repair/rounds.ts`. */
const FIRST_MS = 20;
const SECOND_MS = 600;
/** After what was asked for came, the round that makes sure. Guess: it has been verified by then. */
const CONFIRM_MS = 250;
/** News is passed on by a round with another neighbor, without waiting for the period's end. Guess: some round trips. */
const NEWS_MS = 500;
/** While a word of theirs may still come, its round is not replaced by another one. Guess: two retransmissions, at 1 and 2 s. */
const WORD_MS = 4_000;
/** Rounds of a link of which something may still come, on either side. Guess: what is begun within two retransmissions. */
const ROUNDS_MAX = 4;
/** A link may run this far ahead of its budget. Source: `repair/serving.ts`. */
const CREDIT_MS = 250;

export class MapRounds {
  readonly state: MapRoundsState;
  private readonly foundation: Foundation;
  private readonly fetch: MapFetch;
  /** Derived from the entries of one version under the salt of one round; a session asks for the same one again and again. */
  private sorted:
    | { readonly round: number; readonly version: number; readonly set: ItemSet<StandingEntry> }
    | undefined;

  constructor(foundation: Foundation, state?: MapRoundsState) {
    this.foundation = foundation;
    this.fetch = new MapFetch(state?.fetch);
    this.state = state ?? {
      links: new Map(),
      dueMs: Number.POSITIVE_INFINITY,
      fetch: this.fetch.state,
      rounds: 0,
      differed: 0,
      served: 0,
    };
  }

  get deadlineMs(): number {
    let dueMs = Math.min(this.state.dueMs, this.fetch.deadlineMs);
    for (const link of this.state.links.values()) dueMs = Math.min(dueMs, link.dueMs);
    return dueMs;
  }

  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    const { random, self, config } = this.foundation;
    this.add(link, now.nowMs + random.jitter(self < peer ? FIRST_MS : SECOND_MS), now);
    if (this.neighbors === 1) this.state.dueMs = now.nowMs + random.jitter(config.tuning.repairPeriodMs);
  }

  /** A peer at the end of a route: one round, ours or theirs. */
  onRoutedUp(link: LinkId, ours: boolean, entries: Entries, now: Moment, out: Outbox): void {
    const state = this.add(link, Number.POSITIVE_INFINITY, now);
    // Who holds nothing has nothing to tell; others begin rounds along routes as well.
    if (ours && entries.size > 0) this.begin(link, state, entries, now, out);
  }

  private add(link: LinkId, dueMs: number, now: Moment): RoundLink {
    const state: RoundLink = {
      dueMs,
      asked: [],
      answering: [],
      askedAt: -1,
      awaitedMs: 0,
      looks: limits.mapDigestsPerSecondMax,
      lookedMs: now.nowMs,
      paidMs: 0,
    };
    this.state.links.set(link, state);
    this.fetch.onLinkUp(link);
    return state;
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    if (this.neighbors === 0) this.state.dueMs = Number.POSITIVE_INFINITY;
    this.fetch.onLinkDown(link);
  }

  private get neighbors(): number {
    let count = 0;
    for (const link of this.state.links.keys()) if (!isRouted(link)) count++;
    return count;
  }

  /** What became of what this neighbor said that it has. */
  promisesOf(link: LinkId): Promises {
    return this.fetch.promisesOf(link);
  }

  onDeadline(entries: Entries, lines: MapLines, now: Moment, out: Outbox): void {
    const { random, config } = this.foundation;
    const periodMs = config.tuning.repairPeriodMs;
    this.fetch.onDeadline(now);
    this.pull(entries, now, out);
    for (const [link, state] of this.state.links) {
      if (now.nowMs < state.dueMs) continue;
      if (lines.mayServe(link)) this.begin(link, state, entries, now, out);
      else state.dueMs = now.nowMs + random.jitter(periodMs);
    }
    if (now.nowMs < this.state.dueMs) return;
    this.state.dueMs = now.nowMs + random.jitter(periodMs);
    // Who holds nothing has nothing to tell; those who hold something ask.
    if (entries.size === 0) return;
    const idle = [...this.state.links].filter(
      ([link, { awaitedMs }]) => !isRouted(link) && now.nowMs >= awaitedMs && lines.mayServe(link),
    );
    const picked = random.pick(idle);
    if (picked !== undefined) this.begin(...picked, entries, now, out);
  }

  /** True when both ends are found to hold the same. Not looked at while the link takes no answer: the other side tries again. */
  onDigest(
    link: LinkId,
    { round, spans }: MapDigestFrame,
    entries: Entries,
    lines: MapLines,
    now: Moment,
    out: Outbox,
  ): boolean {
    const state = this.state.links.get(link);
    if (state === undefined || !this.mayLook(state, now) || !lines.mayServe(link)) return false;
    const isOurs = state.asked.includes(round);
    if (!isOurs && !state.answering.includes(round)) return this.onOpening(link, state, round, spans, entries, out);
    const isLatest = state.asked.at(-1) === round;
    if (isLatest) state.awaitedMs = 0;
    if (spans.length === 0) return isOurs;
    const answer = new RangeReconciler(this.sort(entries, round), { bytesMax: limits.mapDigestBytes }).answer(spans);
    if (answer.spans.length > 0) {
      out.frame(link, { kind: "mapDigest", round, spans: answer.spans }, "repair");
      if (isLatest) state.awaitedMs = now.nowMs + WORD_MS;
    }
    if (answer.lacking.length > 0) {
      this.fetch.offer(link, round, answer.lacking);
      this.pull(entries, now, out);
    } else if (isOurs && this.progress > state.askedAt) {
      // The other side asks; should it be us who compares, that is looked after.
      this.soon(link, state, now);
    }
    return false;
  }

  onWant(link: LinkId, { round, ids }: MapWantFrame, entries: Entries, lines: MapLines, now: Moment): void {
    const state = this.state.links.get(link);
    if (state === undefined || !(state.asked.includes(round) || state.answering.includes(round))) return;
    // Sorting anew is what a comparison costs, and who asks in two rounds in turn would have it done each time.
    if (!this.isSorted(entries, round) && !this.mayLook(state, now)) return;
    const set = this.sort(entries, round);
    let bytes = 0;
    for (let i = 0; i < ids.length; i += 2) {
      const held = set.find(ids[i]!, ids[i + 1]!);
      if (held === undefined) continue;
      if (bytes >= limits.repairBytesMax || now.nowMs < state.paidMs - CREDIT_MS) return;
      const { rumor, hops } = held;
      lines.answer(link, onward({ rumor, hops, repair: true }));
      bytes += costOf(rumor);
      this.state.served++;
      state.paidMs = Math.max(state.paidMs, now.nowMs) + (costOf(rumor) * 1_000) / limits.repairBytesPerSecondMax;
    }
  }

  /** An entry came as repair, whatever was made of it. */
  onArrival(link: LinkId, entries: Entries, now: Moment, out: Outbox): void {
    const state = this.state.links.get(link);
    if (this.fetch.onArrival(link, now) && state !== undefined) this.soon(link, state, now);
    this.pull(entries, now, out);
  }

  /** An entry that came as repair is held now. */
  onGain(link: LinkId, now: Moment): void {
    this.fetch.onGain(link, now);
    const state = this.state.links.get(link);
    if (state !== undefined && !this.fetch.isOwing(link)) this.soon(link, state, now);
    if (this.state.links.size < 2 || this.neighbors === 0) return;
    this.state.dueMs = Math.min(this.state.dueMs, now.nowMs + this.foundation.random.jitter(NEWS_MS));
  }

  /** A neighbor's round begins: say that all is equal, or go into what differs. */
  private onOpening(
    link: LinkId,
    state: RoundLink,
    round: number,
    spans: readonly Span[],
    entries: Entries,
    out: Outbox,
  ): boolean {
    const says = spans[0]?.says;
    if (spans.length !== 1 || says?.kind !== "print") return false;
    const ours = printOf(entries, round);
    if (says.high === ours.high && says.low === ours.low) {
      // Along a route nobody answers that all is equal: third parties carry it.
      if (!isRouted(link)) out.frame(link, { kind: "mapDigest", round, spans: [] }, "control");
      return true;
    }
    this.state.differed++;
    remember(state.answering, round);
    const first = new RangeReconciler(this.sort(entries, round), { bytesMax: limits.mapDigestBytes }).open();
    out.frame(link, { kind: "mapDigest", round, spans: first }, "repair");
    return false;
  }

  private begin(link: LinkId, state: RoundLink, entries: Entries, now: Moment, out: Outbox): void {
    const round = this.foundation.random.uint32();
    this.state.rounds++;
    state.dueMs = Number.POSITIVE_INFINITY;
    remember(state.asked, round);
    state.askedAt = this.progress;
    state.awaitedMs = now.nowMs + WORD_MS;
    const says = { kind: "print", ...printOf(entries, round) } as const;
    out.frame(link, { kind: "mapDigest", round, spans: [{ end: undefined, says }] }, "control");
  }

  /** Ask somebody for what it offered, if it is time. */
  private pull(entries: Entries, now: Moment, out: Outbox): void {
    const lacking = (round: number, ids: readonly number[]): number[] => {
      const set = this.sort(entries, round);
      return ids.filter((_, i) => set.find(ids[i & ~1]!, ids[i | 1]!) === undefined);
    };
    for (let next = this.fetch.next(lacking, now); next !== undefined; next = this.fetch.next(lacking, now)) {
      out.frame(next.link, next.frame, "repair");
    }
  }

  private soon(link: LinkId, state: RoundLink, now: Moment): void {
    if (isRouted(link)) return;
    state.dueMs = Math.min(state.dueMs, now.nowMs + this.foundation.random.jitter(CONFIRM_MS));
  }

  /** Each comparison may cost sorting all entries: who never finds an end to what differs is looked at so often and no more. */
  private mayLook(state: RoundLink, now: Moment): boolean {
    const perMs = limits.mapDigestsPerSecondMax / 1_000;
    const waitedMs = Math.max(0, now.nowMs - state.lookedMs);
    state.looks = Math.min(limits.mapDigestsPerSecondMax, state.looks + waitedMs * perMs);
    state.lookedMs = now.nowMs;
    if (state.looks < 1) return false;
    state.looks--;
    return true;
  }

  private sort(entries: Entries, round: number): ItemSet<StandingEntry> {
    if (!this.isSorted(entries, round)) {
      const { version } = entries.state;
      this.sorted = { round, version, set: new ItemSet(entries.items(), { high: round, low: ~round >>> 0 }) };
    }
    return this.sorted!.set;
  }

  private isSorted(entries: Entries, round: number): boolean {
    return this.sorted?.round === round && this.sorted.version === entries.state.version;
  }

  private get progress(): number {
    return this.fetch.state.gained + this.state.served;
  }
}

/** Sixty-four bits over everything under the round's salt: equal when the entries are, and worth nothing in another round. */
function printOf({ size, state: { sum } }: Entries, round: number): { readonly high: number; readonly low: number } {
  const count = Uint32Array.of(size, 0);
  return { high: mix(round, count, sum), low: mix(~round >>> 0, count, sum) };
}

function remember(rounds: number[], round: number): void {
  rounds.push(round);
  if (rounds.length > ROUNDS_MAX) rounds.shift();
}
