/**
 * One rumor among n sites in synchronous cycles, as Demers et al. (PODC 1987) and Karp et al. (FOCS 2000) simulate it:
 * in a cycle each site calls one other, drawn uniformly. When a site loses interest is decided by the very functions
 * that the shipped room goes by (`spreading/mongering-rules.ts` of the core).
 */
import { type MongeringRules, type Random, type Tally } from "@grapevine/protocol";
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
} from "@grapevine/protocol/models";

export interface Epidemic {
  /** Share of the sites that never received it. */
  readonly residue: number;
  /** Updates sent per site. */
  readonly traffic: number;
  /** Cycle of the receipt, mean over those who received it, the source left out; not a number when nobody did. */
  readonly tAverage: number;
  /** Cycle of the last receipt. */
  readonly tLast: number;
  /** Sites in each state at the end of each cycle, the start first. */
  readonly census: readonly Census[];
}

export interface Census {
  readonly susceptible: number;
  readonly infective: number;
  readonly removed: number;
}

/** Where nobody ever loses interest and everything is lost: an end for the run. */
const CYCLES_MAX = 10_000;

export interface MongeringOptions {
  readonly nodes: number;
  /** Share of the updates that get lost. */
  readonly loss: number;
  /** Partners compare what they hold first, and send only what is lacking: anti-entropy. */
  readonly compares: boolean;
}

export class MongeringModel {
  private readonly rules: MongeringRules;
  private readonly nodes: number;
  private readonly options: MongeringOptions;
  private readonly random: Random;
  /** Counters as at the start of the cycle; REMOVED, SUSCEPTIBLE. */
  private readonly counters: Int16Array;
  /** Greatest counter of those who told a susceptible site in this cycle, by site; SUSCEPTIBLE for none. */
  private readonly told: Int16Array;
  private readonly tallies: readonly Tally[];
  private readonly taken: Int32Array;
  private readonly order: Int32Array;
  private newly: number[] = [];
  private infective = 1;
  private removed = 0;
  private sent = 0;

  constructor(rules: MongeringRules, options: MongeringOptions, random: Random) {
    const { nodes } = options;
    this.rules = rules;
    this.nodes = nodes;
    this.options = options;
    this.random = random;
    this.counters = new Int16Array(nodes).fill(SUSCEPTIBLE);
    this.told = new Int16Array(nodes).fill(SUSCEPTIBLE);
    this.tallies = Array.from({ length: nodes }, noContacts);
    this.taken = new Int32Array(nodes);
    this.order = Int32Array.from({ length: nodes }, (_, site) => site);
  }

  /** Until nobody spreads any more, or, where nobody ever stops, until everybody knows. */
  run(): Epidemic {
    const { nodes } = this;
    this.counters[0] = 0;
    const census = [this.census()];
    let receipts = 0;
    let tLast = 0;
    for (let cycle = 1; cycle <= CYCLES_MAX && this.isAlive(); cycle++) {
      const received = this.cycle(cycle - 1);
      receipts += received * cycle;
      if (received > 0) tLast = cycle;
      census.push(this.census());
    }
    const { susceptible } = census.at(-1)!;
    return {
      residue: susceptible / nodes,
      traffic: this.sent / nodes,
      tAverage: receipts / (nodes - susceptible - 1),
      tLast,
      census,
    };
  }

  private isAlive(): boolean {
    const susceptible = this.nodes - this.infective - this.removed;
    return this.infective > 0 && (this.rules.removal !== "none" || susceptible > 0);
  }

  /** Returns how many received it. */
  private cycle(age: number): number {
    const pushing = pushes(this.rules, age);
    const pulling = pulls(this.rules, age);
    const limited = this.rules.connectionLimit > 0;
    if (limited) this.shuffle();
    for (let i = 0; i < this.nodes; i++) {
      const caller = this.order[i]!;
      const active = this.counters[caller]! >= 0;
      // Who has nothing to push has no reason to call, unless calling is how it is told.
      if (!pulling && !active) continue;
      const callee = limited ? this.acceptedBy(caller) : this.otherThan(caller);
      if (callee < 0) continue;
      if (pushing && active) this.send(caller, callee);
      if (pulling && this.counters[callee]! >= 0) this.send(callee, caller);
    }
    return this.settle();
  }

  private send(from: number, to: number): void {
    const { loss, compares } = this.options;
    const mine = this.counters[from]!;
    const theirs = this.counters[to]!;
    if (compares && theirs !== SUSCEPTIBLE) return;
    this.sent++;
    // Nobody acknowledged it, so nothing was learned from it.
    if (loss > 0 && this.random.float() < loss) return;
    tell(this.rules, mine, theirs, this.tallies[from]!);
    if (theirs !== SUSCEPTIBLE) return;
    if (this.told[to] === SUSCEPTIBLE) this.newly.push(to);
    this.told[to] = Math.max(this.told[to]!, mine);
  }

  private settle(): number {
    const { rules, counters, random } = this;
    const chance = (): number => random.float();
    for (let site = 0; site < this.nodes; site++) {
      const before = counters[site]!;
      if (before < 0) continue;
      const tally = this.tallies[site]!;
      const after = afterCycle(rules, before, tally, chance);
      counters[site] = after;
      if (after === REMOVED) {
        this.infective--;
        this.removed++;
      }
      clear(tally);
    }
    const received = this.newly.length;
    for (const site of this.newly) {
      counters[site] = firstCounter(rules, this.told[site]!);
      this.told[site] = SUSCEPTIBLE;
    }
    this.infective += received;
    this.newly = [];
    if (rules.connectionLimit > 0) this.taken.fill(0);
    return received;
  }

  /** Whoever is refused hunts for another; -1 when all of those refused as well. */
  private acceptedBy(caller: number): number {
    for (let tries = 0; tries <= this.rules.hunt; tries++) {
      const callee = this.otherThan(caller);
      if (!takes(this.rules, this.taken[callee]!)) continue;
      this.taken[callee]!++;
      return callee;
    }
    return -1;
  }

  private otherThan(site: number): number {
    const drawn = this.random.below(this.nodes - 1);
    return drawn < site ? drawn : drawn + 1;
  }

  private shuffle(): void {
    for (let i = this.nodes - 1; i > 0; i--) {
      const j = this.random.below(i + 1);
      const kept = this.order[i]!;
      this.order[i] = this.order[j]!;
      this.order[j] = kept;
    }
  }

  private census(): Census {
    const { infective, removed } = this;
    return { susceptible: this.nodes - infective - removed, infective, removed };
  }
}
