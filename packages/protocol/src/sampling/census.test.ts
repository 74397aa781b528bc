import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { Census } from "./census.ts";

/** A mesh of `members`, of whom the first `known` are known, drawn from at random. */
function drawn(members: number, known: number, draws: number, seed: number): Census {
  const random = new Random(new Uint8Array(16).fill(seed));
  const census = new Census();
  for (let i = 0; i < draws; i++) census.draw(known, random.below(members) < known);
  return census;
}

describe("census", () => {
  test("finds the number of members from the share of draws that are known, to a quarter", () => {
    for (const [members, known] of [
      [300, 100],
      [1_000, 300],
      [10_000, 2_000],
    ] as const) {
      for (let seed = 1; seed <= 10; seed++) {
        const estimate = drawn(members, known, 600, seed).estimate(known);
        expect(Math.abs(estimate / members - 1)).toBeLessThan(0.25);
      }
    }
  });

  test("says how many are known until enough was drawn, and never less", () => {
    expect(drawn(1_000, 100, 29, 1).estimate(100)).toBe(100);
    expect(drawn(100, 100, 500, 1).estimate(140)).toBe(140);
  });

  test("forgets what the mesh was: half of it gone, the estimate follows within some lifetimes of a descriptor", () => {
    const random = new Random(new Uint8Array(16).fill(3));
    const census = drawn(1_000, 300, 1_000, 2);
    for (let i = 0; i < 1_600; i++) census.draw(150, random.below(500) < 150);
    expect(Math.abs(census.estimate(150) / 500 - 1)).toBeLessThan(0.25);
  });
});
