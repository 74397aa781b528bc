/**
 * What two peers that differ say to each other until both know in which logs: range-based set reconciliation (Meyer 2023)
 * over logs ordered by their salted names, so that ranges are equal parts and need no bounds. Then ranges of numbers tell
 * what is lacking, which no sketch can beat: a hole costs three bytes.
 *
 * The simple way, all logs by name, is taken where there are few, or where one end has none. Else the parts are compared;
 * from how many differ follows how many logs do, and so whether to compare smaller parts or to send coded symbols of all
 * versions. Everything here is a function of what a peer holds and of the other's last words.
 */
import { limits } from "../../limits.ts";
import type { Range } from "../../types.ts";
import type { Buckets, Covers, LogHave, ReconcilePart } from "../../wire/frames.ts";
import type { Log } from "../logs.ts";
import { logKey, offered } from "../logs.ts";
import { clip, subtract } from "../ranges.ts";
import type { CodedSymbols } from "./coded-symbols.ts";
import { decodeSymbols, encodeSymbols, symbolsFor } from "./coded-symbols.ts";
import { shortKey } from "./item-set.ts";
import type { LogIndex } from "./log-index.ts";

export type Saying =
  | { readonly kind: "reconcile"; readonly part: ReconcilePart }
  | { readonly kind: "have"; readonly covers: Covers; readonly logs: readonly LogHave[] };

/** What came of a page of the other end's logs. */
export interface Match {
  /** What of ours it lacks, to be told; undefined for nothing. */
  readonly lacks: Saying | undefined;
  /** Logs of which some stand at other versions, though all have the same rumors by number. */
  readonly suspect: readonly Log[];
}

/** Up to this many logs are told at once. Guess: some 60 B each, about what two more messages would cost. */
const FEW = 8;
/** Logs in a part of the first fingerprints, and at most so many parts. Guess: one difference then costs some 100 B. */
const PART_LOGS = 16;
const PARTS_MAX = 128;
/** A part of no more logs, on average, is told rather than cut. */
const LEAF_LOGS = 2;
const PRINT_BYTES = 3;
const SYMBOL_BYTES = 13.5;
const VERSION_BYTES = 8;
/** Source: the grammar of `have`. */
const NAMED_BYTES = 9;
const FULL_BYTES = 57;
const RANGE_BYTES = 3;

/** Logs that did not change and share a part with one that did, for each of these. */
const SPARE_SHARE = 0.6;

const WHOLE: Buckets = { bits: 0, buckets: [0] };

/** The first words of whoever got a digest that differs. `theirs`: how many logs the other end has. */
export function open(index: LogIndex, theirs: number): Saying | undefined {
  if (index.size <= FEW || theirs === 0) return tell(index, theirs === 0 ? "none" : "all");
  return prints(index, WHOLE, theirs <= FEW ? 0 : bitsFor(index.size / PART_LOGS, PARTS_MAX));
}

/** The answer to fingerprints, symbols or names; undefined when there is nothing to say. */
export function answer(index: LogIndex, part: ReconcilePart): Saying | undefined {
  if (part.step === "prints") return compare(index, part);
  if (part.step === "symbols") return decode(index, part.symbols);
  const logs = newestFirst(part.names.flatMap((name) => index.find(name) ?? []));
  return have(
    { kind: "none" },
    logs.map((log) => ({ bucket: 0, logs: [fullOf(log, offered(log))] })),
  );
}

/** A page of theirs: what of ours they lack. `theirs`: by log, as far as we know these. */
export function match(
  index: LogIndex,
  covers: Covers,
  theirs: ReadonlyMap<Log, Pick<LogHave, "low" | "ranges">>,
): Match {
  const lacks: LogHave[] = [];
  const suspect: Log[] = [];
  for (const group of covered(index, covers)) {
    const equal: Log[] = [];
    let isExplained = false;
    for (const [place, log] of newestOf(index, group)) {
      const ranges = theirs.get(log);
      const ours = offered(log);
      if (ranges === undefined) lacks.push(fullOf(log, ours));
      else {
        // Of a page that could not name all ranges nothing is known beyond the last.
        const end = ranges.ranges.length >= limits.rangesMax ? ranges.ranges.at(-1)![1] : Number.MAX_SAFE_INTEGER;
        const more = subtract(clip(ours, ranges.low, end), ranges.ranges).slice(0, limits.rangesMax);
        if (more.length > 0) lacks.push({ log: index.callOf(place), low: log.low, ranges: more });
        else if (same(ranges.ranges, ours)) {
          equal.push(log);
          continue;
        }
      }
      isExplained = true;
    }
    if (!isExplained) suspect.push(...equal);
  }
  const units = lacks.filter(({ ranges }) => ranges.length > 0).map((one) => ({ bucket: 0, logs: [one] }));
  return { lacks: units.length === 0 ? undefined : have({ kind: "none" }, units), suspect };
}

