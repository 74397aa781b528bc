import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { flood, gossip, largestOf, overlayOf, regular, sourceOf } from "./broadcasts.ts";

describe("a regular random graph", () => {
  test.each([3, 5, 8])("gives every node %i links, all of them mutual, none double", (degree) => {
    const views = regular(100, degree, streamOf(1, "regular"));
    for (let node = 0; node < views.size; node++) {
      const ids = [...views.of(node)];
      expect(new Set(ids).size).toBe(degree);
      expect(ids).not.toContain(node);
      for (const id of ids) expect(views.has(id, node)).toBe(true);
    }
  });
});

describe("a broadcast", () => {
  test("that floods reaches the source's component and nobody else", () => {
    const random = streamOf(1, "crash");
    const views = regular(500, 3, random);
    views.kill(0.3, random);
    const living = views.alive.reduce((sum, one) => sum + one, 0);
    const reached = Array.from({ length: 20 }, () => flood(views, sourceOf(views, random)).reached);
    expect(largestOf(views)).toBeLessThan(1);
    for (const share of reached) {
      expect(share * living).toBeCloseTo(Math.round(share * living));
      expect(share).toBeLessThanOrEqual(largestOf(views) + 1e-9);
    }
  });

  test("that gossips misses some, fewer with a wider fanout", () => {
    const { views } = overlayOf("cyclon", 2_000, 20, streamOf(1, "cyclon"));
    const [two, six] = [2, 6].map((fanout) => gossip(views, 0, fanout, streamOf(1, "gossip")).reached);
    // 1 - e^(-fanout * s) = s
    expect(two).toBeCloseTo(0.797, 1);
    expect(six).toBeGreaterThan(0.99);
  });

  test("that gossips pays for entries that are dead", () => {
    const random = streamOf(1, "gossip");
    const { views } = overlayOf("cyclon", 2_000, 20, random);
    views.kill(0.5, random);
    expect(gossip(views, sourceOf(views, random), 4, random).reached).toBeCloseTo(0.797, 1);
  });
});
