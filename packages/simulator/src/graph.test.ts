import { describe, expect, test } from "vitest";
import { streamOf } from "./chance.ts";
import { Graph, quantile, spreadOf } from "./graph.ts";

const random = streamOf(1, "graphs");
const ring = (size: number, reach: number): Graph =>
  new Graph(Array.from({ length: size }, (_, i) => Array.from({ length: reach }, (_, k) => (i + k + 1) % size)));

describe("known graphs", () => {
  test("a ring of 10 is one component of degree 2, unclustered, with path length 25/9", () => {
    const graph = ring(10, 1);
    expect(graph.components()).toEqual([10]);
    expect(graph.degrees()).toEqual({ mean: 2, sd: 0, min: 2, max: 2 });
    expect(graph.clustering()).toBe(0);
    expect(graph.pathLength(random)).toBeCloseTo(25 / 9);
  });

  test("a ring lattice of degree 4 has the clustering of Watts and Strogatz, 1/2", () => {
    expect(ring(100, 2).clustering()).toBeCloseTo(0.5);
  });

  test("a complete graph is clustered entirely, one hop across", () => {
    const graph = new Graph(Array.from({ length: 6 }, () => [0, 1, 2, 3, 4, 5]));
    expect(graph.clustering()).toBe(1);
    expect(graph.pathLength(random)).toBe(1);
    expect(graph.degrees().mean).toBe(5);
  });

  test("components come greatest first, a lonely node among them", () => {
    expect(new Graph([[1], [], [3], [4], [], []]).components()).toEqual([3, 2, 1]);
  });

  test("in-degrees of a directed star", () => {
    const graph = new Graph([[], [0], [0], [0]], false);
    expect(graph.inDegrees()).toMatchObject({ max: 3, min: 0, mean: 0.75 });
  });
});

test("a random graph's clustering and path length are those of the published reference", () => {
  const size = 2_000;
  const graph = new Graph(Array.from({ length: size }, () => Array.from({ length: 10 }, () => random.below(size))));
  expect(graph.clustering()).toBeGreaterThan(0.008);
  expect(graph.clustering()).toBeLessThan(0.012);
  // ln N / ln degree is 2.54; measured on random graphs of degree 20 at this size, 2.83.
  expect(graph.pathLength(random, 200)).toBeGreaterThan(2.7);
  expect(graph.pathLength(random, 200)).toBeLessThan(2.95);
});

test("sampled path lengths are near the whole ones", () => {
  const graph = ring(500, 3);
  expect(Math.abs(graph.pathLength(random, 50) / graph.pathLength(random) - 1)).toBeLessThan(0.01);
});

test("quantiles and spreads of nothing are 0", () => {
  expect(quantile([], 0.5)).toBe(0);
  expect(spreadOf([])).toEqual({ mean: 0, sd: 0, min: 0, max: 0 });
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 1)).toBe(3);
});
