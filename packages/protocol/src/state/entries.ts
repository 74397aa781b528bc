/**
 * The set of entries of all maps: under each name (key and map) the newest one stands. Which one that is follows from the
 * entries and the proofs against authors alone, never from the order in which they came: for each name the newest entry
 * of each author is a maximum, the newest of those whose author is not proved to lie stands, and what limits evict is the
 * oldest of whoever holds most (a last-writer-wins element set, Shapiro et al. 2011).
 *
 * A deletion is an entry with an end. After its end it is a dormant death certificate (Demers et al. 1987): no digest names
 * it and nobody is offered it, but an older entry of its name that still turns up somewhere meets it, and goes.
 */
import { limits } from "../limits.ts";
import type { Fork, Header, PeerId, Rumor } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import { addId, newSum } from "../repair/fingerprint.ts";
import { position, same } from "../repair/ids.ts";
import type { Item } from "../repair/reconcile/item-set.ts";
import type { Held } from "./entry.ts";
import { ageKey, isAfter, nameOf, weightOf, writeInAgeKey, writeOf } from "./entry.ts";

interface AuthorEntries {
  /** Age keys of all that is held of it, oldest first. */
  readonly ages: string[];
  bytes: number;
}

export interface EntriesState {
  /** Newest first, each of another author; the first one stands. */
  readonly entries: Map<string, readonly Held[]>;
  /** Names, by the writes that are held. */
  readonly writes: Map<string, string>;
  readonly authors: Map<PeerId, AuthorEntries>;
  /** Ended, by name. */
  readonly dormant: Map<string, Held>;
  /** Authors that are proved to have told two stories, with the proof: nothing of theirs stands. */
  readonly withdrawn: Map<PeerId, Fork>;
  /** Sum of the ids of what stands. */
  readonly sum: Uint32Array;
  /** Rises with every change of what stands. */
  version: number;
  bytes: number;
  /** When entries are to be looked through for those that ended. */
  sweepDueMs: number;
  sweptMs: number;
}

/**
 * What an entry that comes would be. `newer`: it would stand. `spare`: it would be kept, behind what stands. `end`: it has ended, and
 * ends something that is held. `contest`: another one of its number is held. The rest is not worth a verification:
 * `buried`: what stood there later has ended.
 */
export type Prospect =
  | "newer"
  | "spare"
  | "end"
  | "contest"
  | "duplicate"
  | "older"
  | "buried"
  | "ended"
  | "withdrawn"
  | "full";

/** An entry with its place in the order in which sets are reconciled. */
export interface StandingEntry extends Held, Item {}

/** What stood under a name, and what does now. */
export interface Change {
  readonly name: string;
  readonly before: Held | undefined;
  readonly after: Held | undefined;
}

/** Entries are looked through for ended ones no more often than this. Reason: a walk over all. */
const SWEEP_PERIOD_MS = 1_000;
const SWEEP_PERIOD_MAX_MS = 60_000;

export class Entries {
  readonly state: EntriesState;
  private readonly foundation: Foundation;
  /** Within one input: what stood before. */
  private readonly touched = new Map<string, Held | undefined>();
  private readonly gone: Held[] = [];

  constructor(foundation: Foundation, state?: EntriesState) {
    this.foundation = foundation;
    this.state = state ?? {
      entries: new Map(),
      writes: new Map(),
      authors: new Map(),
      dormant: new Map(),
      withdrawn: new Map(),
      sum: newSum(),
      version: 0,
      bytes: 0,
      sweepDueMs: Number.POSITIVE_INFINITY,
      sweptMs: 0,
    };
  }

  get size(): number {
    return this.state.entries.size;
  }

  /** What stands under a name. */
  get(name: string): Held | undefined {
    return this.state.entries.get(name)?.[0];
  }

  /** A write that is held, whether it stands or not. */
  byWrite(write: string): Held | undefined {
    const name = this.state.writes.get(write);
    const list = name === undefined ? undefined : this.state.entries.get(name);
    return list?.find(({ rumor }) => writeOf(rumor.header) === write);
  }

