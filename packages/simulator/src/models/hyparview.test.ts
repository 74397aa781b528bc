import { Random } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { measure } from "./graph-measures.ts";
import { HYPARVIEW_DEFAULTS, HyParView } from "./hyparview.ts";
import { Plumtree } from "./plumtree.ts";

function overlay(nodes: number): { overlay: HyParView; random: Random } {
  const random = new Random(new Uint8Array(16).fill(3));
  const made = new HyParView({ nodes, ...HYPARVIEW_DEFAULTS }, random);
  made.joinAll();
  for (let cycle = 0; cycle < 20; cycle++) made.cycle();
  return { overlay: made, random };
}

describe("HyParView, N = 1e4 with the paper's setting", () => {
  test("has the published average shortest path, in one component", () => {
    const { overlay: made, random } = overlay(10_000);
    const { pathLength, components } = measure(made.views, random);
    // 6.385 published, 6.371 in the reference simulation.
    expect(Math.abs(pathLength - 6.385)).toBeLessThan(0.15);
    expect(components).toBe(1);
  });
});

describe("Plumtree on it", () => {
  test("sends hardly a payload twice once the tree stands, where flooding a 5-regular overlay sends three too many", () => {
    const { overlay: made } = overlay(1_000);
    const tree = new Plumtree(made.views);
    const flooded = tree.flood(0);
    expect(Math.abs(flooded.rmr - 3)).toBeLessThan(0.15);
    for (let i = 0; i < 5; i++) tree.broadcast(0);
    const { rmr, reached } = tree.broadcast(0);
    expect(rmr).toBeLessThan(0.05);
    expect(reached).toBe(1);
  });
});
