import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { CHOSEN_DEFAULTS, ChosenLinks, type ChosenOptions } from "./chosen-links.ts";

function chosen(renewal: ChosenOptions["renewal"], byzantine: number, cycles: number): ChosenLinks {
  const made = new ChosenLinks({ ...CHOSEN_DEFAULTS, nodes: 300, byzantine, renewal }, streamOf(1, "chosen"));
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

describe("links that peers choose", () => {
  test("flips keep one component and the number of links, with nobody colluding", () => {
    const before = chosen("none", 0, 0).capture();
    const after = chosen("none", 0, 100).capture();
    expect(after.largest).toBe(1);
    expect(after.linksMean).toBeGreaterThanOrEqual(before.linksMean);
  });

  test("colluders who refuse to be flipped away accumulate", () => {
    const early = chosen("none", 0.2, 10).capture().linkShare;
    expect(early).toBeGreaterThan(0.2);
    expect(chosen("none", 0.2, 200).capture().linkShare).toBeGreaterThan(early);
  });

  test.each(["refuse", "evict"] as const)("renewal where full peers %s makes it worse", (renewal) => {
    const flips = chosen("none", 0.2, 200).capture().linkShare;
    expect(chosen(renewal, 0.2, 200).capture().linkShare).toBeGreaterThan(flips + 0.1);
  });
});
