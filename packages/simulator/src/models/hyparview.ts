/**
 * HyParView (Leitao, Pereira and Rodrigues, "HyParView: a membership protocol for reliable gossip-based broadcast",
 * 2007): a small symmetric active view that is the overlay, and a larger passive one from which a lost link is replaced
 * at once. Replacing it only at the next cycle (`deferred`) leaves parts of the overlay cut off even with no failures;
 * it is here to show that.
 */
import type { Random } from "@grapevine/protocol";
import { livingOf, shuffled, Views } from "./views.ts";

export interface HyParViewOptions {
  readonly nodes: number;
  readonly active: number;
  readonly passive: number;
  /** Steps of a join's walk, and the step at which the newcomer also enters a passive view. */
  readonly activeWalk: number;
  readonly passiveWalk: number;
  /** Entries of the active and of the passive view in a shuffle. */
  readonly shuffleActive: number;
  readonly shufflePassive: number;
  /** Whom newcomers turn to: the first node, the one that joined last, or any that joined before. */
  readonly contact: "first" | "last" | "random";
  readonly repair: "immediate" | "deferred";
}

/** The paper's setting for 10 000 nodes. */
export const HYPARVIEW_DEFAULTS: Omit<HyParViewOptions, "nodes"> = {
  active: 5,
  passive: 30,
  activeWalk: 6,
  passiveWalk: 3,
  shuffleActive: 3,
  shufflePassive: 4,
  contact: "random",
  repair: "immediate",
};

export class HyParView {
  /** The active views: symmetric, but for links to the dead. */
  readonly views: Views;
  readonly passive: Views;
  private readonly options: HyParViewOptions;
  private readonly random: Random;
  /** Nodes that lost a link and have not yet looked for another. */
  private readonly wounded: number[] = [];

  constructor(options: HyParViewOptions, random: Random) {
    this.options = options;
    this.random = random;
    this.views = new Views(options.nodes, options.active);
    this.passive = new Views(options.nodes, options.passive);
  }

  /** Every node joins, one after another, with no cycle between. */
  joinAll(): void {
    for (let node = 1; node < this.views.size; node++) {
      const { contact } = this.options;
      this.join(node, contact === "first" ? 0 : contact === "last" ? node - 1 : this.random.below(node));
    }
  }

  join(newcomer: number, contact: number): void {
    const { views, options } = this;
    this.connect(contact, newcomer);
    for (const neighbor of views.of(contact).slice()) {
      if (neighbor !== newcomer) this.walk(neighbor, contact, newcomer, options.activeWalk);
    }
    this.heal();
  }

  /** A cycle of membership: find dead neighbors, replace them, shuffle passive views. */
  cycle(): void {
    for (const node of shuffled(livingOf(this.views.alive), this.random)) {
      this.dropDead(node);
      if (!this.views.isFull(node)) this.wounded.push(node);
      this.heal(true);
      this.shuffle(node);
    }
  }

  private walk(start: number, sender: number, newcomer: number, steps: number): void {
    const { views, options } = this;
    let node = start;
    let from = sender;
    for (let left = steps; ; left--) {
      const next = left === 0 || views.counts[node]! <= 1 ? -1 : this.neighborOf(node, from);
      if (next < 0) {
        if (node !== newcomer && !views.has(node, newcomer)) this.connect(node, newcomer);
        return;
      }
      if (left === options.passiveWalk) this.note(node, newcomer);
      from = node;
      node = next;
    }
  }

  /** A neighbor by chance, not `except`; -1 when there is none. */
  private neighborOf(node: number, except: number): number {
    const { views, random } = this;
    const from = node * views.capacity;
    let chosen = -1;
    let choices = 0;
    for (let at = from; at < from + views.counts[node]!; at++) {
      const id = views.ids[at]!;
      if (id !== except && views.alive[id] && random.below(++choices) === 0) chosen = id;
    }
    return chosen;
  }

  private connect(a: number, b: number): void {
    this.makeRoom(a);
    this.makeRoom(b);
    this.views.add(a, b);
    this.views.add(b, a);
    this.passive.remove(a, b);
    this.passive.remove(b, a);
  }

  private makeRoom(node: number): void {
    const { views } = this;
    if (!views.isFull(node)) return;
    const dropped = views.of(node)[this.random.below(views.capacity)]!;
    views.remove(node, dropped);
    if (!views.alive[dropped]) return;
    views.remove(dropped, node);
    this.note(node, dropped);
    this.note(dropped, node);
    this.wounded.push(dropped);
  }

  /** Into the passive view, in place of any entry, or first of one that was just sent away. */
  private note(node: number, id: number, sent?: number[]): void {
    const { passive, random } = this;
    if (id === node || this.views.has(node, id) || passive.has(node, id)) return;
    if (passive.isFull(node)) {
      let gone = sent?.pop();
      while (gone !== undefined && !passive.remove(node, gone)) gone = sent?.pop();
      if (gone === undefined) passive.removeAt(node, random.below(passive.capacity));
    }
    passive.add(node, id);
  }

  private dropDead(node: number): void {
    const { views } = this;
    for (let i = views.counts[node]! - 1; i >= 0; i--) {
      if (!views.alive[views.of(node)[i]!]) views.removeAt(node, i);
    }
  }

  private heal(late = false): void {
    if (this.options.repair === "deferred" && !late) {
      this.wounded.length = 0;
      return;
    }
    for (let node = this.wounded.pop(); node !== undefined; node = this.wounded.pop()) this.repair(node);
  }

  /** Ask the passive view's nodes, in random order, to become neighbors; only one with no link at all is never refused. */
  private repair(node: number): void {
    const { views, passive, random } = this;
    passive.shuffleFront(node, 0, passive.counts[node]!, random);
    for (const candidate of passive.of(node).slice()) {
      if (views.isFull(node)) return;
      if (!views.alive[candidate]) {
        passive.remove(node, candidate);
        continue;
      }
      if (views.has(node, candidate)) continue;
      this.dropDead(candidate);
      if (views.counts[node] === 0 || !views.isFull(candidate)) this.connect(node, candidate);
    }
  }

  private shuffle(node: number): void {
    const { views, passive, options, random } = this;
    if (views.counts[node] === 0) return;
    let from = node;
    let target = this.neighborOf(node, -1);
    for (let left = options.activeWalk; left > 0 && target >= 0 && views.counts[target]! > 1; left--) {
      const next = this.neighborOf(target, from);
      if (next < 0) break;
      from = target;
      target = next;
    }
    if (target < 0 || target === node) return;
    const actives = random.sample([...views.of(node)], options.shuffleActive);
    passive.shuffleFront(node, 0, Math.min(options.shufflePassive, passive.counts[node]!), random);
    const passives = [...passive.of(node).subarray(0, options.shufflePassive)];
    const list = [node, ...actives, ...passives];
    passive.shuffleFront(target, 0, Math.min(list.length, passive.counts[target]!), random);
    const answer = [...passive.of(target).subarray(0, list.length)];
    const given = answer.slice();
    for (const id of list) this.note(target, id, given);
    for (const id of answer) this.note(node, id, passives);
  }
}