  dormantAt(name: string): Held | undefined {
    return this.state.dormant.get(name);
  }

  /** The newest that is known of a name, ended or not: what a new write has to come after. */
  lastAt(name: string): Header | undefined {
    return (this.get(name) ?? this.dormantAt(name))?.rumor.header;
  }

  proofAgainst(author: PeerId): Fork | undefined {
    return this.state.withdrawn.get(author);
  }

  /** Told from header and signature, before anything costs. */
  judge(rumor: Rumor, meshMs: number): Prospect {
    const { header, signature } = rumor;
    const { state } = this;
    const { author, expiryMs } = header;
    if (state.withdrawn.has(author)) return "withdrawn";
    const held = this.byWrite(writeOf(header));
    if (held !== undefined) return same(held.rumor.signature, signature) ? "duplicate" : "contest";
    const name = nameOf(header);
    const buried = state.dormant.get(name);
    if (buried !== undefined && !isAfter(header, buried.rumor.header)) return "buried";
    const list = state.entries.get(name) ?? [];
    if (expiryMs !== 0 && expiryMs <= meshMs) {
      return list.length > 0 && isAfter(header, list[0]!.rumor.header) ? "end" : "ended";
    }
    const own = list.find((other) => other.rumor.header.author === author);
    if (own !== undefined && !isAfter(header, own.rumor.header)) return "older";
    const others = list.filter((other) => other !== own && isAfter(other.rumor.header, header)).length;
    if (others >= limits.entryAuthorsMax) return "older";
    if (this.wouldGo(rumor)) return "full";
    return others === 0 ? "newer" : "spare";
  }

  /** Take in an entry that was verified and judged `newer`, `spare` or `end`. */
  insert(held: Held, now: Moment): void {
    const { state } = this;
    const { header } = held.rumor;
    const name = nameOf(header);
    if (header.expiryMs !== 0 && header.expiryMs <= now.meshMs) return this.end(name, held, now);
    const others = (state.entries.get(name) ?? []).filter(({ rumor }) => rumor.header.author !== header.author);
    const at = others.findIndex(({ rumor }) => isAfter(header, rumor.header));
    const list = others.toSpliced(at < 0 ? others.length : at, 0, held);
    this.put(name, list.slice(0, limits.entryAuthorsMax));
    if (header.expiryMs !== 0) this.sweepBy(header.expiryMs, now);
    this.awaken(name, header);
    this.evict();
  }

  /** What an earlier run kept, in whatever order it comes. False when it has no place any more. */
  restore(held: Held, now: Moment): boolean {
    const { header } = held.rumor;
    const prospect = this.judge(held.rumor, now.meshMs);
    if (prospect === "newer" || prospect === "spare" || prospect === "end") this.insert(held, now);
    else if (prospect !== "ended") return false;
    else this.bury(nameOf(header), held, now);
    return this.byWrite(writeOf(header)) !== undefined || this.dormantAt(nameOf(header)) === held;
  }

  /** An author is proved to have told two stories: which one came first decides nothing, so nothing of it stands. */
  withdraw(fork: Fork): boolean {
    const { state } = this;
    const { author } = fork.a.header;
    if (state.withdrawn.has(author) || state.withdrawn.size >= limits.withdrawnMax) return false;
    state.withdrawn.set(author, fork);
    this.drop(author, () => true);
    return true;
  }

  /** Take out those entries of an author that may stand no more; what stood before them by others stands again. */
  drop(author: PeerId, which: (header: Header) => boolean): void {
    const { state } = this;
    for (const age of [...(state.authors.get(author)?.ages ?? [])]) {
      const name = state.writes.get(writeInAgeKey(age))!;
      const list = state.entries.get(name)!;
      this.put(
        name,
        list.filter(({ rumor: { header } }) => header.author !== author || !which(header)),
      );
    }
    for (const [name, held] of state.dormant) {
      const { header } = held.rumor;
      if (header.author === author && which(header)) this.unbury(name, held);
    }
  }

