import { describe, expect, test } from "vitest";
import { compare } from "./experiment.ts";
import { roundsExperiments, tableExperiments } from "./rumors.ts";

describe("Demers et al. and Karp et al. at n = 1000, 200 runs", () => {
  test.each([...tableExperiments, roundsExperiments[0]!].map((one) => [one.title, one] as const))("%s", (_, one) => {
    const missed = compare(one, 200).filter(({ ok }) => !ok);
    expect(missed.map(({ name, reference, ours, spread }) => ({ name, reference, ours, spread }))).toEqual([]);
  });
});

test("figures allow for three errors of both sides and of the rounding, no more", () => {
  const [residue] = tableExperiments[0]!.figures;
  const error = 0.0153 * Math.sqrt(2 / 200);
  expect(residue!.spread).toBeCloseTo(3 * Math.hypot(error, 0.0001 / Math.sqrt(12)), 10);
  expect(tableExperiments[12]!.figures[0]!.spread).toBeLessThan(2e-5);
});
