/**
 * One table of descriptors is passive view, route table and source of candidates at once. For each creator it keeps
 * the freshest descriptor seen and the link by which it came, which is the first hop of a route there (AODV: a later
 * slot, or the same slot with a shorter chain, is fresher), and a second way over another link for when the first is
 * lost. Beside it, the descriptors that this peer owns: Cyclon's view proper, the only ones that may be swapped.
 */
import { limits } from "../limits.ts";
import type { Descriptor, LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import { publicKeyOf } from "../wire/base58.ts";
import type { Sample } from "../wire/frames.ts";

/** One way to a creator: whoever is at the other end of `link` had a descriptor of that slot, `chain` steps away. */
export interface Way {
  readonly link: LinkId;
  readonly slot: number;
  /** Distance to the creator along that link: transfers so far, and copies since. */
  readonly chain: number;
}

export interface Entry {
  readonly descriptor: Descriptor;
  /** The fresher one first; the second is over another link, and a hint, for its descriptor was not kept. */
  readonly ways: readonly [Way, Way?];
  /** The slot in which the creator became known. */
  readonly sinceSlot: number;
  /** Rank under a private seed: the table keeps the least, so repeating a name buys nothing (Basalt). */
  readonly rank: number;
}

export interface TableState {
  readonly entries: Map<PeerId, Entry>;
  owned: Descriptor[];
  /** By `creator/slot`, the greatest index in a chain at which we signed: what comes back with less is a trap. */
  readonly spent: Map<string, { readonly slot: number; readonly index: number }>;
  /** 16 random bytes that nobody else knows. */
  readonly rankSeed: Uint8Array;
}

export class Table {
  readonly state: TableState;
  private readonly foundation: Foundation;
  private readonly isUp: (link: LinkId) => boolean;
  /** The slot in which what had run out was dropped last: within one nothing runs out. Derived, so no part of the state. */
  private expiredSlot: number | undefined;

  constructor(
    foundation: Foundation,
    isUp: (link: LinkId) => boolean,
    state: TableState = { entries: new Map(), owned: [], spent: new Map(), rankSeed: foundation.random.bytes(16) },
  ) {
    this.foundation = foundation;
    this.isUp = isUp;
    this.state = state;
  }

  /** floor(mesh time / mint period). */
  slot(now: Moment): number {
    return Math.floor(now.meshMs / this.foundation.config.tuning.mintPeriodMs);
  }

  /** Neither expired nor from so far ahead that no clock within tolerance could have minted it. */
  isLive(descriptor: Descriptor, now: Moment): boolean {
    const { lifeSlots, mintPeriodMs } = this.foundation.config.tuning;
    const slot = this.slot(now);
    const ahead = Math.ceil(limits.skewMs / mintPeriodMs);
    return descriptor.slot > slot - lifeSlots && descriptor.slot <= slot + ahead;
  }

  get(creator: PeerId): Entry | undefined {
    return this.state.entries.get(creator);
  }

  /** Would this one be news? Asked before signatures are checked. Anything is, where the known way is lost. */
  isFresher({ creator, slot }: Descriptor, chain: number): boolean {
    const known = this.state.entries.get(creator);
    return known === undefined || !this.isUp(known.ways[0].link) || isFresher({ slot, chain }, known.ways[0]);
  }

  /** Take in a checked descriptor. Returns true when its creator was not known before. */
  learn(descriptor: Descriptor, link: LinkId, chain: number, now: Moment): boolean {
    const { self, config } = this.foundation;
    const { creator, slot } = descriptor;
    if (creator === self || !this.isLive(descriptor, now)) return false;
    const { entries } = this.state;
    const known = entries.get(creator);
    const way = { link, slot, chain };
    if (known === undefined) {
      entries.set(creator, { descriptor, ways: [way], sinceSlot: this.slot(now), rank: this.rank(creator) });
      if (entries.size > config.tuning.tableMax) this.evict();
      return entries.has(creator);
    }
    if (this.isFresher(descriptor, chain)) {
      const spare = known.ways.find((other) => other!.link !== link && this.isUp(other!.link));
      entries.set(creator, { ...known, descriptor, ways: spare === undefined ? [way] : [way, spare] });
    } else this.hint(creator, way);
    return false;
  }

  /** Somebody else knows a creator that we know better: a second way there, should the first be lost. */
  hint(creator: PeerId, way: Way): void {
    const known = this.state.entries.get(creator);
    if (known === undefined || known.ways[0].link === way.link) return;
    const [first, spare] = known.ways;
    const better = spare === undefined || spare.link === way.link || !this.isUp(spare.link) || isFresher(way, spare);
    if (better) this.state.entries.set(creator, { ...known, ways: [first, way] });
  }

  /** A way turned out to lead nowhere: the other one comes first, where there is one. */
  demote(creator: PeerId, link: LinkId): void {
    const known = this.state.entries.get(creator);
    const [first, spare] = known?.ways ?? [];
    if (known === undefined || spare === undefined || first!.link !== link) return;
    this.state.entries.set(creator, { ...known, ways: [spare, first!] });
  }

  /** Is there a way to a creator over a link that stands? */
  hasWay(creator: PeerId): boolean {
    const ways = this.state.entries.get(creator)?.ways;
    return ways !== undefined && (this.isUp(ways[0].link) || (ways[1] !== undefined && this.isUp(ways[1].link)));
  }

  /** The ways to a creator over links that stand, the better one first. */
  waysTo(creator: PeerId): readonly Way[] {
    const ways: readonly (Way | undefined)[] = this.state.entries.get(creator)?.ways ?? [];
    return ways.filter((way) => way !== undefined).filter((way) => this.isUp(way.link));
  }

  /** Up to `count` entries to show to a neighbor: by chance, and of two the fresher, which will be known for longer. */
  samples(count: number, except: PeerId, now: Moment): Sample[] {
    const live = [...this.state.entries.values()].filter(
      ({ descriptor, ways }) =>
        descriptor.creator !== except && this.isLive(descriptor, now) && this.isUp(ways[0].link),
    );
    const drawn = this.foundation.random.sample(live, 2 * count);
    return drawn
      .toSorted((a, b) => b.descriptor.slot - a.descriptor.slot)
      .slice(0, count)
      .map(sampleOf);
  }

  /** Uniform in [0, 1), and the same whenever the name comes back. */
  private rank(creator: PeerId): number {
    const key = publicKeyOf(creator);
    const bytes = new Uint8Array(16 + key.length);
    bytes.set(this.state.rankSeed);
    bytes.set(key, 16);
    const digest = this.foundation.hash(bytes);
    return ((digest[0]! * 256 + digest[1]!) * 256 + digest[2]!) / 2 ** 24;
  }

  /**
   * Creators that have been known for some slots, each once: what a sample is drawn from. A name that a cheat pushes in
   * everywhere is proved to be one before it counts here. All that are known, where none is known for so long.
   */
  seasoned(slots: number, now: Moment): readonly PeerId[] {
    const before = this.slot(now) - slots;
    const known = [...this.state.entries];
    const seasoned = known.filter(([, { sinceSlot }]) => sinceSlot <= before);
    return (seasoned.length > 0 ? seasoned : known).map(([creator]) => creator);
  }

  /** How many creators minted a known descriptor within the last few slots. */
  recent(slots: number, now: Moment): number {
    const since = this.slot(now) - slots;
    let count = 0;
    for (const { descriptor } of this.state.entries.values()) if (descriptor.slot > since) count++;
    return count;
  }

  /**
   * Take ownership: the last transfer was to us. One for each creator and slot, and none that we may have signed over
   * before: whoever gives us the same descriptor twice would have us sign twice, and look like a cheat.
   */
  own(descriptor: Descriptor, now: Moment): void {
    const { owned, spent } = this.state;
    const { creator, slot, hops } = descriptor;
    if (creator === this.foundation.self || !this.isLive(descriptor, now) || slot <= this.ownedBefore) return;
    if (owned.some((held) => held.creator === creator && held.slot === slot)) return;
    if (hops.length <= (spent.get(keyOf(descriptor))?.index ?? -1)) return;
    owned.push(descriptor);
  }

  /** Up to this slot a run before this one, under the same key, may have owned descriptors and signed them over. */
  private get ownedBefore(): number {
    const { lastMintSlot, tuning } = this.foundation.config;
    return lastMintSlot < 0 ? -1 : lastMintSlot + 1 + Math.ceil(limits.skewMs / tuning.mintPeriodMs);
  }

  /** Take `count` owned descriptors out to be swapped away, none of which was created by `except`. */
  spend(count: number, except: PeerId): Descriptor[] {
    const spendable = this.state.owned.filter(
      (descriptor) => descriptor.creator !== except && descriptor.hops.length < limits.hopsMax,
    );
    const chosen = this.foundation.random.sample(spendable, count);
    if (chosen.length > 0) this.state.owned = this.state.owned.filter((descriptor) => !chosen.includes(descriptor));
    for (const descriptor of chosen) {
      this.state.spent.set(keyOf(descriptor), { slot: descriptor.slot, index: descriptor.hops.length });
    }
    return chosen;
  }

  remove(creator: PeerId): boolean {
    this.state.owned = this.state.owned.filter((descriptor) => descriptor.creator !== creator);
    return this.state.entries.delete(creator);
  }

  /** Drop what has outlived its slots; returns the creators that are not known any more. */
  expire(now: Moment): readonly PeerId[] {
    const slotNow = this.slot(now);
    if (slotNow === this.expiredSlot) return [];
    this.expiredSlot = slotNow;
    const gone: PeerId[] = [];
    for (const [creator, entry] of this.state.entries) {
      if (!this.isLive(entry.descriptor, now)) {
        this.state.entries.delete(creator);
        gone.push(creator);
      }
    }
    this.state.owned = this.state.owned.filter((descriptor) => this.isLive(descriptor, now));
    const oldest = slotNow - this.foundation.config.tuning.lifeSlots;
    for (const [key, { slot }] of this.state.spent) if (slot < oldest) this.state.spent.delete(key);
    return gone;
  }

  private evict(): void {
    let worst: PeerId | undefined;
    let rank = -1;
    for (const [creator, entry] of this.state.entries) {
      if (entry.rank > rank) {
        rank = entry.rank;
        worst = creator;
      }
    }
    if (worst !== undefined) this.state.entries.delete(worst);
  }
}

function keyOf({ creator, slot }: Descriptor): string {
  return `${creator}/${slot}`;
}

/** An entry as others may know it: one step further away than we are. */
export function sampleOf({ descriptor, ways }: Entry): Sample {
  return { descriptor: { ...descriptor, hops: [] }, chain: ways[0].chain + 1 };
}

/** Nearer in time, or as near and by a shorter chain (AODV). */
export function isFresher(a: Omit<Way, "link">, b: Omit<Way, "link">): boolean {
  return a.slot > b.slot || (a.slot === b.slot && a.chain < b.chain);
}
