/**
 * Rateless invertible Bloom lookup tables (Yang, Gilad, Alizadeh 2024): a set as an endless sequence of coded symbols, of
 * which the first 1.35 to 2 for each difference, less those of one's own set, give the difference away. An item is in
 * symbol i with probability 1 / (1 + i / 2), by a mapping that follows from its short id alone.
 *
 * Short ids are salted for the session, so nobody can prepare items that never come apart. A hostile end can send symbols
 * that never decode, or that decode to nonsense: the work is bounded by the symbols, each peeled item must belong where it
 * was found, and what claims to be ours must be.
 */

/** A prefix of the sequence. `size`: items in the set. */
export interface CodedSymbols {
  readonly size: number;
  readonly counts: Int32Array;
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
  readonly checks: Uint32Array;
}

/** The short ids of a set: `item-set.ts`, or the versions of logs. */
export interface ShortIds {
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
}

export interface Difference {
  /** Everything was found. */
  readonly complete: boolean;
  /** Short ids of either side that the other lacks: high word, low word, and so on. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** How many of `size` items are expected in symbol `index`. */
export function expectedCount(size: number, index: number): number {
  return Math.round(size / (1 + index / 2));
}

/** The first `count` symbols of a set. Takes time in proportion to the items, and to the logarithm of `count`. */
export function encodeSymbols(ids: ShortIds, count: number): CodedSymbols {
  const size = ids.highs.length;
  const symbols = emptySymbols(size, count);
  for (let at = 0; at < size; at++) toggle(symbols, ids.highs[at]!, ids.lows[at]!, 1);
  return symbols;
}

/** What two sets differ in, from a prefix of the other's symbols. */
export function decodeSymbols(ours: ShortIds, theirs: CodedSymbols): Difference {
  const count = theirs.counts.length;
  const left: CodedSymbols = {
    size: theirs.size,
    counts: theirs.counts.slice(),
    highs: theirs.highs.slice(),
    lows: theirs.lows.slice(),
    checks: theirs.checks.slice(),
  };
  const known = new Set<number>();
  for (let at = 0; at < ours.highs.length; at++) {
    const [high, low] = [ours.highs[at]!, ours.lows[at]!];
    known.add(high * 0x20_0000 + (low >>> 11));
    toggle(left, high, low, -1);
  }
  const out = { ours: [] as number[], theirs: [] as number[] };
  const pure = Array.from({ length: count }, (_, i) => i).filter((i) => isPure(left, i));
  // No honest difference is larger than the symbols that gave it away.
  for (let found = 0; pure.length > 0 && found <= count;) {
    const at = pure.pop()!;
    if (!isPure(left, at)) continue;
    const [high, low, sign] = [left.highs[at]!, left.lows[at]!, left.counts[at]!];
    const isOurs = known.has(high * 0x20_0000 + (low >>> 11));
    if (isOurs !== sign < 0) break;
    (isOurs ? out.ours : out.theirs).push(high, low);
    found++;
    let belongs = false;
    toggle(left, high, low, sign < 0 ? 1 : -1, (index) => {
      belongs ||= index === at;
      if (isPure(left, index)) pure.push(index);
    });
    if (!belongs) break;
  }
  const isEmpty = (i: number): boolean =>
    left.counts[i] === 0 && left.highs[i] === 0 && left.lows[i] === 0 && left.checks[i] === 0;
  return { complete: count > 0 && left.counts.every((_, i) => isEmpty(i)), ...out };
}

/**
 * How many symbols are enough for a difference of so many items, in most cases. Source: 1.35 (many) to 1.77 (few) each,
 * Yang et al., figure 4; and a margin, measured by `simulate repair`, for a second attempt costs a round trip.
 */
export function symbolsFor(differences: number): number {
  return Math.ceil(1.5 * differences + 2.5 * Math.sqrt(differences) + 8);
}

function emptySymbols(size: number, count: number): CodedSymbols {
  return {
    size,
    counts: new Int32Array(count),
    highs: new Uint32Array(count),
    lows: new Uint32Array(count),
    checks: new Uint32Array(count),
  };
}

/** Put an item into all its symbols, or take it out. */
function toggle(symbols: CodedSymbols, high: number, low: number, sign: 1 | -1, each?: (index: number) => void): void {
  const { counts, highs, lows, checks } = symbols;
  const check = checkOf(high, low);
  // xoroshiro64* (Blackman and Vigna): a stream of its own for each short id.
  let s0 = high | 1;
  let s1 = low;
  for (let index = 0; index < counts.length;) {
    counts[index] = counts[index]! + sign;
    highs[index] = highs[index]! ^ high;
    lows[index] = lows[index]! ^ low;
    checks[index] = checks[index]! ^ check;
    each?.(index);
    const random = Math.imul(s0, 0x9e3779bb) >>> 0;
    s1 ^= s0;
    s0 = ((s0 << 26) | (s0 >>> 6)) ^ s1 ^ (s1 << 9);
    s1 = (s1 << 13) | (s1 >>> 19);
    // The distance to the next index, by the inverse of its distribution (Yang et al., section 4.2).
    index += Math.max(1, Math.ceil((index + 1.5) * (65_536 / Math.sqrt(random + 1) - 1)));
  }
}

/** One item alone, by its check. */
function isPure({ counts, highs, lows, checks }: CodedSymbols, at: number): boolean {
  return (counts[at] === 1 || counts[at] === -1) && checks[at] === checkOf(highs[at]!, lows[at]!);
}

/** Not linear, so that sums of items do not look like items. Short ids are salted, and so is this. Source: MurmurHash3's finalizer. */
function checkOf(high: number, low: number): number {
  let state = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ low;
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) + high;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
