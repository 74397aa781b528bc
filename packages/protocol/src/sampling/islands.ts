/**
 * Islands: parts of a mesh between which no link is left. No message inside one can tell that there are others, so that
 * only a third party merges them: the seed, asked for a stranger now and then, at once when links are few, and for a
 * while after many links were lost together. A peer that hears of far fewer others than it did knows that it may be on a
 * small one, and says so. No peer asks at a moment that others share, or a mass crash would end in a stampede.
 */
import { limits } from "../limits.ts";
import type { Foundation, Moment } from "../room.ts";

export interface IslandsState {
  readonly seedsUp: Set<number>;
  askMs: number;
  waitMs: number;
  /** When links ended lately that nobody meant to end, oldest first. */
  vanished: number[];
  /** Until then we may be on an island of those who vanished together with us, or woke together. */
  apartUntilMs: number;
  /** Until then any link may be the last one between two parts. */
  keepUntilMs: number;
  /** When a link ended last that nobody meant to end. */
  lostMs: number;
  /** The most peers heard of lately; fades, and falls with every departure that was announced. */
  heardMost: number;
  /** The greatest count of the mesh lately; fades alike. */
  membersMost: number;
  /** Since when far fewer are heard of; undefined while they are not. */
  fewSinceMs: number | undefined;
  isolated: boolean;
}

/** How many there still seem to be, and how many there were: heard of lately, or, on a larger island, counted. */
export interface Isolation {
  readonly heard: number;
  readonly heardMost: number;
}

/** Guess: the seed is told to answer within a round trip; doubled while links stay few. */
const WAIT_FIRST_MS = 2_000;
/** A mesh of two peers asks its seed once a minute whether a third has come. */
const WAIT_LAST_MS = 60_000;
/** Guess: a partition's links go within some 30 s of each other, as ICE notices. */
const VANISHED_MS = 60_000;
/** Guess: while we may be apart, some six questions. A thousand peers then ask a hundred times a second. */
const APART_MS = 60_000;
const APART_ASK_MS = 10_000;
/** Guess: most partitions end sooner. Two links a peer or so are kept for longer than they are needed. */
const KEEP_MS = 600_000;
/** Isolated: an eighth of what was heard of. A crash of half the mesh is no isolation of the rest; measured by `simulate crash`. */
const FEW = 8;
/** Below so many it is no matter of statistics: isolated is who has no link. Guess. */
const MANY = 8;
/**
 * More are heard of only while a mesh forms, or when neighbors are asked: from shuffles alone a peer hears of 10 to 35 in
 * eight slots, however large the mesh. Measured with 500 whole peers.
 */
const HEARD_STEADILY = 64;
/** For so long, so that nobody who just woke up thinks itself isolated: two shuffles and a half. Guess. */
const FEW_MS = 12_000;
/** What was heard of is forgotten to a half in so long. Guess: a mesh that shrinks in hours is no news. */
const FADE_MS = 1_800_000;