function same(a: readonly Range[], b: readonly Range[]): boolean {
  return a.length === b.length && a.every(([from, to], i) => from === b[i]![0] && to === b[i]![1]);
}

function compare(index: LogIndex, part: ReconcilePart & { readonly step: "prints" }): Saying | undefined {
  const { within, size } = part;
  const mine = index.prints(within, part.bits);
  const bits = within.bits + part.bits;
  const differing: number[] = [];
  const empty = new Set<number>();
  for (let i = 0; i < mine.length; i++) {
    if (mine[i] === part.prints[i]) continue;
    const bucket = within.buckets[i >>> part.bits]! * 2 ** part.bits + (i & (2 ** part.bits - 1));
    differing.push(bucket);
    if (part.prints[i] === 0) empty.add(bucket);
  }
  if (differing.length === 0) return undefined;
  if (index.size <= FEW) return tell(index, "all");
  const load = Math.max(size, index.size) / 2 ** bits;
  if (load <= LEAF_LOGS || bits >= limits.bucketBitsMax) return leaf(index, bits, differing, empty);
  const more = Math.min(bitsFor(load, limits.printsMax), limits.bucketBitsMax - bits);
  const cut = differing.slice(0, Math.max(1, Math.floor(limits.printsMax / 2 ** more)));
  // From the share of parts that differ follows how many logs do (linear counting, Whang et al. 1990).
  const share = Math.min(differing.length / mine.length, 1 - 0.5 / mine.length);
  const logs = Math.min(-mine.length * Math.log(1 - share), Math.max(size, index.size));
  const byPrints = PRINT_BYTES * cut.length * 2 ** more + NAMED_BYTES * SPARE_SHARE * logs;
  const count = symbolsFor(2 * logs);
  const bySymbols = SYMBOL_BYTES * count + VERSION_BYTES * logs;
  if (within.bits > 0 || count > limits.symbolsMax || byPrints <= bySymbols) {
    return prints(index, { bits, buckets: cut }, more);
  }
  return { kind: "reconcile", part: { step: "symbols", symbols: encodeSymbols(index, count) } };
}

function decode(index: LogIndex, symbols: CodedSymbols): Saying {
  const { complete, ours, theirs } = decodeSymbols(index, symbols);
  // Undecoded they were a waste; fingerprints are certain.
  if (!complete) return prints(index, WHOLE, bitsFor(Math.max(index.size, symbols.size), limits.printsMax));
  const versions = Uint32Array.from(theirs.slice(0, 2 * limits.logsHeldMax));
  const units = newestOf(index, placesOf(index, ours)).map(([place]) => ({ bucket: 0, logs: [haveOf(index, place)] }));
  return have({ kind: "versions", versions }, units);
}

/** Both ends' logs of these parts are to be compared by their ranges. */
function leaf(index: LogIndex, bits: number, buckets: readonly number[], empty: ReadonlySet<number>): Saying {
  const units = buckets.map((bucket) => {
    const [from, to] = index.placesOf(bits, bucket);
    const logs = index.logs.slice(from, to);
    const newestMs = Math.max(-1, ...logs.map(({ newestMs }) => newestMs));
    const haves = logs.map((log, i) => (empty.has(bucket) ? fullOf(log, offered(log)) : haveOf(index, from + i)));
    return { bucket, newestMs, logs: haves };
  });
  // Parts that are empty here cost nothing, and come last.
  units.sort((a, b) => b.newestMs - a.newestMs);
  return have({ kind: "buckets", bits, buckets: [] }, units);
}

