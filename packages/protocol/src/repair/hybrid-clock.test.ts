import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { tick, witness } from "./hybrid-clock.ts";

describe("a hybrid clock", () => {
  it("follows mesh time, and counts within one millisecond", () => {
    const clock = { timeMs: 0, counter: 0 };
    expect(tick(clock, 1_000.7)).toEqual({ timeMs: 1_000, counter: 0 });
    expect(tick(clock, 1_000.9)).toEqual({ timeMs: 1_000, counter: 1 });
    expect(tick(clock, 900)).toEqual({ timeMs: 1_000, counter: 2 });
    expect(tick(clock, 1_001)).toEqual({ timeMs: 1_001, counter: 0 });
  });

  it("stamps an answer later than what it answers", () => {
    const clock = { timeMs: 0, counter: 0 };
    tick(clock, 1_000);
    witness(clock, { timeMs: 5_000, counter: 7 }, 1_000);
    expect(tick(clock, 1_001)).toEqual({ timeMs: 5_000, counter: 8 });
    witness(clock, { timeMs: 4_000, counter: 900 }, 1_002);
    expect(tick(clock, 1_002)).toEqual({ timeMs: 5_000, counter: 9 });
  });

  it("is not pulled far ahead by a liar", () => {
    const clock = { timeMs: 0, counter: 0 };
    witness(clock, { timeMs: 1_000 + limits.skewMs, counter: 0 }, 1_000);
    expect(tick(clock, 1_000)).toEqual({ timeMs: 1_000, counter: 0 });
  });

  it("takes the next millisecond when the counter is used up", () => {
    const clock = { timeMs: 0, counter: 0 };
    witness(clock, { timeMs: 1_000, counter: Number.MAX_SAFE_INTEGER }, 1_000);
    expect(tick(clock, 1_000)).toEqual({ timeMs: 1_001, counter: 0 });
  });

  it("never goes back, unless its stamps would be parked by everyone", () => {
    const event = fc.record({
      meshMs: fc.integer({ min: 0, max: 40_000 }),
      witnessed: fc.integer({ min: 0, max: 80_000 }),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const clock = { timeMs: 0, counter: 0 };
        let last = { timeMs: -1, counter: 0 };
        for (const { meshMs, witnessed } of events) {
          witness(clock, { timeMs: witnessed, counter: 0 }, meshMs);
          const next = tick(clock, meshMs);
          const later = next.timeMs > last.timeMs || (next.timeMs === last.timeMs && next.counter > last.counter);
          expect(later || last.timeMs > meshMs + limits.skewMs).toBe(true);
          expect(next.timeMs).toBeLessThanOrEqual(meshMs + limits.skewMs);
          last = next;
        }
      }),
    );
  });
});
