/**
 * The profiles of all members: of each author the greatest version, until it expires. What is held is a function of what
 * came, in any order: a lesser version never takes a greater one's place, and when there are too many, the one that was signed
 * longest ago goes, which its author, if it is there still, has renewed elsewhere.
 */
import { limits } from "../limits.ts";
import type { Foundation, Moment } from "../room.ts";
import type { Header, PeerId, Rumor } from "../types.ts";
import { mix, tagOf } from "../repair/fingerprint.ts";
import { compareVersions } from "./profile.ts";

export interface HeldProfile {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
  /** 64 bits of its author's hash, and 64 of its id: what names and sums are made of. */
  readonly tag: Uint32Array;
  readonly print: Uint32Array;
  /** Versions that may come of this author now, and as of when. */
  readonly room: number;
  readonly roomMs: number;
}

export interface ProfileTableState {
  readonly profiles: Map<PeerId, HeldProfile>;
  /** When to look for what has expired; Infinity when none is held. */
  sweepDueMs: number;
}

/** `"same"`: of the version that is held. `"often"`: its author speaks more often than anybody may. */
export type Prospect = "newer" | "same" | "older" | "often";

/** A profile under the name that it has in one round. */
export interface Named {
  /** 48 bits, evenly spread, that nobody can foretell. */
  readonly name: number;
  readonly held: HeldProfile;
}

const NAME_BITS = 48;

export class ProfileTable {
  readonly state: ProfileTableState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: ProfileTableState) {
    this.foundation = foundation;
    this.state = state ?? { profiles: new Map(), sweepDueMs: Number.POSITIVE_INFINITY };
  }

  get size(): number {
    return this.state.profiles.size;
  }

  get(author: PeerId): HeldProfile | undefined {
    return this.state.profiles.get(author);
  }

  judge(header: Header, { nowMs, meshMs }: Moment): Prospect {
    if (header.expiryMs <= meshMs) return "older";
    const held = this.get(header.author);
    if (held === undefined) return this.size < limits.profilesMax || isAfter(header, this.oldest) ? "newer" : "older";
    const by = compareVersions(header, held.rumor.header);
    if (by <= 0) return by < 0 ? "older" : "same";
    return header.author === this.foundation.self || roomOf(held, nowMs) >= 1 ? "newer" : "often";
  }

  /** A newer one. Returns whoever has none any more for it. */
  insert(rumor: Rumor, id: Uint8Array, hops: number, { nowMs, meshMs }: Moment): PeerId | undefined {
    const { state } = this;
    const { author, expiryMs } = rumor.header;
    const before = this.get(author);
    const words = new DataView(id.buffer, id.byteOffset);
    state.profiles.set(author, {
      rumor,
      id,
      hops,
      tag: before?.tag ?? tagOf(this.foundation.hash, author),
      print: Uint32Array.of(words.getUint32(0), words.getUint32(4)),
      room: (before === undefined ? limits.profileBurst : roomOf(before, nowMs)) - 1,
      roomMs: nowMs,
    });
    state.sweepDueMs = Math.min(state.sweepDueMs, nowMs + expiryMs - meshMs);
    if (state.profiles.size <= limits.profilesMax) return undefined;
    const gone = this.oldest.author;
    state.profiles.delete(gone);
    return gone;
  }

  /** Drop what is over, and what `isOut` says. Returns whose it was. */
  sweep({ nowMs, meshMs }: Moment, isOut: (author: PeerId) => boolean): PeerId[] {
    const { state } = this;
    const gone: PeerId[] = [];
    state.sweepDueMs = Number.POSITIVE_INFINITY;
    for (const [author, { rumor }] of state.profiles) {
      const { expiryMs } = rumor.header;
      if (expiryMs <= meshMs || isOut(author)) {
        state.profiles.delete(author);
        gone.push(author);
      } else state.sweepDueMs = Math.min(state.sweepDueMs, nowMs + expiryMs - meshMs);
    }
    return gone;
  }

  /** All that is held, in the order of their names in this round. */
  named(round: number): Named[] {
    const seed = ~round >>> 0;
    return [...this.state.profiles.values()]
      .map((held) => ({ name: (mix(seed, held.tag) & 0xffff) * 0x1_0000_0000 + mix(round, held.tag), held }))
      .toSorted((a, b) => a.name - b.name);
  }

  private get oldest(): Header {
    let oldest: Header | undefined;
    for (const { rumor } of this.state.profiles.values()) {
      if (oldest === undefined || isAfter(oldest, rumor.header)) oldest = rumor.header;
    }
    return oldest!;
  }
}

/** In which of 2^bits equal parts of all names this one lies. */
export function partOf(name: number, bits: number): number {
  return Math.floor(name / 2 ** (NAME_BITS - bits));
}

/** A sum over what is held in each of 2^bits parts: equal when the profiles are, and worth nothing in another round. */
export function printsOf(all: readonly Named[], round: number, bits: number): Uint32Array {
  const prints = new Uint32Array(2 ** bits);
  for (const { name, held } of all) {
    const part = partOf(name, bits);
    prints[part] = prints[part]! + mix(round, held.tag, held.print);
  }
  return prints;
}

function isAfter(a: Header, b: Header): boolean {
  return a.timeMs === b.timeMs ? a.author > b.author : a.timeMs > b.timeMs;
}

function roomOf({ room, roomMs }: HeldProfile, nowMs: number): number {
  return Math.min(limits.profileBurst, room + (nowMs - roomMs) / limits.profilePaceMs);
}
