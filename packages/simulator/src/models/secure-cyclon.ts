/**
 * Cyclon's shuffle on descriptors that are owned (SecureCyclon, Antonov and Voulgaris 2023), over live links, where
 * everybody keeps the rules: one mint a slot, swaps one for one. Without chains, which nobody has to prove here
 * (`secure-hub.ts` has them), 1e5 nodes fit. What is measured are the owned descriptors; the links below turn slowly.
 */
import type { Random } from "@grapevine/protocol";
import { livingOf, shuffled, type Start, Views } from "./views.ts";

export interface SecureCyclonOptions {
  readonly nodes: number;
  /** Slots that a descriptor lives after the one in which it was minted: a view's worth. */
  readonly life: number;
  readonly swap: number;
  /** Calls that each node makes; as many come in, on average. */
  readonly calls: number;
  /** Each node makes one of its calls anew once in so many cycles. */
  readonly turnCycles: number;
  /** Whom they call at first: the next ones, anybody, or node 0 and the next ones. */
  readonly start: Start;
}

export const SECURE_CYCLON_DEFAULTS: Omit<SecureCyclonOptions, "nodes"> = {
  life: 20,
  swap: 3,
  calls: 4,
  turnCycles: 30,
  start: "random",
};

/** Nobody chose how many callers it has: Poisson, with a mean of `calls`. A place for each that can be expected. */
const CALLERS_MAX = 16;
/** Owned descriptors scatter about `life` + 1; the rest of a swap that finds no place is lost. */
const OWNED_PER_LIFE = 4;

export class SecureCyclon {
  /** Owned descriptors: their creators, and their slots as ages. */
  readonly views: Views;
  /** Nodes called, and callers. */
  private readonly calls: Views;
  private readonly callers: Views;
  private readonly options: SecureCyclonOptions;
  private readonly random: Random;
  private cycles = 0;

  constructor(options: SecureCyclonOptions, random: Random) {
    const { nodes, life, calls } = options;
    this.options = options;
    this.random = random;
    this.views = new Views(nodes, life * OWNED_PER_LIFE);
    this.calls = new Views(nodes, calls);
    this.callers = new Views(nodes, CALLERS_MAX);
    for (let node = 0; node < nodes; node++) this.callFirst(node);
  }

  private callFirst(node: number): void {
    const { start, nodes, calls } = this.options;
    if (start === "star" && node > 0) this.link(node, 0);
    for (let next = 1; start !== "random" && next <= calls && !this.calls.isFull(node); next++) {
      const callee = (node + next) % nodes;
      if (callee !== node && !this.calls.has(node, callee)) this.link(node, callee);
    }
    while (start === "random" && !this.calls.isFull(node)) if (!this.call(node)) return;
  }

  /** A hub knows only so many of its callers, and they know it all the same. */
  private link(caller: number, callee: number): void {
    this.calls.add(caller, callee);
    if (!this.callers.isFull(callee)) this.callers.add(callee, caller);
  }

  cycle(): void {
    const { views, options } = this;
    this.cycles++;
    const living = livingOf(views.alive);
    for (const node of living) this.expire(node);
    for (const node of shuffled(living, this.random)) {
      if ((node + this.cycles) % options.turnCycles === 0) this.turn(node);
      this.shuffle(node);
    }
  }

  private expire(node: number): void {
    const { views, options } = this;
    const from = node * views.capacity;
    for (let i = views.counts[node]! - 1; i >= 0; i--) {
      if (++views.ages[from + i]! > options.life) views.removeAt(node, i);
    }
  }

  private shuffle(node: number): void {
    const { views, options } = this;
    const partner = this.neighborOf(node);
    if (partner < 0) return;
    const given = this.spend(node, options.swap - 1, partner);
    const returned = this.spend(partner, given.length / 2 + 1, node);
    if (!views.isFull(partner)) views.add(partner, node, 0);
    this.take(partner, given);
    this.take(node, returned);
  }

  /** A living neighbor by chance, -1 for none. */
  private neighborOf(node: number): number {
    const { calls, callers, views, random } = this;
    let chosen = -1;
    let choices = 0;
    for (const links of [calls, callers]) {
      for (let i = 0; i < links.counts[node]!; i++) {
        const id = links.ids[node * links.capacity + i]!;
        if (views.alive[id] && random.below(++choices) === 0) chosen = id;
      }
    }
    return chosen;
  }

  /** Takes out up to `count`, none minted by `except`; ids and ages in turn. */
  private spend(node: number, count: number, except: number): number[] {
    const { views, random } = this;
    const from = node * views.capacity;
    const spent: number[] = [];
    for (let tries = 0; tries < 2 * count && spent.length < 2 * count && views.counts[node]! > 0; tries++) {
      const i = random.below(views.counts[node]!);
      if (views.ids[from + i] === except) continue;
      spent.push(views.ids[from + i]!, views.ages[from + i]!);
      views.removeAt(node, i);
    }
    return spent;
  }

  /** A creator has no use for its own. */
  private take(node: number, parcel: readonly number[]): void {
    const { views } = this;
    for (let i = 0; i < parcel.length; i += 2) {
      if (parcel[i] !== node && !views.isFull(node)) views.add(node, parcel[i]!, parcel[i + 1]);
    }
  }

  /** The oldest call gives way to a new one. */
  private turn(node: number): void {
    const { calls, callers } = this;
    const old = calls.counts[node]! > 0 ? calls.ids[node * calls.capacity]! : -1;
    if (old >= 0) {
      callers.remove(old, node);
      calls.removeAt(node, 0);
    }
    this.call(node);
  }

  private call(node: number): boolean {
    const { calls, callers, random, views } = this;
    for (let tries = 0; tries < 50; tries++) {
      const callee = random.below(calls.size);
      const unfit = callee === node || !views.alive[callee] || calls.has(node, callee) || callers.isFull(callee);
      if (unfit) continue;
      this.link(node, callee);
      return true;
    }
    return false;
  }
}
