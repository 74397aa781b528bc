/**
 * What was delivered of one topic, in the order in which it was, as far as it is still retained: this is what
 * `messages({ from })` reads and what cursors point into. The core delivers in two orders, so there are two tracks: the
 * full one, from each log's beginning, and the live one, from when this peer subscribed.
 */
import type { LogId, Rumor } from "@grapevine/protocol";

export type Order = "full" | "live";

/** One rumor that was delivered. */
export interface Entry {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
}

/** A place behind a message: the rumor's position in its track, and the message's place in it. */
export interface Place {
  readonly order: Order;
  readonly position: number;
  readonly index: number;
}

interface Kept {
  readonly position: number;
  readonly entry: Entry;
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
  private readonly isForgotten: (rumor: Rumor) => boolean;

  constructor(isForgotten: (rumor: Rumor) => boolean) {
    this.isForgotten = isForgotten;
  }

  /** Returns its position, from 1. */
  append(entry: Entry): number {
    this.kept.push({ position: ++this.position, entry });
    this.bytes += entry.rumor.body.length;
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
      if (!this.isForgotten(one.entry.rumor)) yield one;
    }
  }

  /** Let go of what is forgotten. */
  sweep(): void {
    this.kept = this.kept.filter(({ entry }) => !this.isForgotten(entry.rumor));
    this.bytes = this.kept.reduce((sum, { entry }) => sum + entry.rumor.body.length, 0);
    this.sweepAtCount = Math.max(SWEEP_COUNT, 2 * this.kept.length);
    this.sweepAtBytes = Math.max(SWEEP_BYTES, 2 * this.bytes);
  }
}

export class Journal {
  readonly full: Track;
  readonly live: Track;
  /** Logs of which a prefix was forgotten: the first number that was not. */
  private readonly lows = new Map<string, number>();

  constructor() {
    const isForgotten = ({ header }: Rumor): boolean => header.seq < (this.lows.get(keyOf(header)) ?? 0);
    this.full = new Track(isForgotten);
    this.live = new Track(isForgotten);
  }

  /** Everything of this log below `below` is retained no longer. */
  forget(log: LogId, below: number): void {
    this.lows.set(keyOf(log), below);
    if (this.lows.size <= LOWS_MAX) return;
    // After a sweep nothing is left that lies below them.
    this.full.sweep();
    this.live.sweep();
    this.lows.clear();
  }
}

/** Cursors as text. `run` tells one run of the peer from another, in which positions mean something else. */
export function formatCursor(run: string, { order, position, index }: Place): string {
  return `${run}.${order === "full" ? "f" : "l"}${position}.${index}`;
}

/** Undefined for what `formatCursor` did not make; "elsewhere" for a cursor of another run. */
export function parseCursor(run: string, text: string): Place | "elsewhere" | undefined {
  const [, its, order, position, index] = /^([0-9a-z]+)\.([fl])(\d{1,15})\.(\d{1,5})$/.exec(text) ?? [];
  if (its === undefined) return undefined;
  if (its !== run) return "elsewhere";
  return { order: order === "f" ? "full" : "live", position: Number(position), index: Number(index) };
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
