import { describe, expect, test } from "vitest";
import type { Outcome } from "../scenario.ts";
import { repairScenario } from "./repair.ts";

type Measured = { readonly bytes: number; readonly roundTrips: number; readonly minimumBytes: number };

function measure(missing: number, authors: number, pattern = "scattered", scheme = "auto", items = 20_000): Measured {
  const values = { items, missing, pattern, authors, scheme };
  const run = { seed: 1, nodes: 2, replay: "", vaults: undefined, progress: () => undefined };
  const outcome: Outcome = repairScenario.run(values, run);
  return outcome.json as unknown as Measured;
}

describe("the shipped rounds", () => {
  test.each([1, 1_000])("cost at most 400 bytes when nothing differs, with %d authors", (authors) => {
    expect(measure(0, authors).bytes).toBeLessThanOrEqual(400);
  });

  test.each([
    [1, "recent"],
    [1, "scattered"],
    [1_000, "recent"],
    [1_000, "scattered"],
  ] as const)(
    "stay within 64 bytes for each of 100 differences, and four round trips: %d authors, %s",
    (authors, pattern) => {
      const { bytes, roundTrips, minimumBytes } = measure(100, authors, pattern);
      expect(minimumBytes).toBe(3_200);
      expect(bytes).toBeLessThanOrEqual(2 * minimumBytes);
      expect(roundTrips).toBeLessThanOrEqual(4);
    },
  );

  test("cost no more than telling all logs, however much differs", () => {
    for (const [missing, authors] of [
      [1, 300],
      [500, 300],
      [1_000, 300],
      [1_000, 3],
    ] as const) {
      const shipped = measure(missing, authors, "scattered", "auto", 5_000);
      const simple = measure(missing, authors, "scattered", "ranges", 5_000);
      expect(shipped.bytes).toBeLessThanOrEqual(simple.bytes + 64);
    }
  });
});

test("what takes many wants is fetched all the same", () => {
  expect(measure(4_000, 30, "scattered", "auto", 5_000).bytes).toBeLessThan(4_000 * 32);
});

test.each(["ranges", "rbsr", "iblt", "merkle"])("%s comes to an end, and counts what it says", (scheme) => {
  const few = measure(5, 50, "scattered", scheme, 3_000);
  const many = measure(50, 50, "scattered", scheme, 3_000);
  expect(few.bytes).toBeGreaterThan(100);
  expect(many.bytes).toBeGreaterThan(few.bytes);
  expect(few.roundTrips).toBeGreaterThanOrEqual(2);
});

test("range-based reconciliation of what is recent costs less than of what is scattered", () => {
  const [recent, scattered] = ["recent", "scattered"].map((pattern) => measure(100, 100, pattern, "rbsr").bytes);
  expect(recent! * 4).toBeLessThan(scattered!);
});