export class Islands {
  readonly state: IslandsState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: IslandsState) {
    this.foundation = foundation;
    this.state = state ?? {
      seedsUp: new Set(),
      askMs: 0,
      waitMs: WAIT_FIRST_MS,
      vanished: [],
      apartUntilMs: 0,
      keepUntilMs: 0,
      lostMs: Number.NEGATIVE_INFINITY,
      heardMost: 0,
      membersMost: 0,
      fewSinceMs: undefined,
      isolated: false,
    };
  }

  onStart(now: Moment): void {
    const { random, config } = this.foundation;
    this.state.askMs = now.nowMs + random.jitter(config.tuning.seedAskPeriodMs);
  }

  /** On an island the others are known still, and cannot be reached: then the seed is the only way to them. */
  maybeApart(now: Moment): boolean {
    return now.nowMs < this.state.apartUntilMs;
  }

  /**
   * A neighbor is gone that did not mean to go. When within a minute as many went as are left, a partition, a mass crash
   * or our own sleep may have cut the mesh in two, and both parts may have links enough: only a seed can tell.
   */
  onVanished(links: number, now: Moment): void {
    const { state } = this;
    const recent = state.vanished.filter((atMs) => now.nowMs - atMs < VANISHED_MS).slice(-limits.vanishedMax);
    recent.push(now.nowMs);
    state.vanished = recent;
    state.lostMs = now.nowMs;
    if (recent.length >= Math.max(2, links)) this.suspect(now);
    this.keepAfter(recent.length, links, now);
  }

  /** So many links fell quiet, and so many did not: the same, some ten seconds before the quiet ones are given up. */
  onQuiet(quiet: number, lively: number, now: Moment): void {
    if (quiet >= Math.max(2, lively)) this.suspect(now);
    this.keepAfter(quiet, lively, now);
  }

  private suspect(now: Moment): void {
    const { state } = this;
    if (!this.maybeApart(now)) {
      state.askMs = Math.min(state.askMs, now.nowMs + this.foundation.random.float() * APART_ASK_MS);
    }
    state.apartUntilMs = now.nowMs + APART_MS;
  }

  /** A third suffices: to keep links too long costs little, and of those on one side of a cut some lost less than half. */
  private keepAfter(lost: number, left: number, now: Moment): void {
    if (lost >= Math.max(2, left / 2)) this.state.keepUntilMs = now.nowMs + KEEP_MS;
  }

  /** After a partition began no link is given up for being surplus: with no seed, one that is left joins the parts again. */
  mustKeepLinks(now: Moment): boolean {
    return now.nowMs < this.state.keepUntilMs;
  }

  /**
   * How long ago a link was lost, if that was lately. Whoever has few links may lose hardly any when the mesh falls apart,
   * and not know that it holds the last one across.
   */
  sinceLossMs(now: Moment): number | undefined {
    const sinceMs = now.nowMs - this.state.lostMs;
    return sinceMs < KEEP_MS ? sinceMs : undefined;
  }

  /** Did a link that stands since then stand before the great loss that makes us keep links? One made later joins nothing new. */
  mustKeep(sinceMs: number, now: Moment): boolean {
    return this.mustKeepLinks(now) && sinceMs < this.state.keepUntilMs - KEEP_MS;
  }

  /** Somebody said goodbye: the mesh is smaller for it, and nobody more isolated. */
  onDeparted(): void {
    this.state.heardMost = Math.max(0, this.state.heardMost - 1);
    this.state.membersMost = Math.max(0, this.state.membersMost - 1);
  }

  /** Which seed to ask now, and for how many peers. */
  ask(links: number, now: Moment): { readonly seed: number; readonly count: number } | undefined {
    const { state, foundation } = this;
    const { random, config } = foundation;
    const { seedLinksMin, seedAskPeriodMs, linksMin } = config.tuning;
    const few = links < seedLinksMin;
    if (few) state.askMs = Math.min(state.askMs, now.nowMs + state.waitMs);
    else state.waitMs = WAIT_FIRST_MS;
    if (now.nowMs < state.askMs) return undefined;
    const seed = random.pick([...state.seedsUp]);
    const periodMs = this.maybeApart(now) ? APART_ASK_MS : seedAskPeriodMs;
    state.askMs = now.nowMs + random.jitter(few ? state.waitMs : periodMs, few ? 0.5 : 0.2);
    if (few) state.waitMs = Math.min(this.maybeApart(now) ? APART_ASK_MS : WAIT_LAST_MS, state.waitMs * 2);
    // After a mass crash most of those whom a seed names are gone, and it does not know yet.
    return seed === undefined ? undefined : { seed, count: few || this.maybeApart(now) ? linksMin : 1 };
  }

  /**
   * Called about once a second with the number of peers of whom a recent descriptor is known, and the count of the mesh
   * once it can be relied on. Few recent ones tell of a small island within a minute; the count falls to the size of a
   * larger one in a descriptor's life. Returns what is news.
   */
  onHeard(
    heard: number,
    members: number | undefined,
    links: number,
    forMs: number,
    now: Moment,
  ): Isolation | undefined {
    const { state } = this;
    const fade = 2 ** (-Math.max(0, forMs) / FADE_MS);
    state.heardMost = Math.max(heard, state.heardMost * fade);
    state.membersMost = Math.max(members ?? 0, state.membersMost * fade);
    const { heardMost, membersMost } = state;
    const hearsFew =
      heard * FEW < Math.min(heardMost, HEARD_STEADILY) && (heardMost >= MANY || (links === 0 && heardMost >= 0.5));
    const countsFew = members !== undefined && members * FEW < membersMost;
    if (!hearsFew && !countsFew) {
      state.fewSinceMs = undefined;
      state.isolated = false;
      return undefined;
    }
    state.fewSinceMs ??= now.nowMs;
    if (state.isolated || now.nowMs - state.fewSinceMs < FEW_MS) return undefined;
    state.isolated = true;
    return hearsFew
      ? { heard, heardMost: Math.round(heardMost) }
      : { heard: members ?? 0, heardMost: Math.round(membersMost) };
  }
}
