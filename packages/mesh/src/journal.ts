/**
 * What was delivered of one topic, in the order in which it was, as far as it is still retained: this is what
 * `messages({ from })` reads and what cursors point into. The core delivers in two orders, so there are two tracks: the
 * full one, from each log's beginning, and the live one, from when this peer subscribed. What earlier runs delivered and
 * a store kept stands before the full one, as they delivered it, so that their cursors still mean something.
 */
import type { Delivered, LogId, Rumor } from "@grapevine/protocol";

export type Order = "full" | "live";

/** One rumor that was delivered. */
export interface Entry {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
  /** Of a large value all its rumors, in order; `rumor` is the last of them, `id` that of the first. */
  readonly parts?: readonly Rumor[];
}

/** A place behind a message: the rumor's position in its track, and the message's place in it. */
export interface Place {
  readonly order: Order;
  readonly position: number;
  readonly index: number;
}

/**
 * What a cursor says. Positions are those of one run; in another only the full order of it is known, so a place in the
 * live one comes with where the full one stood.
 */
export interface Cursor {
  readonly run: string;
  readonly place: Place;
  readonly full: Place;
}

/** The index behind every message of a rumor. */
export const ALL = 99_999;

export interface Kept {
  readonly position: number;
  readonly entry: Entry;
  /** In the live track: how far the full order had come, and whether this very rumor was the last of it. */
  readonly full: number;
  readonly both: boolean;
}

/** Forgotten rumors are swept out when the track has doubled, or so many bytes have come. Guess: 2 MiB are no burden. */
const SWEEP_BYTES = 2 * 1024 * 1024;
const SWEEP_COUNT = 256;
/** Logs whose low is remembered. Reason: authors come and go for as long as a peer lives. */
const LOWS_MAX = 1024;

export class Track {
  private kept: Kept[] = [];
  private position = 0;
  private sweepAtCount = SWEEP_COUNT;
  private bytes = 0;
  private sweepAtBytes = SWEEP_BYTES;
  private readonly isForgotten: (entry: Entry) => boolean;
  private readonly isHidden: (entry: Entry) => boolean;

  constructor(isForgotten: (entry: Entry) => boolean, isHidden: (entry: Entry) => boolean) {
    this.isForgotten = isForgotten;
    this.isHidden = isHidden;
  }

  /** Returns its position, from 1. `full` and `both` are for the live track. */
  append(entry: Entry, full = 0, both = false): number {
    this.kept.push({ position: ++this.position, entry, full, both });
    this.bytes += bytesOf(entry);
    if (this.kept.length >= this.sweepAtCount || this.bytes >= this.sweepAtBytes) this.sweep();
    return this.position;
  }

  /** Position of what was appended last; 0 for nothing. */
  get last(): number {
    return this.position;
  }

  /** What stands at or behind `position` at this call. What is forgotten until it is read is left out. */
  from(position: number): Generator<Kept> {
    // The array may grow, or be replaced by a swept one, while this one is read.
    return this.read(this.kept, firstAt(this.kept, position), this.kept.length);
  }

  private *read(kept: readonly Kept[], from: number, to: number): Generator<Kept> {
    for (let i = from; i < to; i++) {
      const one = kept[i]!;
      if (!this.isForgotten(one.entry) && !this.isHidden(one.entry)) yield one;
    }
  }

  /** Let go of what is forgotten. */
  sweep(): void {
    this.kept = this.kept.filter(({ entry }) => !this.isForgotten(entry));
    this.bytes = this.kept.reduce((sum, { entry }) => sum + bytesOf(entry), 0);
    this.sweepAtCount = Math.max(SWEEP_COUNT, 2 * this.kept.length);
    this.sweepAtBytes = Math.max(SWEEP_BYTES, 2 * this.bytes);
  }
}

/** What earlier runs delivered in the full order, by run and position. */
export class Past {
  private kept: { readonly at: Delivered; readonly entry: Entry }[] = [];
  private readonly runs = new Set<number>();
  private readonly isForgotten: (entry: Entry) => boolean;
  private readonly isHidden: (entry: Entry) => boolean;

  constructor(isForgotten: (entry: Entry) => boolean, isHidden: (entry: Entry) => boolean) {
    this.isForgotten = isForgotten;
    this.isHidden = isHidden;
  }

