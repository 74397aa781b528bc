/**
 * What one peer remembers of the descriptors that passed it: each with its chain, for as long as it is good, to be held
 * against others of the same creator and slot (SecureCyclon's cross-check); and its table of creators, kept by a
 * private rank as in Basalt, so that repeating a name buys nothing.
 */
import type { Random } from "@grapevine/protocol";
import { type Descriptor, forkerOf } from "./descriptor-stock.ts";
import { hash4 } from "./hash4.ts";

interface Entry {
  slot: number;
  /** The cycle in which the creator came into the table. */
  readonly since: number;
  readonly rank: number;
}

/** What was minted in one slot. */
class Vintage {
  readonly seen: Descriptor[] = [];
  /** Where in `seen` each creator's lies. */
  readonly places: Map<number, number> = new Map();
  /** What this peer has owned: creators, each with the length of its chain then. */
  readonly owned: Set<number> = new Set();
}

/** A descriptor that comes back has a longer chain than before. */
function hopOf({ creator, chain }: Descriptor): number {
  return creator * 256 + chain.length;
}

export class Memory {
  /** By creator. */
  readonly table: Map<number, Entry> = new Map();
  private readonly self: number;
  private readonly tableMax: number;
  /** By slot. */
  private readonly vintages = new Map<number, Vintage>();
  /** The greatest rank in a full table. */
  private worst: { readonly creator: number; readonly rank: number } | undefined;

  constructor(self: number, tableMax: number) {
    this.self = self;
    this.tableMax = tableMax;
  }

  /** Whoever takes the same transfer twice, and hands both on, has forked the chain: a trap. */
  hasOwned(descriptor: Descriptor): boolean {
    return this.vintages.get(descriptor.slot)?.owned.has(hopOf(descriptor)) === true;
  }

  own(descriptor: Descriptor): void {
    this.vintage(descriptor.slot).owned.add(hopOf(descriptor));
  }

  /** Returns who has forked a chain, when this descriptor and one that was seen before prove it. */
  see(descriptor: Descriptor, cycle: number): number | undefined {
    const { creator, slot, chain } = descriptor;
    const { seen, places } = this.vintage(slot);
    const place = places.get(creator);
    if (place === undefined) {
      places.set(creator, seen.length);
      seen.push(descriptor);
      this.note(descriptor, cycle);
      return undefined;
    }
    const before = seen[place]!;
    const forker = forkerOf(before.chain, chain);
    if (forker === undefined && chain.length > before.chain.length) seen[place] = descriptor;
    return forker;
  }

  /** Up to `count` of what was seen, by chance. */
  samples(count: number, random: Random): readonly Descriptor[] {
    let size = 0;
    for (const { seen } of this.vintages.values()) size += seen.length;
    const chosen = new Set<Descriptor>();
    while (chosen.size < Math.min(count, size)) {
      let left = random.below(size);
      for (const { seen } of this.vintages.values()) {
        if (left < seen.length) {
          chosen.add(seen[left]!);
          break;
        }
        left -= seen.length;
      }
    }
    return [...chosen];
  }

  /** Time passes: what was minted before slot `oldest` is forgotten. */
  forget(oldest: number): void {
    for (const slot of this.vintages.keys()) if (slot < oldest) this.vintages.delete(slot);
    for (const [creator, { slot }] of this.table) if (slot < oldest) this.drop(creator);
  }

  /** A conviction: what the convicted have minted or handed on counts for nothing. */
  purge(isVoid: (descriptor: Descriptor) => boolean, isConvicted: (creator: number) => boolean): void {
    for (const { seen, places } of this.vintages.values()) {
      for (let i = seen.length - 1; i >= 0; i--) {
        if (!isVoid(seen[i]!)) continue;
        places.delete(seen[i]!.creator);
        const last = seen.pop()!;
        if (i === seen.length) continue;
        seen[i] = last;
        places.set(last.creator, i);
      }
    }
    for (const creator of this.table.keys()) if (isConvicted(creator)) this.drop(creator);
  }

  private vintage(slot: number): Vintage {
    let vintage = this.vintages.get(slot);
    if (vintage === undefined) {
      vintage = new Vintage();
      this.vintages.set(slot, vintage);
    }
    return vintage;
  }

  private note({ creator, slot }: Descriptor, cycle: number): void {
    const { table, tableMax } = this;
    const known = table.get(creator);
    if (known !== undefined) {
      known.slot = Math.max(known.slot, slot);
      return;
    }
    const rank = hash4(7, this.self, creator, 0);
    if (table.size >= tableMax) {
      this.worst ??= this.worstOf();
      if (rank > this.worst.rank) return;
      this.drop(this.worst.creator);
    }
    table.set(creator, { slot, since: cycle, rank });
  }

  private drop(creator: number): void {
    this.table.delete(creator);
    if (creator === this.worst?.creator || this.table.size < this.tableMax) this.worst = undefined;
  }

  private worstOf(): { readonly creator: number; readonly rank: number } {
    let worst = { creator: -1, rank: -1 };
    for (const [creator, { rank }] of this.table) if (rank > worst.rank) worst = { creator, rank };
    return worst;
  }
}
