import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { Newcomer, NEWCOMER_DEFAULTS, type NewcomerOptions } from "./newcomer.ts";

/** Of 100 newcomers, honest links after so many cycles. */
function after(cycles: number, options: Partial<NewcomerOptions> = {}): readonly number[] {
  return Array.from({ length: 100 }, (_, seed) => {
    const newcomer = new Newcomer({ ...NEWCOMER_DEFAULTS, ...options }, streamOf(seed + 1, "newcomer"));
    for (let cycle = 0; cycle < cycles; cycle++) newcomer.cycle();
    return newcomer.honestLinks;
  });
}

describe("a newcomer introduced by a colluder", () => {
  test.each([0.1, 0.2, 0.3])(
    "with one honest source beside it, f=%d: every one of 100 has honest links in 20 cycles",
    (byzantine) => {
      expect(Math.min(...after(20, { byzantine }))).toBeGreaterThanOrEqual(1);
    },
  );

  test("nearly all have three or more by then", () => {
    expect(after(20).filter((links) => links >= 3).length).toBeGreaterThanOrEqual(95);
  });

  test("where peers know but a fifth of the mesh, the source may know nobody who is due: then one in eight has to wait", () => {
    const without = after(20, { known: 200 }).filter((links) => links === 0).length;
    // (1 - 0.2)^(12 * 0.8) = 0.117
    expect(without).toBeGreaterThan(4);
    expect(without).toBeLessThan(20);
  });

  test("and none ever gets one with no honest source: that is why there has to be one", () => {
    expect(Math.max(...after(100, { honestSources: 0 }))).toBe(0);
  });

  test("two honest sources leave hardly anybody waiting even then", () => {
    expect(after(20, { known: 200, honestSources: 2 }).filter((links) => links === 0).length).toBeLessThan(6);
  });
});