  /** Before anything is read. */
  set(kept: readonly { readonly at: Delivered; readonly entry: Entry }[]): void {
    this.kept = kept.toSorted((a, b) => compare(a.at, b.at));
    for (const { at } of kept) this.runs.add(at.incarnation);
  }

  /** Is anything left of what that run delivered? */
  knows(run: string): boolean {
    return this.runs.has(Number.parseInt(run, 36));
  }

  /** What stands at or behind `at`. */
  *from(at: Delivered): Generator<{ readonly at: Delivered; readonly entry: Entry }> {
    for (const one of this.kept) {
      if (compare(one.at, at) >= 0 && !this.isForgotten(one.entry) && !this.isHidden(one.entry)) yield one;
    }
  }

  sweep(): void {
    this.kept = this.kept.filter(({ entry }) => !this.isForgotten(entry));
  }
}

function compare(a: Delivered, b: Delivered): number {
  return a.incarnation - b.incarnation || a.position - b.position;
}

export class Journal {
  readonly past: Past;
  readonly full: Track;
  readonly live: Track;
  /** Logs of which a prefix was forgotten: the first number that was not. */
  private readonly lows = new Map<string, number>();
  /** Logs whose end was withdrawn: the first number of it. What lies there is not shown, and kept, for it may come back. */
  private readonly ends = new Map<string, number>();

  constructor() {
    // A large value goes with its first rumor: nobody can have it whole any more.
    const isForgotten = ({ rumor, parts = [rumor] }: Entry): boolean =>
      parts[0]!.header.seq < (this.lows.get(keyOf(rumor.header)) ?? 0);
    const isHidden = ({ rumor: { header } }: Entry): boolean =>
      this.ends.size > 0 && header.seq >= (this.ends.get(keyOf(header)) ?? Number.POSITIVE_INFINITY);
    this.past = new Past(isForgotten, isHidden);
    this.full = new Track(isForgotten, isHidden);
    this.live = new Track(isForgotten, isHidden);
  }

  /** Of this log nothing stands from `from` on. */
  withdraw(log: LogId, from: number): void {
    this.ends.set(keyOf(log), from);
  }

  /** This one stands, whatever was withdrawn before. */
  show({ header }: Rumor): void {
    // Asked for every rumor, and nearly always there is none.
    if (this.ends.size === 0) return;
    const end = this.ends.get(keyOf(header));
    if (end !== undefined && header.seq >= end) this.ends.set(keyOf(header), header.seq + 1);
  }

  /** Everything of this log below `below` is retained no longer. */
  forget(log: LogId, below: number): void {
    this.lows.set(keyOf(log), below);
    if (this.lows.size <= LOWS_MAX) return;
    // After a sweep nothing is left that lies below them.
    for (const track of [this.past, this.full, this.live]) track.sweep();
    this.lows.clear();
  }
}

/** Bytes of its rumors' bodies. */
export function bytesOf({ rumor, parts }: Entry): number {
  return parts === undefined ? rumor.body.length : parts.reduce((sum, { body }) => sum + body.length, 0);
}

/** Cursors as text. `run` tells one run of the peer from another, in which positions mean something else. */
export function formatCursor({ run, place, full }: Cursor): string {
  const { order, position, index } = place;
  const text = `${run}.${order === "full" ? "f" : "l"}${position}.${index}`;
  return order === "full" ? text : `${text}.${full.position}.${full.index}`;
}

/** Undefined for what `formatCursor` did not make. */
export function parseCursor(text: string): Cursor | undefined {
  const pattern = /^([0-9a-z]{1,11})\.(?:f|l(\d{1,15})\.(\d{1,5})\.)(\d{1,15})\.(\d{1,5})$/;
  const [, run, live, index, ...rest] = pattern.exec(text) ?? [];
  if (run === undefined) return undefined;
  const full: Place = { order: "full", position: Number(rest[0]), index: Number(rest[1]) };
  if (live === undefined) return { run, place: full, full };
  return { run, place: { order: "live", position: Number(live), index: Number(index) }, full };
}

function firstAt(kept: readonly Kept[], position: number): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (kept[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf({ author, incarnation }: Pick<LogId, "author" | "incarnation">): string {
  return `${author}/${incarnation}`;
}
