/**
 * Rumor mongering (Demers et al., PODC 1987; median counter: Karp et al., FOCS 2000). In each cycle a peer calls one
 * neighbor by chance. The caller tells what is hot here, or asks what is hot there, or both; who is told answers for each
 * rumor where it stands, and gets the payloads that it lacks. By the answers of a cycle a rumor stays hot or is removed
 * (`mongering-rules.ts`); what removal leaves behind is for the repair rounds.
 *
 * Cycles of different peers are not in step. "At the start of the cycle" becomes: a peer that has asked for a rumor and
 * not got it yet did not know it, whoever tells it now. Answers are hints: one counts only from a neighbor that was told
 * something lately, moves a counter by one at most in a cycle, and fetches each payload at most once.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { SpreadingFrame, TellFrame, Told, ToldFrame } from "../wire/frames.ts";
import { STANDING } from "../wire/frames.ts";
import type { AwaitedState } from "./awaited.ts";
import { AwaitedRumors } from "./awaited.ts";
import type { Lines } from "./lines.ts";
import {
  afterCycle,
  clear,
  firstCounter,
  noContacts,
  pulls,
  pushes,
  REMOVED,
  SUSCEPTIBLE,
  takes,
  tell,
  type MongeringRules,
  type Tally,
} from "./mongering-rules.ts";
import type { RecentRumors } from "./recent.ts";
import { shortId } from "./recent.ts";
import type { Fresh, Stock, Strategy } from "./strategy.ts";
import { onward } from "../wire/onward.ts";

interface Hot {
  counter: number;
  readonly tally: Tally;
  readonly sinceMs: number;
  /** By its author's stamp: its age is the same everywhere. */
  readonly stampMs: number;
}

export interface MongeringState {
  /** By short id, the longest infective first. */
  readonly hot: Map<string, Hot>;
  readonly awaited: AwaitedState;
  /** Who was told something, and until when its answers count. */
  readonly told: Map<LinkId, number>;
  /** Whose calls were taken in the cycle that began at `takenMs`. */
  readonly taken: Set<LinkId>;
  takenMs: number;
  /** Who was called in this cycle; the last of them may still refuse. */
  readonly called: LinkId[];
  /** Was the last one called asked to tell as well, and has not yet? */
  asking: boolean;
  lastMs: number;
  dueMs: number;
  /** Since the start. */
  readonly counts: MongeringTally;
}

interface MongeringTally {
  removed: number;
  calls: number;
  /** Rumors told and answered for, with or without their payloads: what the literature calls traffic. */
  updates: number;
  /** Calls of others that were one too many, and own calls after a refusal. */
  refused: number;
  hunted: number;
}

/** For stats. */
export interface MongeringCounts extends Readonly<MongeringTally> {
  /** Rumors that were told and asked for, and are not here yet. */
  readonly susceptible: number;
  /** Rumors that are hot here. */
  readonly infective: number;
}

/** Answers count this long after something was told. Guess: as long as a wish is waited for. */
const ANSWER_MS = 1_000;

export class Mongering implements Strategy {
  readonly state: MongeringState;
  private readonly foundation: Foundation;
  private readonly rules: MongeringRules;
  private readonly isActive: boolean;
  private readonly lines: Lines;
  private readonly recent: RecentRumors;
  private readonly stock: Stock;
  private readonly awaited: AwaitedRumors;

