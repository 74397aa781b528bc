import { describe, expect, test } from "vitest";
import { Layout, radiiOf } from "./layout.ts";
import { Topology, type Graph } from "./topology.ts";

/** One page in the middle, linked to all the others. */
function star(size: number): Graph {
  const others = Array.from({ length: size - 1 }, (_, i) => `peer ${i}`);
  return new Topology().graph("me", others, others, 0);
}

function settled(graph: Graph): Layout {
  const layout = new Layout();
  layout.update(graph);
  layout.settle();
  return layout;
}

describe("a layout", () => {
  test("has this page in the middle", () => {
    expect(settled(star(6)).places.get("me")).toMatchObject({ x: 0, y: 0 });
  });

  test("keeps everybody apart", () => {
    const places = [...settled(star(12)).places.values()];
    for (const [i, one] of places.entries()) {
      for (const other of places.slice(i + 1)) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(50);
    }
  });

  test("comes to rest, and stays there while nothing changes", () => {
    const layout = settled(star(5));
    expect(layout.moving).toBe(false);
    layout.update(star(5));
    expect(layout.moving).toBe(false);
    layout.update(star(6));
    expect(layout.moving).toBe(true);
  });

  test("is the same for the same peers", () => {
    const at = (layout: Layout) => [...layout.places.values()].map(({ x, y }) => [x, y]);
    expect(at(settled(star(9)))).toEqual(at(settled(star(9))));
  });

  test("moves nobody far when somebody comes", () => {
    const layout = settled(star(8));
    const before = new Map([...layout.places].map(([id, { x, y }]) => [id, { x, y }]));
    layout.update(star(9));
    layout.settle();
    for (const [id, { x, y }] of before) {
      const now = layout.places.get(id)!;
      expect(Math.hypot(now.x - x, now.y - y)).toBeLessThan(150);
    }
  });

  test("forgets who has gone", () => {
    const layout = settled(star(4));
    layout.update(star(2));
    expect([...layout.places.keys()]).toEqual(["me", "peer 0"]);
  });

  test("puts those further away on wider circles", () => {
    const topology = new Topology();
    topology.claim("a", { name: undefined, neighbors: ["me", "b"] }, 0);
    topology.claim("b", { name: undefined, neighbors: ["a"] }, 0);
    const { places } = settled(topology.graph("me", ["a"], ["a", "b", "lost"], 0));
    const radius = (id: string) => Math.hypot(places.get(id)!.x, places.get(id)!.y);
    expect(radius("a")).toBeGreaterThan(60);
    expect(radius("b")).toBeGreaterThan(radius("a"));
    expect(radius("lost")).toBeGreaterThan(radius("b"));
  });
});

test("a circle grows with those who stand on it", () => {
  const ringOf = (count: number) => [{ ring: 0 }, ...Array.from({ length: count }, () => ({ ring: 1 }))];
  expect(radiiOf(ringOf(3))[1]).toBe(radiiOf(ringOf(4))[1]);
  expect(radiiOf(ringOf(40))[1]).toBeGreaterThan(radiiOf(ringOf(20))[1]!);
});
