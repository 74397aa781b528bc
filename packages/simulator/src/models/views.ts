/**
 * The partial views of a whole overlay in flat arrays: who knows whom, and how old that knowledge is. Models of one
 * protocol layer alone run on these, so that 1e5 nodes of 20 entries take 16 MB and no object.
 */
import type { Random } from "@grapevine/protocol";

/** How an overlay begins. Source: Jelasity et al. 2007 ("lattice", "random" and, for the star, "growing"). */
export type Start = "ring" | "random" | "star";

export class Views {
  readonly size: number;
  /** Places in each view. */
  readonly capacity: number;
  /** View of node i: places `i * capacity` up to `i * capacity + counts[i]`. */
  readonly ids: Int32Array;
  readonly ages: Int32Array;
  readonly counts: Int32Array;
  /** 1 for nodes that live, 0 for crashed ones, whose views say nothing any more. */
  readonly alive: Uint8Array;

  constructor(size: number, capacity: number) {
    this.size = size;
    this.capacity = capacity;
    this.ids = new Int32Array(size * capacity);
    this.ages = new Int32Array(size * capacity);
    this.counts = new Int32Array(size);
    this.alive = new Uint8Array(size).fill(1);
  }

  /** The ids in a node's view; valid until it changes. */
  of(node: number): Int32Array {
    const from = node * this.capacity;
    return this.ids.subarray(from, from + this.counts[node]!);
  }

  has(node: number, id: number): boolean {
    const from = node * this.capacity;
    const to = from + this.counts[node]!;
    for (let at = from; at < to; at++) if (this.ids[at] === id) return true;
    return false;
  }

  isFull(node: number): boolean {
    return this.counts[node] === this.capacity;
  }

  /** Into the next empty place; the caller has seen to it that there is one. */
  add(node: number, id: number, age = 0): void {
    const at = node * this.capacity + this.counts[node]!++;
    this.ids[at] = id;
    this.ages[at] = age;
  }

  /** The last entry takes the removed one's place. */
  removeAt(node: number, index: number): void {
    const last = --this.counts[node]!;
    const from = node * this.capacity;
    this.ids[from + index] = this.ids[from + last]!;
    this.ages[from + index] = this.ages[from + last]!;
  }

  /** Returns false when it was not there. */
  remove(node: number, id: number): boolean {
    const index = this.of(node).indexOf(id);
    if (index < 0) return false;
    this.removeAt(node, index);
    return true;
  }

  swap(node: number, i: number, j: number): void {
    const a = node * this.capacity + i;
    const b = node * this.capacity + j;
    const id = this.ids[a]!;
    const age = this.ages[a]!;
    this.ids[a] = this.ids[b]!;
    this.ages[a] = this.ages[b]!;
    this.ids[b] = id;
    this.ages[b] = age;
  }

  /** Brings a random choice of `count` entries to the front, those before `from` left where they are. */
  shuffleFront(node: number, from: number, count: number, random: Random): void {
    const known = this.counts[node]!;
    for (let i = from; i < count; i++) this.swap(node, i, i + random.below(known - i));
  }

  /**
   * `ring`: everybody knows the next node alone. `random`: as many others as there are places. `star`: everybody knows
   * node 0 alone, which knows others by chance.
   */
  fill(start: Start, random: Random): void {
    const { size, capacity } = this;
    const known = Math.min(capacity, size - 1);
    this.counts.fill(0);
    for (let node = 0; node < size; node++) {
      if (start === "ring") this.add(node, (node + 1) % size);
      else if (start === "star" && node > 0) this.add(node, 0);
      else {
        while (this.counts[node]! < known) {
          const other = random.below(size);
          if (other !== node && !this.has(node, other)) this.add(node, other);
        }
      }
    }
  }

  /** Crashes the given share of the living, chosen by chance; returns how many. */
  kill(share: number, random: Random): number {
    const living = livingOf(this.alive);
    const dead = Math.round(living.length * share);
    for (let i = 0; i < dead; i++) {
      const j = i + random.below(living.length - i);
      this.alive[living[j]!] = 0;
      living[j] = living[i]!;
    }
    return dead;
  }
}

export function livingOf(alive: Uint8Array): Int32Array {
  const living = new Int32Array(alive.length);
  let count = 0;
  for (let node = 0; node < alive.length; node++) if (alive[node]) living[count++] = node;
  return living.subarray(0, count);
}

/** Fisher and Yates, in place. */
export function shuffled(order: Int32Array, random: Random): Int32Array {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const other = order[i]!;
    order[i] = order[j]!;
    order[j] = other;
  }
  return order;
}