  /** One that is not active makes no calls and keeps nothing hot; it answers those who do. */
  constructor(foundation: Foundation, lines: Lines, recent: RecentRumors, stock: Stock, state?: MongeringState) {
    const { tuning } = foundation.config;
    this.foundation = foundation;
    this.rules = tuning.mongering;
    this.isActive = tuning.spreading === "mongering";
    this.lines = lines;
    this.recent = recent;
    this.stock = stock;
    this.awaited = new AwaitedRumors(state?.awaited);
    this.state = state ?? {
      hot: new Map(),
      awaited: this.awaited.state,
      told: new Map(),
      taken: new Set(),
      takenMs: 0,
      called: [],
      asking: false,
      lastMs: Number.NEGATIVE_INFINITY,
      dueMs: Number.POSITIVE_INFINITY,
      counts: { removed: 0, calls: 0, updates: 0, refused: 0, hunted: 0 },
    };
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  counts(): MongeringCounts {
    return { susceptible: this.awaited.size, infective: this.state.hot.size, ...this.state.counts };
  }

  onLinkUp(): void {
    // A cycle found nobody to call, or there was none yet.
    if (this.isActive && this.hasReason && this.state.dueMs === Number.POSITIVE_INFINITY) this.state.dueMs = 0;
  }

  onLinkDown(link: LinkId): void {
    this.awaited.onLinkDown(link);
    this.state.told.delete(link);
    this.state.taken.delete(link);
  }

  onWritable(): void {}
  onDuplicate(): void {}

  onAccepted(): void {}

  /** Whatever spreads it: it is here. And it is hot from now on, where rumors are mongered. */
  onArrived({ rumor, id }: Fresh, now: Moment): void {
    const { state, rules } = this;
    const name = shortId(id);
    const counter = firstCounter(rules, this.awaited.onArrived(name) ?? 0);
    if (!this.isActive) return;
    state.hot.set(name, { counter, tally: noContacts(), sinceMs: now.nowMs, stampMs: rumor.header.timeMs });
    if (state.hot.size > limits.hotMax) this.removeOldest();
    // One that comes after a quiet time does not wait for a cycle to end.
    state.dueMs = Math.min(state.dueMs, Math.max(now.nowMs, state.lastMs + this.periodMs));
  }

  onFrame(link: LinkId, frame: SpreadingFrame, now: Moment, out: Outbox): void {
    if (frame.kind === "tell") this.onTell(link, frame, now, out);
    else if (frame.kind === "told") this.onTold(link, frame, now, out);
  }

  /** The end of a cycle, and the call of the next. */
  onDeadline(now: Moment, out: Outbox): void {
    const { state } = this;
    if (now.nowMs < state.dueMs) return;
    this.settle(now);
    state.called.length = 0;
    state.dueMs = Number.POSITIVE_INFINITY;
    if (!this.hasReason) return;
    state.lastMs = now.nowMs;
    if (this.call(now, out)) state.dueMs = now.nowMs + this.foundation.random.jitter(this.periodMs);
    // Nobody can be called now. Hot rumors have an end nevertheless.
    else if (this.lines.size > 0 || state.hot.size > 0) state.dueMs = now.nowMs + this.periodMs;
  }

  // --- calling ----------------------------------------------------------------------------------------------------

  private get periodMs(): number {
    return this.foundation.config.tuning.mongerPeriodMs;
  }

  /** Who only pushes calls nobody while nothing is hot. */
  private get hasReason(): boolean {
    return this.state.hot.size > 0 || this.rules.direction !== "push";
  }

  private settle(now: Moment): void {
    const { state, rules, foundation } = this;
    const chance = (): number => foundation.random.float();
    for (const [id, hot] of state.hot) {
      const after = afterCycle(rules, hot.counter, hot.tally, chance);
      if (after === REMOVED || now.nowMs - hot.sinceMs > limits.hotMs) {
        state.hot.delete(id);
        state.counts.removed++;
        continue;
      }
      hot.counter = after;
      clear(hot.tally);
    }
    for (const [link, untilMs] of state.told) if (untilMs <= now.nowMs) state.told.delete(link);
  }

  /** Call one neighbor by chance that was not called in this cycle. False when there is none. */
  private call(now: Moment, out: Outbox): boolean {
    const { state, lines, rules } = this;
    const open = [...lines.all].filter((link) => lines.isWritable(link) && !state.called.includes(link));
    const link = this.foundation.random.pick(open);
    if (link === undefined) return false;
    state.called.push(link);
    state.asking = rules.direction !== "push";
    state.counts.calls++;
    const ids = this.hotWhere((age) => pushes(rules, age), now);
    this.tellOf(link, ids, state.asking, now, out);
    return true;
  }

  private hotWhere(isDue: (ageCycles: number) => boolean, now: Moment): string[] {
    const ids: string[] = [];
    for (const [id, hot] of this.state.hot) if (isDue(this.ageOf(hot, now))) ids.push(id);
    return ids;
  }

  private ageOf({ stampMs }: Hot, now: Moment): number {
    return Math.floor(Math.max(0, now.meshMs - stampMs) / this.periodMs);
  }

  /** `asks`: we want to be told in return. */
  private tellOf(link: LinkId, hot: readonly string[], asks: boolean, now: Moment, out: Outbox): void {
    const { state } = this;
    const ids = hot.filter((id) => this.recent.get(id)?.keptFrom !== link);
    for (let at = 0; at < ids.length || (asks && at === 0); at += limits.announcedMax) {
      const rumors = ids.slice(at, at + limits.announcedMax).map((id) => ({ id, counter: state.hot.get(id)!.counter }));
      const frame: TellFrame = { kind: "tell", asks: asks && at === 0, rumors };
      if (!this.lines.send(link, frame, out)) return;
      state.told.set(link, now.nowMs + ANSWER_MS);
      for (const { id } of rumors) {
        const told = this.recent.get(id)?.told;
        if (told?.includes(link) === false) told.push(link);
      }
    }
  }

  /** To the blind all answers are one. The median counter lives by them. */
  private get isBlind(): boolean {
    return this.rules.memory === "blind" && this.rules.removal !== "median-counter";
  }

  // --- being called, and answered ---------------------------------------------------------------------------------

  private onTell(link: LinkId, { asks, rumors }: TellFrame, now: Moment, out: Outbox): void {
    const { state, rules } = this;
    const isReply = !asks && state.asking && state.called.at(-1) === link;
    if (!isReply && !this.takesCall(link, now)) {
      state.counts.refused++;
      this.lines.send(link, { kind: "told", refused: true, answers: [] }, out);
      return;
    }
    let coming: Set<string> | undefined;
    const isComing = (id: string): boolean => (coming ??= new Set(Array.from(this.stock.verifying(), shortId))).has(id);
    const answers: Told[] = [];
    for (const { id, counter } of rumors) {
      const hot = state.hot.get(id);
      answers.push({ id, standing: hot?.counter ?? this.standingOf(link, id, counter, isComing, now) });
      // Both know it. As the one called tells, too, it counts the contact as the caller does.
      if (hot === undefined || !asks || !pulls(rules, this.ageOf(hot, now))) continue;
      tell(rules, hot.counter, this.isBlind ? REMOVED : counter, hot.tally);
    }
    if (answers.length > 0) this.lines.send(link, { kind: "told", refused: false, answers }, out);
    if (!asks) return;
    const named = new Set(rumors.map(({ id }) => id));
    const ids = this.hotWhere((age) => pulls(rules, age), now).filter((id) => !named.has(id));
    this.tellOf(link, ids, false, now, out);
  }

  private standingOf(
    link: LinkId,
    id: string,
    counter: number,
    isComing: (id: string) => boolean,
    now: Moment,
  ): number {
    if (this.recent.get(id) !== undefined) return STANDING.removed;
    if (isComing(id) || !this.awaited.ask(link, id, counter, now)) return STANDING.awaits;
    return STANDING.wants;
  }

  /** Calls are counted by the cycle, and one neighbor's for one however many frames it takes. */
  private takesCall(link: LinkId, now: Moment): boolean {
    const { state, rules } = this;
    if (now.nowMs >= state.takenMs + this.periodMs) {
      state.takenMs = now.nowMs;
      state.taken.clear();
    }
    if (!state.taken.has(link) && !takes(rules, state.taken.size)) return false;
    state.taken.add(link);
    return true;
  }

  private onTold(link: LinkId, { refused, answers }: ToldFrame, now: Moment, out: Outbox): void {
    const { state, rules } = this;
    if (refused) return this.hunt(link, now, out);
    const counts = (state.told.get(link) ?? 0) > now.nowMs;
    if (counts) state.counts.updates += answers.length;
    for (const { id, standing } of answers) {
      const lacks = standing === STANDING.wants || standing === STANDING.awaits;
      const wasSent = this.recent.get(id)?.known.includes(link) === true;
      if (standing === STANDING.wants && !wasSent) this.sendPayload(link, id, out);
      const hot = state.hot.get(id);
      if (hot === undefined || !counts) continue;
      // Who says to lack what it was sent before would keep it hot for ever.
      const theirs = standing <= STANDING.counterMax ? standing : lacks && !wasSent ? SUSCEPTIBLE : REMOVED;
      tell(rules, hot.counter, this.isBlind ? REMOVED : theirs, hot.tally);
    }
  }

  private hunt(link: LinkId, now: Moment, out: Outbox): void {
    const { state } = this;
    if (state.called.at(-1) !== link || state.called.length > this.rules.hunt) return;
    if (this.call(now, out)) state.counts.hunted++;
  }

  private sendPayload(link: LinkId, id: string, out: Outbox): void {
    const recent = this.recent.get(id);
    const rumor = recent === undefined ? undefined : this.stock.find(recent.key, recent.seq);
    if (recent === undefined || rumor === undefined) return;
    if (this.lines.send(link, onward({ rumor, hops: recent.hops, repair: false }), out)) recent.known.push(link);
  }

  private removeOldest(): void {
    for (const id of this.state.hot.keys()) {
      this.state.hot.delete(id);
      this.state.counts.removed++;
      return;
    }
  }
}
