import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CodedSymbols, Difference, ShortIds } from "./coded-symbols.ts";
import { decodeSymbols, encodeSymbols, symbolsFor } from "./coded-symbols.ts";

/** Short ids by number, evenly spread. */
function ids(numbers: readonly number[], salt = 1): ShortIds {
  const word = (n: number, k: number): number => {
    let x = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt + k, 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return (x ^ (x >>> 16)) >>> 0;
  };
  return {
    highs: Uint32Array.from(numbers, (n) => word(n, 3)),
    lows: Uint32Array.from(numbers, (n) => word(n, 7)),
  };
}

function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function pairs(flat: readonly number[]): string[] {
  return flat.flatMap((high, i) => (i % 2 === 0 ? [`${high} ${flat[i + 1]!}`] : [])).toSorted();
}

const all = ({ highs, lows }: ShortIds): string[] => Array.from(highs, (high, i) => `${high} ${lows[i]!}`).toSorted();

/** However many there are, two ids may stand in the same ones: as rare as the square of their number, so that more help soon. */
function decodeRateless(ours: ShortIds, others: ShortIds, count: number): Difference {
  const found = decodeSymbols(ours, encodeSymbols(others, count));
  return found.complete || count > 100_000 ? found : decodeRateless(ours, others, 4 * count);
}

describe("coded symbols", () => {
  it("of two sets give their difference away, whichever side it is on", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(30), fc.nat(30), fc.nat(), (common, mine, theirs, salt) => {
        const ours = ids([...upTo(common), ...upTo(mine, 1_000)], salt);
        const others = ids([...upTo(common), ...upTo(theirs, 2_000)], salt);
        const found = decodeRateless(ours, others, 4 * (mine + theirs) + 40);
        expect(found.complete).toBe(true);
        expect(pairs(found.ours)).toEqual(all(ids(upTo(mine, 1_000), salt)));
        expect(pairs(found.theirs)).toEqual(all(ids(upTo(theirs, 2_000), salt)));
      }),
    );
  });

  it("number about 1.35 to 2 for each difference, as published", () => {
    for (const [differences, most] of [
      [1, 1],
      [4, 2.2],
      [100, 1.65],
      [1_000, 1.5],
    ] as const) {
      let total = 0;
      const runs = differences >= 1_000 ? 3 : 30;
      for (let salt = 0; salt < runs; salt++) {
        const ours = ids(upTo(50), salt);
        const others = ids([...upTo(50), ...upTo(differences, 100)], salt);
        const stream = encodeSymbols(others, 4 * differences + 20);
        let [low, high] = [1, stream.counts.length];
        while (low < high) {
          const middle = (low + high) >>> 1;
          if (decodeSymbols(ours, prefix(stream, middle)).complete) high = middle;
          else low = middle + 1;
        }
        total += low;
      }
      expect(total / runs / differences).toBeLessThanOrEqual(most);
      expect(total / runs / differences).toBeGreaterThanOrEqual(1);
    }
  });

  it("are enough in most cases when as many are sent as are said to be enough", () => {
    let failed = 0;
    for (let salt = 0; salt < 200; salt++) {
      const differences = 1 + (salt % 60);
      const found = decodeSymbols(ids([], salt), encodeSymbols(ids(upTo(differences), salt), symbolsFor(differences)));
      if (!found.complete) failed++;
    }
    expect(failed).toBeLessThanOrEqual(4);
  });

  it("that were made up are given up, in time bounded by their number", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(-1, 0, 1, 2), fc.nat(3), fc.nat(3), fc.nat()), { maxLength: 200 }),
        (made) => {
          const symbols: CodedSymbols = {
            size: 1,
            counts: Int32Array.from(made, ([count]) => count),
            highs: Uint32Array.from(made, ([, high]) => high),
            lows: Uint32Array.from(made, ([, , low]) => low),
            checks: Uint32Array.from(made, ([, , , check]) => check),
          };
          const found = decodeSymbols(ids(upTo(10)), symbols);
          expect(found.ours.length + found.theirs.length).toBeLessThanOrEqual(2 * (made.length + 1));
        },
      ),
    );
  });

  it("cannot make us believe that we hold what we do not", () => {
    // An item of ours, as it would look were it theirs to name: counted on our side, and not held.
    const theirs = encodeSymbols(ids([7]), 8);
    const lie: CodedSymbols = { ...theirs, counts: theirs.counts.map((count) => -count) };
    const found = decodeSymbols(ids([1]), lie);
    expect(found.complete).toBe(false);
    for (const id of pairs(found.ours)) expect(all(ids([1]))).toContain(id);
  });
});

function prefix({ size, counts, highs, lows, checks }: CodedSymbols, length: number): CodedSymbols {
  const cut = <T extends Int32Array | Uint32Array>(all: T): T => all.slice(0, length) as T;
  return { size, counts: cut(counts), highs: cut(highs), lows: cut(lows), checks: cut(checks) };
}
