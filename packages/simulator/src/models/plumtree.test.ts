import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { regular } from "./broadcasts.ts";
import { Plumtree } from "./plumtree.ts";
import { Views } from "./views.ts";

function ring(size: number): Views {
  const views = new Views(size, 2);
  for (let node = 0; node < size; node++) {
    views.add(node, (node + 1) % size);
    views.add(node, (node + size - 1) % size);
  }
  return views;
}

describe("Plumtree", () => {
  test("a first broadcast floods: on a ring, the two ends that meet tell each other what both know", () => {
    const { reached, payloads, ldh, rmr } = new Plumtree(ring(10)).broadcast(0);
    expect({ reached, payloads, ldh }).toEqual({ reached: 1, payloads: 11, ldh: 5 });
    expect(rmr).toBeCloseTo(2 / 9);
  });

  test("a duplicate prunes its link, and from then on every payload is received once", () => {
    const tree = new Plumtree(ring(11));
    expect(tree.broadcast(0).payloads).toBe(12);
    expect(tree.broadcast(0)).toMatchObject({ reached: 1, payloads: 10, rmr: 0 });
  });

  test("a graft brings the payload around a break in the tree, and the tree has healed for the next one", () => {
    const views = ring(11);
    const tree = new Plumtree(views);
    tree.broadcast(0);
    tree.broadcast(0);
    views.alive[2] = 0;
    const healing = tree.broadcast(0);
    expect(healing.reached).toBe(1);
    // Whoever sat behind the break hears an id first: the last hop is on the far side.
    expect(healing.ldh).toBe(8);
    expect(tree.broadcast(0)).toMatchObject({ reached: 1, rmr: 0 });
  });

  test("another source uses the same tree", () => {
    const tree = new Plumtree(regular(200, 5, streamOf(1, "regular")));
    for (let i = 0; i < 3; i++) tree.broadcast(0);
    expect(tree.broadcast(150).rmr).toBeLessThan(0.05);
  });

  test("forgets its tree when told to flood", () => {
    const tree = new Plumtree(regular(200, 5, streamOf(1, "regular")));
    for (let i = 0; i < 3; i++) tree.broadcast(0);
    expect(tree.flood(0).rmr).toBeCloseTo(3, 1);
  });
});
