import { Random } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { Cyclon } from "./cyclon.ts";
import { type Measures, measure } from "./graph-measures.ts";
import type { Start } from "./views.ts";

/** After `cycles` cycles of the setting that the literature reports most: N = 1e4, c = 20, l = 8. */
function after(cycles: number, start: Start, enhanced = true): Measures {
  const random = new Random(new Uint8Array(16).fill(7));
  const cyclon = new Cyclon({ nodes: 10_000, view: 20, shuffle: 8, enhanced }, random);
  cyclon.views.fill(start, random);
  for (let cycle = 0; cycle < cycles; cycle++) cyclon.cycle();
  return measure(cyclon.views, random);
}

describe("Cyclon, N = 1e4, c = 20, l = 8, against the reference simulation", () => {
  test("a random start keeps a random graph's clustering and path length, with in-degrees far narrower", () => {
    const { clustering, pathLength, inDegree, components } = after(50, "random");
    expect(clustering).toBeCloseTo(0.0039, 3);
    expect(Math.abs(pathLength - 2.847)).toBeLessThan(0.01);
    expect(Math.abs(inDegree.sd - 1.5)).toBeLessThan(0.15);
    expect(components).toBe(1);
  });

  test("the basic shuffle leaves in-degrees twice as wide", () => {
    expect(Math.abs(after(50, "random", false).inDegree.sd - 3.24)).toBeLessThan(0.3);
  });

  test("a ring becomes a random graph in thirty cycles", () => {
    const ten = after(10, "ring");
    expect(Math.abs(ten.clustering - 0.279)).toBeLessThan(0.03);
    expect(Math.abs(ten.pathLength - 26.7)).toBeLessThan(3);
    const thirty = after(30, "ring");
    expect(thirty.clustering).toBeCloseTo(0.0039, 3);
    expect(Math.abs(thirty.pathLength - 2.848)).toBeLessThan(0.01);
  });
});
