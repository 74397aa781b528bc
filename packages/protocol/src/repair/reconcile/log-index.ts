/**
 * The logs of a peer as one round sees them: each under its name, which is its place in a tree of equal parts, and with
 * the version that it stands at. Two peers' logs differ where the sums of the versions of a part do; names and versions
 * are salted by the round, so no author can choose in which part its logs lie.
 */
import { mix, nameOf, settledSum } from "../fingerprint.ts";
import type { Log } from "../logs.ts";
import type { Buckets, LogName } from "../../wire/frames.ts";

const NAME_BITS = 48;
/** Bits of a part's fingerprint; a collision hides a difference for one round. Reason: with fewer, one round in 10 000 sees some. */
const PRINT_MASK = 0xff_ffff;

export class LogIndex {
  readonly size: number;
  /** In order of names. */
  readonly logs: readonly Log[];
  readonly names: Float64Array;
  /** Versions: 64 bits over tag and sum, as in the round's fingerprint. */
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;

  /** Of logs that offer anything stamped before `beforeMs` (0: at all). */
  constructor(logs: Iterable<Log>, round: number, beforeMs: number) {
    const all: { readonly log: Log; readonly name: number; readonly high: number; readonly low: number }[] = [];
    for (const log of logs) {
      const sum = settledSum(log, beforeMs);
      if (sum === undefined) continue;
      const [low, high] = [mix(round >>> 0, log.tag, sum), mix(~round >>> 0, log.tag, sum)];
      all.push({ log, name: nameOf(round, log), high, low });
    }
    all.sort((a, b) => a.name - b.name);
    this.size = all.length;
    this.logs = all.map(({ log }) => log);
    this.names = Float64Array.from(all, ({ name }) => name);
    this.highs = Uint32Array.from(all, ({ high }) => high);
    this.lows = Uint32Array.from(all, ({ low }) => low);
  }

  /** The log of a name; undefined when it is of none, or of two. */
  find(name: number): Log | undefined {
    const place = this.placeOf(name);
    if (this.names[place] !== name || this.names[place + 1] === name) return undefined;
    return this.logs[place];
  }

  /** What the log at a place is called to the other end: by its name, or in full where another has the same one. */
  callOf(place: number): LogName {
    const name = this.names[place]!;
    const isTwice = this.names[place - 1] === name || this.names[place + 1] === name;
    return isTwice ? this.logs[place]!.id : name;
  }

  /** The places of a bucket: from, up to and not including. */
  placesOf(bits: number, bucket: number): readonly [from: number, to: number] {
    const width = 2 ** (NAME_BITS - bits);
    return [this.placeOf(bucket * width), this.placeOf((bucket + 1) * width)];
  }

  /** Fingerprints of 2^bits parts of each bucket, in order; 0 for a part without logs. */
  prints({ bits: above, buckets }: Buckets, bits: number): Uint32Array {
    const parts = 2 ** bits;
    const prints = new Uint32Array(buckets.length * parts);
    const width = 2 ** (NAME_BITS - above - bits);
    for (const [i, bucket] of buckets.entries()) {
      const [from, to] = this.placesOf(above, bucket);
      for (let at = from; at < to; at++) {
        const part = Math.floor(this.names[at]! / width) - bucket * parts;
        const index = i * parts + part;
        prints[index] = (prints[index]! + this.lows[at]!) & PRINT_MASK;
      }
    }
    return prints;
  }

  private placeOf(name: number): number {
    let [from, to] = [0, this.size];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.names[middle]! < name) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
