import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { Graph } from "../graph.ts";
import { measure, THOROUGH } from "./graph-measures.ts";
import { distancesFrom, undirected } from "./rows.ts";
import { livingOf, Views } from "./views.ts";

const random = () => streamOf(1, "measuring");

function filled(nodes: number, capacity: number): Views {
  const views = new Views(nodes, capacity);
  views.fill("random", streamOf(1, "fill"));
  return views;
}

describe("measures of an overlay", () => {
  test("agree with the plain ones of whole graphs", () => {
    const views = filled(300, 4);
    const graph = new Graph(Array.from({ length: 300 }, (_, node) => views.of(node)));
    const { clustering, pathLength, components } = measure(views, random(), THOROUGH);
    expect(clustering).toBeCloseTo(graph.clustering(), 10);
    expect(pathLength).toBeCloseTo(graph.pathLength(random()), 10);
    expect(components).toBe(graph.components().length);
  });

  test("count the living alone, and entries that name the dead apart", () => {
    const views = filled(100, 5);
    views.kill(0.4, streamOf(1, "crash"));
    const { inDegree, deadLinks } = measure(views, random());
    expect(inDegree.mean * 60 + deadLinks).toBeCloseTo(300);
    expect(deadLinks).toBeGreaterThan(80);
  });

  test("know how far the farthest is: half way around a ring", () => {
    const views = new Views(64, 1);
    views.fill("ring", random());
    const { mean, farthestMean, farthestMax } = distancesFrom(undirected(views), livingOf(views.alive));
    expect({ farthestMean, farthestMax }).toEqual({ farthestMean: 32, farthestMax: 32 });
    // 2 * (1 + ... + 31) + 32, over 63 others.
    expect(mean).toBeCloseTo((2 * 496 + 32) / 63);
  });

  test("see components", () => {
    const views = new Views(6, 1);
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [3, 4],
    ] as const)
      views.add(from, to);
    expect(measure(views, random())).toMatchObject({ components: 3, outsideLargest: 0.5 });
  });

  test("say nothing of nobody", () => {
    const views = filled(10, 3);
    views.kill(1, random());
    expect(measure(views, random())).toMatchObject({ components: 0, outsideLargest: 0, clustering: 0, pathLength: 0 });
  });
});