  /** What has ended goes, and is remembered. */
  sweep(now: Moment): void {
    const { state } = this;
    if (now.nowMs < state.sweepDueMs) return;
    state.sweptMs = now.nowMs;
    state.sweepDueMs = Number.POSITIVE_INFINITY;
    for (const [name, list] of [...state.entries]) {
      const at = list.findIndex(({ rumor: { header } }) => header.expiryMs !== 0 && header.expiryMs <= now.meshMs);
      // With it goes what it came after.
      if (at >= 0) this.put(name, list.slice(0, at));
      if (at === 0) this.bury(name, list[0]!, now);
      for (const { rumor } of list.slice(0, at < 0 ? list.length : at)) {
        if (rumor.header.expiryMs !== 0) this.sweepBy(rumor.header.expiryMs, now);
      }
    }
    for (const [name, held] of state.dormant) {
      const endMs = held.rumor.header.expiryMs + limits.dormantMs;
      if (endMs <= now.meshMs) this.unbury(name, held);
      else this.sweepBy(endMs, now);
    }
  }

  /** What changed since the last time, and what is held no more. */
  takeChanges(): { readonly changes: readonly Change[]; readonly gone: readonly Held[] } {
    const changes: Change[] = [];
    for (const [name, before] of this.touched) {
      const after = this.get(name);
      if (after !== before) changes.push({ name, before, after });
    }
    this.touched.clear();
    return { changes, gone: this.gone.splice(0) };
  }

  /** Everything that stands, as it is compared with others: newest first. */
  items(): StandingEntry[] {
    return Array.from(this.state.entries.values(), (list) => {
      const held = list[0]!;
      return { ...held, order: held.rumor.header.timeMs };
    });
  }

  // --- what is held -----------------------------------------------------------------------------------------------

  /** An entry that has ended takes out what came before it. */
  private end(name: string, held: Held, now: Moment): void {
    const list = this.state.entries.get(name) ?? [];
    this.put(
      name,
      list.filter(({ rumor }) => isAfter(rumor.header, held.rumor.header)),
    );
    this.bury(name, held, now);
  }

  private bury(name: string, held: Held, now: Moment): void {
    const { dormant } = this.state;
    const before = dormant.get(name);
    if (before !== undefined && isAfter(before.rumor.header, held.rumor.header)) return void this.gone.push(held);
    if (before !== undefined) this.gone.push(before);
    if (held.rumor.body.length > limits.dormantBytesMax) {
      dormant.delete(name);
      this.gone.push(held);
      return;
    }
    dormant.set(name, held);
    this.sweepBy(held.rumor.header.expiryMs + limits.dormantMs, now);
    if (dormant.size <= limits.dormantMax) return;
    // Each peer forgets others than its neighbors do, so that some go on remembering each.
    const seed = this.foundation.hash(this.foundation.config.boxKey)[0]!;
    let [furthest, most] = [name, -1];
    for (const [other, { id }] of dormant) {
      const distance = (((id[0]! ^ seed) << 16) | (id[1]! << 8) | id[2]!) >>> 0;
      if (distance > most) [furthest, most] = [other, distance];
    }
    this.unbury(furthest, dormant.get(furthest)!);
  }

  private unbury(name: string, held: Held): void {
    this.state.dormant.delete(name);
    this.gone.push(held);
  }

  /** Something newer stands: what ended there before it need not be remembered. */
  private awaken(name: string, header: Header): void {
    const buried = this.state.dormant.get(name);
    if (buried !== undefined && isAfter(header, buried.rumor.header)) this.unbury(name, buried);
  }

