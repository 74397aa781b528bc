/**
 * A sorted set of items that two peers compare: anything with a place in an order and an id of 8 to 32 bytes, such as
 * rumors by their stamps, or the entries of a replicated map. The set is a snapshot under one session's salt: each item
 * has a short id of 64 bits, which nobody but the two ends can foretell, and prefix sums of them make the fingerprint of
 * any range cost two subtractions (Meyer 2023). Greatest order first, so that a budget cuts off what is old.
 *
 * To reconcile two sets: both ends make an `ItemSet` with one salt, one of them sends `RangeReconciler.open()`, and each
 * answers what it receives with `answer()` until there is nothing left to say (`range-reconciler.ts`; on the wire,
 * `wire/reconcile-codec.ts`). What comes of it are our items that the other lacks, and the short ids of what we lack.
 */
import type { Salt } from "./keyed-hash.ts";
import { KeyedHash, toWords } from "./keyed-hash.ts";

export interface Item {
  /** Where it stands: a whole number, such as milliseconds. Both ends know it of every item that they hold. */
  readonly order: number;
  /** 8 to 32 bytes, of which the first 16 count. */
  readonly id: Uint8Array;
}

/** A place between items: before all of this order whose short id is not less. */
export interface Bound {
  readonly order: number;
  readonly high: number;
  readonly low: number;
}

/** Bytes of an id that enter its short id. Reason: nobody finds two ids alike in 128 bits. */
const ID_BYTES = 16;

export class ItemSet<T extends Item = Item> {
  readonly size: number;
  readonly items: readonly T[];
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
  /** Sums over everything before each place, both modulo 2^32. */
  private readonly sumHighs: Uint32Array;
  private readonly sumLows: Uint32Array;
  private places: Map<number, number> | undefined;

  /** Takes O(n log n), or O(n) when items come nearly in order. */
  constructor(items: Iterable<T>, salt: Salt) {
    const all = [...items];
    this.size = all.length;
    const hash = new KeyedHash(salt);
    const words = [new Uint32Array(ID_BYTES / 8), new Uint32Array(ID_BYTES / 4)] as const;
    const [highs, lows] = [new Uint32Array(this.size), new Uint32Array(this.size)];
    for (let i = 0; i < all.length; i++) {
      const { id } = all[i]!;
      const part = id.length < ID_BYTES ? words[0] : words[1];
      toWords(id, part);
      hash.words(part);
      highs[i] = hash.high;
      lows[i] = hash.low;
    }
    const turn = Uint32Array.from(all, (_, i) => i);
    turn.sort((a, b) => all[b]!.order - all[a]!.order || highs[a]! - highs[b]! || lows[a]! - lows[b]!);
    this.items = Array.from(turn, (i) => all[i]!);
    this.highs = turn.map((i) => highs[i]!);
    this.lows = turn.map((i) => lows[i]!);
    this.sumHighs = sums(this.highs);
    this.sumLows = sums(this.lows);
  }

  /** The fingerprint of the items from place `from` up to, not including, place `to`. */
  print(from: number, to: number): { readonly high: number; readonly low: number } {
    return {
      high: (this.sumHighs[to]! - this.sumHighs[from]!) >>> 0,
      low: (this.sumLows[to]! - this.sumLows[from]!) >>> 0,
    };
  }

  /** Short ids from place `from` up to, not including, place `to`: high word, low word, and so on. */
  shortIds(from: number, to: number): Uint32Array {
    const ids = new Uint32Array(2 * (to - from));
    for (let at = from; at < to; at++) {
      ids[2 * (at - from)] = this.highs[at]!;
      ids[2 * (at - from) + 1] = this.lows[at]!;
    }
    return ids;
  }

  /** The first place at or behind a bound; undefined stands for the end of everything. */
  placeOf(bound: Bound | undefined): number {
    if (bound === undefined) return this.size;
    let [from, to] = [0, this.size];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.isBefore(middle, bound)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The least bound that stands behind the item before `place` and not behind the one at it. */
  boundAt(place: number): Bound {
    const { order } = this.items[place]!;
    if (place === 0 || this.items[place - 1]!.order !== order) return { order, high: 0, low: 0 };
    const [high, low] = [this.highs[place]!, this.lows[place]!];
    for (let bytes = 1; bytes < 8; bytes++) {
      const bound = { order, high: cut(high, bytes), low: cut(low, bytes - 4) };
      if (this.isBefore(place - 1, bound)) return bound;
    }
    return { order, high, low };
  }

  /** The item of a short id, if it is ours. */
  find(high: number, low: number): T | undefined {
    this.places ??= new Map(this.items.map((_, place) => [shortKey(this.highs[place]!, this.lows[place]!), place]));
    const place = this.places.get(shortKey(high, low));
    return place === undefined || this.lows[place] !== low || this.highs[place] !== high
      ? undefined
      : this.items[place];
  }

  private isBefore(place: number, bound: Bound): boolean {
    const [order, high] = [this.items[place]!.order, this.highs[place]!];
    if (order !== bound.order) return order > bound.order;
    return high < bound.high || (high === bound.high && this.lows[place]! < bound.low);
  }
}

/** The first bytes of a word, at most four; the rest zero. */
function cut(word: number, bytes: number): number {
  if (bytes >= 4) return word;
  return bytes <= 0 ? 0 : (word & (0xffffffff << (32 - 8 * bytes))) >>> 0;
}

/** 53 bits of a short id, as one number. */
export function shortKey(high: number, low: number): number {
  return (high >>> 11) * 0x1_0000_0000 + low;
}

function sums(words: Uint32Array): Uint32Array {
  const out = new Uint32Array(words.length + 1);
  for (let i = 0; i < words.length; i++) out[i + 1] = out[i]! + words[i]!;
  return out;
}
