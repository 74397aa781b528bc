import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { largestOf } from "./broadcasts.ts";
import { HYPARVIEW_DEFAULTS, HyParView, type HyParViewOptions } from "./hyparview.ts";

// What the literature reports of it at N = 1e4 is held in `reproduce/`.

function overlay(cycles: number, options: Partial<HyParViewOptions> = {}): HyParView {
  const made = new HyParView({ ...HYPARVIEW_DEFAULTS, nodes: 500, ...options }, streamOf(1, "hyparview"));
  made.joinAll();
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

describe("HyParView", () => {
  test("active views are symmetric, and nobody is in both views or in its own", () => {
    const { views, passive } = overlay(10);
    for (let node = 0; node < views.size; node++) {
      for (const peer of views.of(node)) {
        expect(views.has(peer, node)).toBe(true);
        expect(passive.has(node, peer)).toBe(false);
      }
      expect(views.has(node, node) || passive.has(node, node)).toBe(false);
    }
  });

  test("joins alone, with no cycle after them, leave one component", () => {
    expect(largestOf(overlay(0).views)).toBe(1);
    expect(largestOf(overlay(0, { contact: "first" }).views)).toBe(1);
  });

  test("nearly every active view is full", () => {
    const { views } = overlay(10);
    const full = Array.from({ length: views.size }, (_, node) => Number(views.isFull(node)));
    expect(full.reduce((sum, one) => sum + one) / views.size).toBeGreaterThan(0.98);
  });

  test("a cycle after a crash of half, no active view names the dead, and the living are one component", () => {
    const made = overlay(20);
    made.views.kill(0.5, streamOf(1, "crash"));
    made.cycle();
    const { views } = made;
    for (let node = 0; node < views.size; node++) {
      if (views.alive[node]) for (const peer of views.of(node)) expect(views.alive[peer]).toBe(1);
    }
    expect(largestOf(views)).toBe(1);
  });
});
