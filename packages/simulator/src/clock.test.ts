import fc from "fast-check";
import { expect, test } from "vitest";
import { WallClock } from "./clock.ts";

test("reads the epoch plus true time plus its skew", () => {
  const clock = new WallClock(1_000_000, 250);
  expect(clock.read(0)).toBe(1_000_250);
  expect(clock.read(99.9)).toBe(1_000_349);
});

test("a fast clock gains its drift", () => {
  const clock = new WallClock(0, 0, 100);
  expect(clock.read(1e9)).toBe(1e9 + 1e5);
});

test("jumps forward and back", () => {
  const clock = new WallClock(0);
  clock.jump(60_000, 1_000);
  expect(clock.read(1_000)).toBe(61_000);
  clock.jump(-70_000, 2_000);
  expect(clock.read(3_000)).toBe(-7_000);
});

test("a timer set for a whole millisecond never wakes before it", () => {
  const when = fc.record({
    skewMs: fc.integer({ min: -30_000, max: 30_000 }),
    drift: fc.integer({ min: -200, max: 200 }),
    nowMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
    aheadMs: fc.nat(100_000),
  });
  fc.assert(
    fc.property(when, ({ skewMs, drift, nowMs, aheadMs }) => {
      const clock = new WallClock(1_700_000_000_000, skewMs, drift);
      const wallMs = clock.read(nowMs) + aheadMs;
      expect(clock.read(clock.when(wallMs))).toBe(wallMs);
    }),
  );
});
