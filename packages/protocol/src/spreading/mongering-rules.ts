/**
 * The rules of rumor mongering: when a peer that spreads a rumor loses interest in it. Source: Demers et al., "Epidemic
 * algorithms for replicated database maintenance" (PODC 1987), and for the median counter Karp, Schindelhauer, Shenker
 * and Vöcking, "Randomized rumor spreading" (FOCS 2000). Nothing here but functions of what happened in a cycle, so that
 * the room that tabs run and the model that reproduces the papers' tables go by the same ones.
 *
 * A peer is susceptible (it has never heard of the rumor), infective (it spreads it) or removed (it holds it and spreads
 * it no more). An infective peer has a counter of 0 or more.
 */

import type { DIRECTIONS, MEMORIES } from "../config.ts";

export const REMOVALS = ["none", "coin", "counter", "median-counter"] as const;

export interface MongeringRules {
  /** Who is told in a contact: the one called, the caller, both; or the one called while a rumor is young, then the caller. */
  readonly direction: (typeof DIRECTIONS)[number];
  /** Does a peer lose interest by any contact (blind), or only by contacts with those who knew (feedback)? */
  readonly memory: (typeof MEMORIES)[number];
  /** With probability 1/k; after k such contacts in a row; by comparing counters with partners; or never. */
  readonly removal: (typeof REMOVALS)[number];
  readonly k: number;
  /** Of two who both know, only the one with the smaller counter counts the contact, both if they are equal. */
  readonly minimize: boolean;
  /** Calls that a peer takes in one cycle; 0 for any number. */
  readonly connectionLimit: number;
  /** Further peers that a refused caller tries in the same cycle. */
  readonly hunt: number;
  /** The age in cycles at which push-then-pull turns from push to pull. */
  readonly pushCycles: number;
}

/** In place of a counter. */
export const REMOVED = -1;
export const SUSCEPTIBLE = -2;

/** What contacts of one cycle told an infective peer about one rumor. */
export interface Tally {
  /** Partners that did not know it at the start of the cycle. */
  useful: number;
  /** Partners that knew it, as far as such a contact counts: see `tell`. */
  useless: number;
  /** For the median counter: partners whose counter was at least as great as ours, and those with a smaller one or none. */
  ahead: number;
  behind: number;
  /** One of the partners was about to stop already. */
  closing: boolean;
}

export function noContacts(): Tally {
  return { useful: 0, useless: 0, ahead: 0, behind: 0, closing: false };
}

export function clear(tally: Tally): void {
  tally.useful = 0;
  tally.useless = 0;
  tally.ahead = 0;
  tally.behind = 0;
  tally.closing = false;
}

/** Is a rumor of this age told by the caller, and by the one called? */
export function pushes({ direction, pushCycles }: MongeringRules, ageCycles: number): boolean {
  return direction === "push-then-pull" ? ageCycles < pushCycles : direction !== "pull";
}

export function pulls({ direction, pushCycles }: MongeringRules, ageCycles: number): boolean {
  return direction === "push-then-pull" ? ageCycles >= pushCycles : direction !== "push";
}

/** Does a peer that has taken so many calls in this cycle take another? */
export function takes({ connectionLimit }: MongeringRules, taken: number): boolean {
  return connectionLimit === 0 || taken < connectionLimit;
}

/**
 * An infective peer with counter `mine` told a rumor to a partner who stands at `theirs`, both as they were at the START
 * of the cycle: to hit the published tables, several who reach one susceptible peer in one cycle were all useful.
 */
export function tell(rules: MongeringRules, mine: number, theirs: number, tally: Tally): void {
  if (theirs === SUSCEPTIBLE) {
    tally.useful++;
    tally.behind++;
    return;
  }
  if (!rules.minimize || theirs === REMOVED || mine <= theirs) tally.useless++;
  if (theirs === REMOVED || theirs >= mine) tally.ahead++;
  else tally.behind++;
  if (rules.removal === "median-counter" && theirs >= rules.k) tally.closing = true;
}

/** The counter of a peer that has just been told by one who stood at `theirs`. Karp et al.: whoever hears of a rumor from one that closes, closes too. */
export function firstCounter({ removal, k }: MongeringRules, theirs: number): number {
  return removal === "median-counter" && theirs >= k ? k : 0;
}

/**
 * The counter after a cycle with these contacts, or `REMOVED`. `chance` is uniform in [0, 1). In one cycle a counter
 * moves by one at most, and one useful contact outweighs any number of useless ones (Demers et al., note to Table 3).
 */
export function afterCycle(rules: MongeringRules, counter: number, tally: Tally, chance: () => number): number {
  switch (rules.removal) {
    case "none":
      return counter;
    case "coin":
      return losesHeart(rules, tally) && chance() < 1 / rules.k ? REMOVED : counter;
    case "counter": {
      if (losesHeart(rules, tally)) return counter + 1 >= rules.k ? REMOVED : counter + 1;
      // A useful contact resets the counter; where it is blind, each contact counted above.
      return tally.useful > 0 ? 0 : counter;
    }
    case "median-counter":
      return afterMedian(rules, counter, tally);
  }
}

function losesHeart({ memory }: MongeringRules, { useful, useless }: Tally): boolean {
  return memory === "blind" ? useful + useless > 0 : useful === 0 && useless > 0;
}

/**
 * State B-m of the paper is the counter m - 1: it grows when more partners were as far or farther than not. From k on
 * it is state C: the peer goes on for k cycles, come what may, and stops.
 */
function afterMedian({ k }: MongeringRules, counter: number, { ahead, behind, closing }: Tally): number {
  if (counter >= k) return counter + 1 >= 2 * k ? REMOVED : counter + 1;
  if (closing) return k;
  return ahead > behind ? counter + 1 : counter;
}
