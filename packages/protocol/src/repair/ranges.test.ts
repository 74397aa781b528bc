import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Range } from "../types.ts";
import {
  areCanonical,
  clip,
  firstFrom,
  fromMembers,
  insert,
  insertAll,
  intersect,
  members,
  remove,
  removeBelow,
  subtract,
  union,
} from "./ranges.ts";

const sets = fc.uniqueArray(fc.integer({ min: 1, max: 40 }));

function rangesOf(set: readonly number[]): Range[] {
  return fromMembers(set.toSorted((a, b) => a - b));
}

function sorted(set: Iterable<number>): number[] {
  return [...set].toSorted((a, b) => a - b);
}

describe("ranges", () => {
  it("have one form, whatever the order of insertion", () => {
    fc.assert(
      fc.property(sets, (set) => {
        const ranges: Range[] = [];
        for (const seq of [...set, ...set]) insert(ranges, seq);
        expect(ranges).toEqual(rangesOf(set));
        expect(areCanonical(ranges)).toBe(true);
        expect([...members(ranges)]).toEqual(sorted(set));
      }),
    );
  });

  it("take many numbers in a row as they take them one by one", () => {
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 41 }), fc.nat(9), (set, from, more) => {
        const [together, apart] = [rangesOf(set), rangesOf(set)];
        insertAll(together, [from, from + more]);
        for (let seq = from; seq <= from + more; seq++) insert(apart, seq);
        expect(together).toEqual(apart);
      }),
    );
  });

  it("behave as sets do", () => {
    fc.assert(
      fc.property(sets, sets, fc.integer({ min: 1, max: 41 }), (one, two, seq) => {
        const [a, b] = [rangesOf(one), rangesOf(two)];
        expect(intersect(a, b)).toEqual(rangesOf(one.filter((member) => two.includes(member))));
        expect(union(a, b)).toEqual(rangesOf([...new Set([...one, ...two])]));
        expect(subtract(a, b)).toEqual(rangesOf(one.filter((member) => !two.includes(member))));
        expect(clip(a, seq, seq + 5)).toEqual(rangesOf(one.filter((member) => member >= seq && member <= seq + 5)));
        expect(firstFrom(a, seq)).toBe(sorted(one).find((member) => member >= seq));
        const without = [...a];
        remove(without, seq);
        expect(without).toEqual(rangesOf(one.filter((member) => member !== seq)));
        const above = [...a];
        removeBelow(above, seq);
        expect(above).toEqual(rangesOf(one.filter((member) => member >= seq)));
      }),
    );
  });

  it("are refused in any other form", () => {
    const wrong: Range[][] = [
      [[0, 3]],
      [[3, 2]],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 4],
        [4, 6],
      ],
      [
        [5, 6],
        [1, 2],
      ],
      [[1.5, 2]],
      [[1, Number.NaN]],
    ];
    for (const ranges of wrong) expect(areCanonical(ranges), JSON.stringify(ranges)).toBe(false);
    expect(areCanonical([])).toBe(true);
    expect(
      areCanonical([
        [1, 1],
        [3, Number.MAX_SAFE_INTEGER],
      ]),
    ).toBe(true);
  });
});
