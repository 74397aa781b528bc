/**
 * Anti-entropy of maps: with a new neighbor at once, and with one by chance every period, two peers compare what stands
 * in all maps. A round in which nothing differs costs one frame of some 20 bytes each way; the answer says so, and is what tells a
 * newcomer that it has everything. Where it differs the sets are reconciled by ranges, newest first (`repair/reconcile/`), and
 * each asks for what it lacks, of one neighbor at a time, so that nothing is fetched twice.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { mix } from "../repair/fingerprint.ts";
import { ItemSet } from "../repair/reconcile/item-set.ts";
import type { Span } from "../repair/reconcile/range-reconciler.ts";
import { RangeReconciler } from "../repair/reconcile/range-reconciler.ts";
import { costOf } from "../repair/serving.ts";
import type { MapDigestFrame, MapWantFrame, RumorFrame } from "../wire/frames.ts";
import type { Entries, StandingEntry } from "./entries.ts";

interface RoundLink {
  /** When a round of ours is due with this link; Infinity for none. */
  dueMs: number;
  /** Our round that is under way, and theirs that found a difference. */
  asked: number | undefined;
  answering: number | undefined;
  /** What had been gained and served when ours began: a round that changes nothing is not repeated at once. */
  askedAt: number;
  /** Comparisons that this link may still have looked at, as of `lookedMs`. */
  looks: number;
  lookedMs: number;
  /** Until when what was sent so far is paid off. */
  paidMs: number;
  /** What had been gained when it was last asked, how often it was asked in vain, and until when it is not asked for that. */
  askedGained: number;
  vain: number;
  shunnedMs: number;
}

export interface MapRoundsState {
  readonly links: Map<LinkId, RoundLink>;
  /** When the next round with some neighbor is due; Infinity without neighbors. */
  dueMs: number;
  /** Whom entries were asked of, how many are to come, and until when nobody else is asked. */
  fetching: { readonly link: LinkId; readonly round: number; left: number; untilMs: number } | undefined;
  rounds: number;
  /** Rounds in which something differed. */
  differed: number;
  /** Entries sent to neighbors that lacked them, and entries that came so. */
  served: number;
  gained: number;
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
/** Who has not answered for this long is not waited for. Guess: a slow round trip, and one retransmission. */
const PATIENCE_MS = 2_000;
/** Guess: a minute is a fair chance after time. */
const SHUN_MAX_MS = 60_000;
/** A link may run this far ahead of its budget. Source: `repair/serving.ts`. */
const CREDIT_MS = 250;
const HOPS_MAX = 255;

export class MapRounds {
  readonly state: MapRoundsState;
  private readonly foundation: Foundation;
  /** Derived from the entries of one version under the salt of one round; a session asks for the same one again and again. */
  private sorted:
    | { readonly round: number; readonly version: number; readonly set: ItemSet<StandingEntry> }
    | undefined;

  constructor(foundation: Foundation, state?: MapRoundsState) {
    this.foundation = foundation;
    this.state = state ?? {
      links: new Map(),
      dueMs: Number.POSITIVE_INFINITY,
      fetching: undefined,
      rounds: 0,
      differed: 0,
      served: 0,
      gained: 0,
    };
  }

  get deadlineMs(): number {
    let dueMs = Math.min(this.state.dueMs, this.state.fetching?.untilMs ?? Number.POSITIVE_INFINITY);
    for (const link of this.state.links.values()) dueMs = Math.min(dueMs, link.dueMs);
    return dueMs;
  }

  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    const { random, self, config } = this.foundation;
    this.state.links.set(link, {
      dueMs: now.nowMs + random.jitter(self < peer ? FIRST_MS : SECOND_MS),
      asked: undefined,
      answering: undefined,
      askedAt: -1,
      looks: limits.mapDigestsPerSecondMax,
      lookedMs: now.nowMs,
      paidMs: 0,
      askedGained: -1,
      vain: 0,
      shunnedMs: 0,
    });
    if (this.state.links.size === 1) this.state.dueMs = now.nowMs + random.jitter(config.tuning.repairPeriodMs);
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    if (this.state.links.size === 0) this.state.dueMs = Number.POSITIVE_INFINITY;
    if (this.state.fetching?.link === link) this.state.fetching = undefined;
  }

  onDeadline(entries: Entries, lines: MapLines, now: Moment, out: Outbox): void {
    const { random, config } = this.foundation;
    const periodMs = config.tuning.repairPeriodMs;
    if (this.state.fetching !== undefined && now.nowMs >= this.state.fetching.untilMs) this.state.fetching = undefined;
    for (const [link, state] of this.state.links) {
      if (now.nowMs < state.dueMs) continue;
      if (lines.mayServe(link)) this.begin(link, state, entries, out);
      else state.dueMs = now.nowMs + random.jitter(periodMs);
    }
    if (now.nowMs < this.state.dueMs) return;
    this.state.dueMs = now.nowMs + random.jitter(periodMs);
    // Who holds nothing has nothing to tell; those who hold something ask.
    if (entries.size === 0) return;
    const link = random.pick([...this.state.links.keys()].filter((link) => lines.mayServe(link)));
    if (link !== undefined) this.begin(link, this.state.links.get(link)!, entries, out);
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
    if (state === undefined || !mayLook(state, now) || !lines.mayServe(link)) return false;
    const isOurs = state.asked === round;
    if (!isOurs && state.answering !== round) return this.onOpening(link, state, round, spans, entries, out);
    if (spans.length === 0) {
      if (!isOurs) state.answering = undefined;
      else state.asked = undefined;
      return isOurs;
    }
    const answer = new RangeReconciler(this.sort(entries, round), { bytesMax: limits.mapDigestBytes }).answer(spans);
    if (answer.spans.length > 0) out.frame(link, { kind: "mapDigest", round, spans: answer.spans }, "repair");
    this.want(link, state, round, answer.lacking, now, out);
    return false;
  }