/** All logs in full, newest first. */
function tell(index: LogIndex, covers: "all" | "none"): Saying {
  const units = newestFirst(index.logs).map((log) => ({ bucket: 0, logs: [fullOf(log, offered(log))] }));
  return have({ kind: covers }, units);
}

function prints(index: LogIndex, within: Buckets, bits: number): Saying {
  const part = { step: "prints", size: index.size, within, bits, prints: index.prints(within, bits) } as const;
  return { kind: "reconcile", part };
}

interface Unit {
  readonly bucket: number;
  readonly logs: readonly LogHave[];
}

/** As many units as the budget of a frame takes; it covers no more than what it names all of. */
function have(covers: Covers, units: readonly Unit[]): Saying {
  const buckets: number[] = [];
  const logs: LogHave[] = [];
  let [bytes, ranges, full] = [0, 0, 0];
  let isWhole = true;
  for (const unit of units) {
    for (const { log, ranges: more } of unit.logs) {
      bytes += (typeof log === "number" ? NAMED_BYTES : FULL_BYTES) + RANGE_BYTES * more.length;
      ranges += more.length;
      if (typeof log !== "number") full++;
    }
    isWhole = bytes <= limits.haveBytesMax && ranges <= limits.rangesPerFrameMax && full <= limits.logsMax;
    if (!isWhole) break;
    buckets.push(unit.bucket);
    logs.push(...unit.logs.filter((one) => one.ranges.length > 0));
  }
  const settled: Covers =
    covers.kind === "buckets"
      ? { ...covers, buckets: buckets.toSorted((a, b) => a - b) }
      : isWhole || covers.kind === "none"
        ? covers
        : { kind: "none" };
  return { kind: "have", covers: settled, logs: inFrameOrder(logs) };
}

/** Places of the logs that a page is about, in groups of which each holds a difference. */
function covered(index: LogIndex, covers: Covers): readonly number[][] {
  switch (covers.kind) {
    case "all":
      return [Array.from(index.logs, (_, place) => place)];
    case "buckets":
      return covers.buckets.map((bucket) => {
        const [from, to] = index.placesOf(covers.bits, bucket);
        return Array.from({ length: to - from }, (_, i) => from + i);
      });
    case "versions":
      return placesOf(index, covers.versions).map((place) => [place]);
    default:
      return [];
  }
}

/** Places of the logs that stand at these versions. */
function placesOf(index: LogIndex, versions: ArrayLike<number>): number[] {
  const places = new Map(index.logs.map((_, place) => [shortKey(index.highs[place]!, index.lows[place]!), place]));
  const found = new Set<number>();
  for (let i = 0; i < versions.length; i += 2) {
    const place = places.get(shortKey(versions[i]!, versions[i + 1]!));
    if (place !== undefined) found.add(place);
  }
  return [...found];
}

function newestOf(index: LogIndex, places: readonly number[]): (readonly [place: number, log: Log])[] {
  const found = places.map((place) => [place, index.logs[place]!] as const);
  return found.toSorted(([, a], [, b]) => b.newestMs - a.newestMs);
}

function newestFirst(logs: readonly Log[]): readonly Log[] {
  return logs.toSorted((a, b) => b.newestMs - a.newestMs);
}

function haveOf(index: LogIndex, place: number): LogHave {
  const log = index.logs[place]!;
  return { log: index.callOf(place), low: log.low, ranges: offered(log).slice(0, limits.rangesMax) };
}

function fullOf(log: Log, ranges: readonly Range[]): LogHave {
  return { log: log.id, low: log.low, ranges: ranges.slice(0, limits.rangesMax) };
}

/** Those named under the round's salt first, by name; then those in full, by key. */
function inFrameOrder(logs: readonly LogHave[]): readonly LogHave[] {
  const order = ({ log }: LogHave): string => (typeof log === "number" ? "" : logKey(log));
  return logs.toSorted((a, b) => {
    if (typeof a.log === "number" && typeof b.log === "number") return a.log - b.log;
    return order(a) < order(b) ? -1 : 1;
  });
}

function bitsFor(parts: number, max: number): number {
  return Math.ceil(Math.log2(Math.min(Math.max(parts, 1), max)));
}
