import { describe, expect, test } from "vitest";
import { at, makeFoundation } from "../room.testing.ts";
import { Shuffles } from "./shuffles.ts";

describe("shuffles", () => {
  test("fall one in each slot, wherever they begin, at a place that wanders", () => {
    for (const startMs of [1, 777, 4_444]) {
      const foundation = makeFoundation();
      const { mintPeriodMs } = foundation.config.tuning;
      const shuffles = new Shuffles(foundation);
      shuffles.onStart(at(1_000_000 + startMs));
      const momentsMs = Array.from({ length: 1_000 }, () => {
        const now = at(Math.ceil(shuffles.deadlineMs));
        expect(shuffles.isDue(now)).toBe(true);
        return now.meshMs;
      });
      const slots = momentsMs.map((atMs) => Math.floor(atMs / mintPeriodMs));
      expect(slots.every((slot, i) => i === 0 || slot === slots[i - 1]! + 1)).toBe(true);
      const inSlot = momentsMs.map((atMs) => (atMs % mintPeriodMs) / mintPeriodMs);
      expect(Math.max(...inSlot) - Math.min(...inSlot)).toBeGreaterThan(0.5);
    }
  });
});