  onWant(link: LinkId, { round, ids }: MapWantFrame, entries: Entries, lines: MapLines, now: Moment): void {
    const state = this.state.links.get(link);
    if (state === undefined || (state.asked !== round && state.answering !== round)) return;
    const set = this.sort(entries, round);
    let bytes = 0;
    for (let i = 0; i < ids.length; i += 2) {
      const held = set.find(ids[i]!, ids[i + 1]!);
      if (held === undefined) continue;
      if (bytes >= limits.repairBytesMax || now.nowMs < state.paidMs - CREDIT_MS) return;
      const { rumor, hops } = held;
      lines.answer(link, { kind: "rumor", hops: Math.min(hops + 1, HOPS_MAX), repair: true, rumor });
      bytes += costOf(rumor);
      this.state.served++;
      state.paidMs = Math.max(state.paidMs, now.nowMs) + (costOf(rumor) * 1_000) / limits.repairBytesPerSecondMax;
    }
  }

  /** An entry came as repair, whatever was made of it. */
  onArrival(link: LinkId, now: Moment): void {
    const { fetching } = this.state;
    if (fetching?.link !== link) return;
    fetching.left--;
    fetching.untilMs = now.nowMs + PATIENCE_MS;
    if (fetching.left > 0) return;
    this.state.fetching = undefined;
    const state = this.state.links.get(link);
    if (state !== undefined && this.state.gained > state.askedGained) this.soon(state, now);
  }

  /** An entry that came as repair is held now. */
  onGain(link: LinkId, now: Moment): void {
    this.state.gained++;
    const state = this.state.links.get(link);
    if (state !== undefined && this.state.fetching?.link !== link) this.soon(state, now);
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
      out.frame(link, { kind: "mapDigest", round, spans: [] }, "control");
      return true;
    }
    this.state.differed++;
    state.answering = round;
    const first = new RangeReconciler(this.sort(entries, round), { bytesMax: limits.mapDigestBytes }).open();
    out.frame(link, { kind: "mapDigest", round, spans: first }, "repair");
    return false;
  }

  private begin(link: LinkId, state: RoundLink, entries: Entries, out: Outbox): void {
    const round = this.foundation.random.uint32();
    this.state.rounds++;
    state.dueMs = Number.POSITIVE_INFINITY;
    state.asked = round;
    state.askedAt = this.progress;
    const says = { kind: "print", ...printOf(entries, round) } as const;
    out.frame(link, { kind: "mapDigest", round, spans: [{ end: undefined, says }] }, "control");
  }

  /** Ask for what a neighbor has and we lack, unless another one is being asked: then compare anew once that is done. */
  private want(
    link: LinkId,
    state: RoundLink,
    round: number,
    lacking: readonly number[],
    now: Moment,
    out: Outbox,
  ): void {
    const { fetching } = this.state;
    if (lacking.length === 0) {
      // The other side asks; should it be us who compares, that is looked after.
      if (state.asked === round && this.progress > state.askedAt) this.soon(state, now);
      return;
    }
    if (fetching !== undefined && (fetching.link !== link || fetching.round !== round)) {
      state.dueMs = Math.min(state.dueMs, fetching.untilMs);
      return;
    }
    if (fetching === undefined && !this.mayAsk(state, now)) return;
    const ids = Uint32Array.from(lacking.slice(0, 2 * limits.mapWantsMax));
    state.askedGained = this.state.gained;
    const left = ids.length / 2 + (fetching?.left ?? 0);
    this.state.fetching = { link, round, left, untilMs: now.nowMs + PATIENCE_MS };
    out.frame(link, { kind: "mapWant", round, ids }, "repair");
  }

  /** Who has what we never take, or says so, is asked more and more rarely. */
  private mayAsk(state: RoundLink, now: Moment): boolean {
    if (now.nowMs < state.shunnedMs) return false;
    state.vain = this.state.gained > state.askedGained ? 0 : state.vain + 1;
    state.shunnedMs = state.vain === 0 ? 0 : now.nowMs + Math.min(SHUN_MAX_MS, PATIENCE_MS * 2 ** state.vain);
    return true;
  }

  private soon(state: RoundLink, now: Moment): void {
    state.dueMs = Math.min(state.dueMs, now.nowMs + this.foundation.random.jitter(CONFIRM_MS));
  }

  private sort(entries: Entries, round: number): ItemSet<StandingEntry> {
    const { version } = entries.state;
    if (this.sorted?.round !== round || this.sorted.version !== version) {
      this.sorted = { round, version, set: new ItemSet(entries.items(), { high: round, low: ~round >>> 0 }) };
    }
    return this.sorted.set;
  }

  private get progress(): number {
    return this.state.gained + this.state.served;
  }
}

/** Sixty-four bits over everything under the round's salt: equal when the entries are, and worth nothing in another round. */
function printOf({ size, state: { sum } }: Entries, round: number): { readonly high: number; readonly low: number } {
  const count = Uint32Array.of(size, 0);
  return { high: mix(round, count, sum), low: mix(~round >>> 0, count, sum) };
}

function mayLook(state: RoundLink, now: Moment): boolean {
  const perMs = limits.mapDigestsPerSecondMax / 1_000;
  state.looks = Math.min(limits.mapDigestsPerSecondMax, state.looks + Math.max(0, now.nowMs - state.lookedMs) * perMs);
  state.lookedMs = now.nowMs;
  if (state.looks < 1) return false;
  state.looks--;
  return true;
}