  /** Everything that changes what is held passes here. */
  private put(name: string, list: readonly Held[]): void {
    const { state } = this;
    const former = state.entries.get(name) ?? [];
    const [before, after] = [former[0], list[0]];
    if (!this.touched.has(name)) this.touched.set(name, before);
    for (const held of former) if (!list.includes(held)) this.release(held);
    for (const held of list) if (!former.includes(held)) this.hold(name, held);
    if (list.length > 0) state.entries.set(name, list);
    else state.entries.delete(name);
    if (before === after) return;
    state.version++;
    if (before !== undefined) addId(state.sum, before.id, -1);
    if (after !== undefined) addId(state.sum, after.id, 1);
  }

  private hold(name: string, { rumor }: Held): void {
    const { state } = this;
    const { author } = rumor.header;
    const own = state.authors.get(author) ?? { ages: [], bytes: 0 };
    const age = ageKey(rumor.header);
    own.ages.splice(position(own.ages, age), 0, age);
    own.bytes += weightOf(rumor);
    state.authors.set(author, own);
    state.bytes += weightOf(rumor);
    state.writes.set(writeOf(rumor.header), name);
  }

  private release(held: Held): void {
    const { state } = this;
    const { rumor } = held;
    const own = state.authors.get(rumor.header.author)!;
    own.ages.splice(position(own.ages, ageKey(rumor.header)), 1);
    own.bytes -= weightOf(rumor);
    if (own.ages.length === 0) state.authors.delete(rumor.header.author);
    state.bytes -= weightOf(rumor);
    state.writes.delete(writeOf(rumor.header));
    this.gone.push(held);
  }

  // --- limits -----------------------------------------------------------------------------------------------------

  private evict(): void {
    for (let author = this.excess(); author !== undefined; author = this.excess()) {
      const oldest = writeInAgeKey(this.state.authors.get(author)!.ages[0]!);
      const name = this.state.writes.get(oldest)!;
      const list = this.state.entries.get(name)!;
      // With it goes what it came after: nothing stale comes back to light.
      this.put(
        name,
        list.slice(
          0,
          list.findIndex(({ rumor }) => writeOf(rumor.header) === oldest),
        ),
      );
    }
  }

  /** Whose oldest entry has to go, if any: that of an author over its own bound, or of the one with most. */
  private excess(): PeerId | undefined {
    const { authors, bytes } = this.state;
    let most: PeerId | undefined;
    if (bytes <= limits.entriesAuthorBytesMax) return undefined;
    for (const [author, own] of authors) {
      if (own.bytes > limits.entriesAuthorBytesMax) return author;
      if (bytes > limits.entriesBytesMax && this.isLarger(author, most)) most = author;
    }
    return most;
  }

  /** Would it be the first to go? */
  private wouldGo(rumor: Rumor): boolean {
    const { authors, bytes } = this.state;
    const { author } = rumor.header;
    const own = authors.get(author);
    const weight = weightOf(rumor);
    const isOldest = own !== undefined && ageKey(rumor.header) < own.ages[0]!;
    if (!isOldest) return false;
    if (own.bytes + weight > limits.entriesAuthorBytesMax) return true;
    if (bytes + weight <= limits.entriesBytesMax) return false;
    for (const other of authors.keys()) if (this.isLarger(other, author)) return false;
    return true;
  }

  private isLarger(a: PeerId, b: PeerId | undefined): boolean {
    const { authors } = this.state;
    if (b === undefined) return true;
    const [bytesA, bytesB] = [authors.get(a)!.bytes, authors.get(b)!.bytes];
    return bytesA === bytesB ? a > b : bytesA > bytesB;
  }

  private sweepBy(atMs: number, now: Moment): void {
    const waitMs = Math.min(Math.max(0, atMs - now.meshMs), SWEEP_PERIOD_MAX_MS);
    const dueMs = Math.max(now.nowMs + waitMs, this.state.sweptMs + SWEEP_PERIOD_MS);
    this.state.sweepDueMs = Math.min(this.state.sweepDueMs, dueMs);
  }
}
