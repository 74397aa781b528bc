/**
 * Suspicion: what this peer thinks of its neighbors by what each did on its own link, and nowhere else; nobody's word
 * about another counts. A score convicts nobody, is told to nobody, and costs at most the link.
 *
 * Five aspects, each the share of late in which a neighbor did what it should. The score is the worst of them: unlike in a
 * weighted sum (gossipsub v1.1), nothing that a neighbor does well makes up for what it never does, which is how silent
 * peers kept good scores there (Kumar et al., "Formal model-driven analysis of resilience of GossipSub", 2022). Shares
 * follow events, not the clock, so they mean the same at every rate; only forgetting follows the clock.
 */
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Moment } from "../room.ts";

/**
 * - forwards: of the rumors that were kept back from it to see, those that it showed us (`spreading/probing.ts`)
 * - keeps: of what it announced or said to have, and was asked for, what it delivered
 * - spares: of the copies that it brought, those that it had not brought before
 * - answers: of our pings, those after which anything came
 * - behaves: halved by each frame that no honest peer sends, and forgiven with time
 */
export const ASPECTS = ["forwards", "keeps", "spares", "answers", "behaves"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** What a neighbor did since its link stands. */
export interface Deeds {
  /** Rumors that it was the first to bring; those that it showed later, of its own accord; copies brought again. */
  readonly first: number;
  readonly late: number;
  readonly again: number;
  /** Of the rumors that were kept back from it to see: shown to us, kept from us, lacked. */
  readonly shown: number;
  readonly hidden: number;
  readonly lacked: number;
  /** Promises kept and broken: announcements that were grafted, and wants. */
  readonly kept: number;
  readonly broken: number;
  /** Pings answered, and those after which nothing came. */
  readonly answered: number;
  readonly missed: number;
}

/** A score, and why. */
export interface Score {
  /** From -1 to 1; below 0 is worse than what is put up with, at -0.5 the link ends. The worst of `because`. */
  readonly value: number;
  readonly because: Readonly<Record<Aspect, number>>;
  /** What the aspects rest on, since this peer was first a neighbor. */
  readonly deeds: Deeds & { readonly offences: number };
  /** How long it will not be linked to, yet. */
  readonly graylistedMs: number;
}

interface Card {
  readonly shares: Record<Aspect, number>;
  readonly totals: Record<keyof Deeds | "offences", number>;
  /** What the totals held of the present link when last looked at; undefined while there is no link. */
  seen: Deeds | undefined;
  /** Shares were last faded at this time. */
  fadedMs: number;
  graylistedUntilMs: number;
  /** Times that it was graylisted; halves with time. */
  graylistings: number;
}

export interface ScoresState {
  readonly cards: Map<PeerId, Card>;
  dueMs: number;
  /** When a link was last ended for its score. */
  endedMs: number;
  /** Links ended so far. */
  ended: number;
}

/** How often neighbors are looked at; what happened in between is one sample of each share. Source: `pingPeriodMs`. */
const SPELL_MS = 3_000;
/** Nothing is held against a newcomer, and nothing in its favor. It behaves until it does not. */
const START: Readonly<Record<Aspect, number>> = { forwards: 0.5, keeps: 0.5, spares: 0.5, answers: 0.5, behaves: 1 };
/** Share of the score that one sample has. Guess: five trials in a row are no chance; nor are half a minute of stalls malice. */
const GAIN: Readonly<Record<Exclude<Aspect, "behaves">, number>> = {
  forwards: 1 / 4,
  keeps: 1 / 16,
  spares: 1 / 16,
  answers: 1 / 16,
};
/** A share below this is worse than what is put up with. Guess: an honest peer under loss does half of it, a liar nothing. */
const SHARE_MIN = 0.25;
/** A link whose score falls to this ends. */
const GRAYLIST_AT = -0.5;
/** One at a time, so that others can take its place. Guess: a call, and a handshake. */
const ENDS_MS = 10_000;
/** Nobody makes itself lonely over a suspicion. */
const LINKS_KEPT = 2;
/** Graylisted for so long, doubled each time that it happens again soon. Guess: a quarter of an hour's captured place. */
const GRAYLIST_MS = 300_000;
const GRAYLIST_MS_MAX = 3_600_000;
/** What is held against a peer halves in this time, so that it has a fair chance after its graylisting. Source: the latter. */
const FADE_MS: number = GRAYLIST_MS;
/** How often it was graylisted is remembered longer. Guess. */
const FADE_TIMES_MS = 3_600_000;

/** Nothing done yet. */
export const NONE: Deeds = {
  first: 0,
  late: 0,
  again: 0,
  shown: 0,
  hidden: 0,
  lacked: 0,
  kept: 0,
  broken: 0,
  answered: 0,
  missed: 0,
};
const DEEDS = Object.keys(NONE) as readonly (keyof Deeds)[];

export class Scores {
  readonly state: ScoresState;

  constructor(
    state: ScoresState = {
      cards: new Map(),
      dueMs: Number.POSITIVE_INFINITY,
      endedMs: Number.NEGATIVE_INFINITY,
      ended: 0,
    },
  ) {
    this.state = state;
  }

  /** When to hand in what neighbors did. */
  get deadlineMs(): number {
    return this.state.dueMs;
  }

  isDue(now: Moment): boolean {
    return now.nowMs >= this.state.dueMs;
  }

  onNeighbor(peer: PeerId, now: Moment): void {
    this.cardOf(peer, now).seen = NONE;
    this.state.dueMs = Math.min(this.state.dueMs, now.nowMs + SPELL_MS);
  }

  onNeighborGone(peer: PeerId, deeds: Deeds, isQuiet: boolean, now: Moment): void {
    const card = this.state.cards.get(peer);
    if (card?.seen === undefined) return;
    this.sample(card, deeds, isQuiet, now);
    card.seen = undefined;
  }

  /** It sent what no honest peer sends, or more than its quota. */
  onOffence(peer: PeerId, now: Moment): void {
    const card = this.cardOf(peer, now);
    card.totals.offences++;
    card.shares.behaves /= 2;
    if (valueOf(card.shares) <= GRAYLIST_AT) this.graylist(card, now);
  }

  /**
   * Take in what all neighbors did, quiet ones marked: what does not come from a link that has fallen silent is not held
   * against it twice. Returns the neighbor whose link is to be ended, if there is one.
   */
  onSpell(
    neighbors: readonly { readonly peer: PeerId; readonly deeds: Deeds; readonly isQuiet: boolean }[],
    now: Moment,
  ): PeerId | undefined {
    const { state } = this;
    state.dueMs = neighbors.length === 0 ? Number.POSITIVE_INFINITY : now.nowMs + SPELL_MS;
    let worst: { readonly peer: PeerId; readonly card: Card; readonly value: number } | undefined;
    for (const { peer, deeds, isQuiet } of neighbors) {
      const card = this.cardOf(peer, now);
      this.sample(card, deeds, isQuiet, now);
      const value = valueOf(card.shares);
      if (value <= GRAYLIST_AT && value < (worst?.value ?? Number.POSITIVE_INFINITY)) worst = { peer, card, value };
    }
    if (worst === undefined || neighbors.length <= LINKS_KEPT || now.nowMs - state.endedMs < ENDS_MS) return undefined;
    state.endedMs = now.nowMs;
    state.ended++;
    this.graylist(worst.card, now);
    return worst.peer;
  }

  /** Neither called nor taken for now. */
  isGraylisted(peer: PeerId, now: Moment): boolean {
    return (this.state.cards.get(peer)?.graylistedUntilMs ?? 0) > now.nowMs;
  }

  scoreOf(peer: PeerId, now: Moment): Score {
    const card = this.state.cards.get(peer) ?? newCard(now);
    const shares = faded(card, now);
    const because = { ...START };
    for (const aspect of ASPECTS) because[aspect] = levelOf(shares[aspect]);
    const graylistedMs = Math.max(0, card.graylistedUntilMs - now.nowMs);
    return { value: valueOf(shares), because, deeds: { ...card.totals }, graylistedMs };
  }

  /** For stats. */
  counts(now: Moment): { readonly known: number; readonly graylisted: number; readonly ended: number } {
    let graylisted = 0;
    for (const card of this.state.cards.values()) if (card.graylistedUntilMs > now.nowMs) graylisted++;
    return { known: this.state.cards.size, graylisted, ended: this.state.ended };
  }

  private sample(card: Card, deeds: Deeds, isQuiet: boolean, now: Moment): void {
    const { seen = NONE, shares, totals } = card;
    fade(card, now);
    const did = { ...NONE };
    for (const deed of DEEDS) {
      // A promise that was broken may be kept late.
      did[deed] = Math.max(0, deeds[deed] - seen[deed]);
      totals[deed] += deeds[deed] - seen[deed];
    }
    card.seen = deeds;
    move(shares, "forwards", did.shown, isQuiet ? 0 : did.hidden);
    move(shares, "keeps", did.kept, did.broken);
    move(shares, "spares", did.first + did.late, did.again);
    move(shares, "answers", did.answered, did.missed);
  }

  private graylist(card: Card, now: Moment): void {
    if (card.graylistedUntilMs > now.nowMs) return;
    const forMs = Math.min(GRAYLIST_MS_MAX, GRAYLIST_MS * 2 ** card.graylistings);
    card.graylistedUntilMs = now.nowMs + forMs;
    card.graylistings++;
  }

  private cardOf(peer: PeerId, now: Moment): Card {
    const { cards } = this.state;
    const known = cards.get(peer);
    if (known !== undefined) {
      fade(known, now);
      return known;
    }
    if (cards.size >= limits.scoresMax) this.makeRoom(now);
    const card = newCard(now);
    cards.set(peer, card);
    return card;
  }

  /** Whoever is least remarkable goes, the oldest of those first; never a neighbor or, while others are there, one that is graylisted. */
  private makeRoom(now: Moment): void {
    let [dullest, least] = [undefined as PeerId | undefined, Number.POSITIVE_INFINITY];
    for (const [peer, card] of this.state.cards) {
      if (card.seen !== undefined) continue;
      const value = card.graylistedUntilMs > now.nowMs ? 2 : Math.abs(valueOf(faded(card, now)) - valueOf(START));
      if (value < least) [dullest, least] = [peer, value];
    }
    if (dullest !== undefined) this.state.cards.delete(dullest);
  }
}

function newCard(now: Moment): Card {
  return {
    shares: { ...START },
    totals: { ...NONE, offences: 0 },
    seen: undefined,
    fadedMs: now.nowMs,
    graylistedUntilMs: 0,
    graylistings: 0,
  };
}

/** What happened in a spell is one sample, however much it was: nothing is bought by doing much at once. */
function move(shares: Card["shares"], aspect: keyof typeof GAIN, good: number, bad: number): void {
  if (good + bad > 0) shares[aspect] += GAIN[aspect] * (good / (good + bad) - shares[aspect]);
}

/** Back towards the start: in all aspects while there is no link, for then there are no new samples; offences always. */
function faded(card: Card, now: Moment): Readonly<Record<Aspect, number>> {
  const keep = 2 ** (-Math.max(0, now.nowMs - card.fadedMs) / FADE_MS);
  const shares = { ...card.shares };
  for (const aspect of ASPECTS) {
    if (card.seen === undefined || aspect === "behaves") {
      shares[aspect] = START[aspect] + (shares[aspect] - START[aspect]) * keep;
    }
  }
  return shares;
}

function fade(card: Card, now: Moment): void {
  Object.assign(card.shares, faded(card, now));
  card.graylistings *= 2 ** (-Math.max(0, now.nowMs - card.fadedMs) / FADE_TIMES_MS);
  card.fadedMs = now.nowMs;
}

function levelOf(share: number): number {
  return share >= SHARE_MIN ? (share - SHARE_MIN) / (1 - SHARE_MIN) : (share - SHARE_MIN) / SHARE_MIN;
}

function valueOf(shares: Readonly<Record<Aspect, number>>): number {
  return Math.min(...ASPECTS.map((aspect) => levelOf(shares[aspect])));
}
