/**
 * One table of descriptors is passive view, route table and source of candidates at once. For each creator it keeps
 * the freshest descriptor seen and the link by which it came, which is the first hop of a route there (AODV: a later
 * slot, or the same slot with a shorter chain, is fresher). Beside it, the descriptors that this peer owns: Cyclon's
 * view proper, the only ones that may be swapped.
 */
import { limits } from "../limits.ts";
import type { Descriptor, LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import type { Sample } from "../wire/frames.ts";

export interface Entry {
  readonly descriptor: Descriptor;
  readonly link: LinkId;
  /** Distance to the creator along that link: transfers so far, and copies since. */
  readonly chain: number;
  /** Chance rank under a private seed: the table keeps the least, so repeating a name buys nothing (Basalt). */
  readonly rank: number;
}

export interface TableState {
  readonly entries: Map<PeerId, Entry>;
  owned: Descriptor[];
}

export class Table {
  readonly state: TableState;
  private readonly foundation: Foundation;
  private readonly isUp: (link: LinkId) => boolean;

  constructor(
    foundation: Foundation,
    isUp: (link: LinkId) => boolean,
    state: TableState = { entries: new Map(), owned: [] },
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
  isFresher(descriptor: Descriptor, chain: number): boolean {
    const known = this.state.entries.get(descriptor.creator);
    if (known === undefined || !this.isUp(known.link)) return true;
    const { slot } = known.descriptor;
    return descriptor.slot > slot || (descriptor.slot === slot && chain < known.chain);
  }

  /** Take in a checked descriptor. Returns true when its creator was not known before. */
  learn(descriptor: Descriptor, link: LinkId, chain: number, now: Moment): boolean {
    const { self, config, random } = this.foundation;
    if (descriptor.creator === self || !this.isLive(descriptor, now)) return false;
    const { entries } = this.state;
    const known = entries.get(descriptor.creator);
    if (known !== undefined) {
      if (this.isFresher(descriptor, chain))
        entries.set(descriptor.creator, { descriptor, link, chain, rank: known.rank });
      return false;
    }
    entries.set(descriptor.creator, { descriptor, link, chain, rank: random.float() });
    if (entries.size > config.tuning.tableMax) this.evict();
    return entries.has(descriptor.creator);
  }

  /** Up to `count` entries to show to a neighbor, by chance. */
  samples(count: number, except: PeerId, now: Moment): Sample[] {
    const live = [...this.state.entries.values()].filter(
      (entry) => entry.descriptor.creator !== except && this.isLive(entry.descriptor, now) && this.isUp(entry.link),
    );
    return this.foundation.random.sample(live, count).map(sampleOf);
  }

  /** Take ownership: the last transfer was to us. One for each creator and slot. */
  own(descriptor: Descriptor, now: Moment): void {
    const { owned } = this.state;
    if (descriptor.creator === this.foundation.self || !this.isLive(descriptor, now)) return;
    if (owned.some((held) => held.creator === descriptor.creator && held.slot === descriptor.slot)) return;
    owned.push(descriptor);
  }

  /** Take `count` owned descriptors out to be swapped away, none of which was created by `except`. */
  spend(count: number, except: PeerId): Descriptor[] {
    const spendable = this.state.owned.filter(
      (descriptor) => descriptor.creator !== except && descriptor.hops.length < limits.hopsMax,
    );
    const chosen = this.foundation.random.sample(spendable, count);
    if (chosen.length > 0) this.state.owned = this.state.owned.filter((descriptor) => !chosen.includes(descriptor));
    return chosen;
  }

  remove(creator: PeerId): boolean {
    this.state.owned = this.state.owned.filter((descriptor) => descriptor.creator !== creator);
    return this.state.entries.delete(creator);
  }

  /** Drop what has outlived its slots; returns the creators that are not known any more. */
  expire(now: Moment): readonly PeerId[] {
    const gone: PeerId[] = [];
    for (const [creator, entry] of this.state.entries) {
      if (!this.isLive(entry.descriptor, now)) {
        this.state.entries.delete(creator);
        gone.push(creator);
      }
    }
    this.state.owned = this.state.owned.filter((descriptor) => this.isLive(descriptor, now));
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

/** An entry as others may know it: one step further away than we are. */
export function sampleOf(entry: Entry): Sample {
  return { descriptor: { ...entry.descriptor, hops: [] }, chain: entry.chain + 1 };
}
