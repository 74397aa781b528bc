import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { PAIR_DEFAULTS, PairLinks, type PairOptions } from "./pair-links.ts";

function pairs(options: Partial<PairOptions> = {}, epochs = 3): PairLinks {
  const made = new PairLinks(
    { ...PAIR_DEFAULTS, nodes: 400, byzantine: 0.2, known: 399, ...options },
    streamOf(1, "pairs"),
  );
  for (let epoch = 0; epoch < epochs; epoch++) made.epoch();
  return made;
}

describe("links that are due in pairs", () => {
  test("are mutual, and no peer has more than it may", () => {
    const made = pairs({ linksMax: 9 });
    for (let peer = made.colluders; peer < 400; peer++) {
      const neighbors = made.neighborsOf(peer);
      expect(neighbors.length).toBeLessThanOrEqual(9);
      for (const other of neighbors) expect(made.neighborsOf(other)).toContain(peer);
    }
  });

  test("all turn within an epoch: hardly a link is there two epochs later", () => {
    const made = pairs();
    const before = made.neighborsOf(200);
    made.epoch();
    made.epoch();
    expect(made.neighborsOf(200).filter((peer) => before.includes(peer)).length).toBeLessThanOrEqual(1);
  });

  test("turn a few at a time: most of them stand a turn later", () => {
    const made = pairs();
    const before = Array.from({ length: 400 }, (_, peer) => made.neighborsOf(peer));
    made.turn();
    const kept = before.map((links, peer) => links.filter((other) => made.neighborsOf(peer).includes(other)).length);
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    const share = sum(kept) / sum(before.map(({ length }) => length));
    expect(share).toBeGreaterThan(0.65);
    expect(share).toBeLessThan(0.9);
  });

  test("leave colluders what the tolerance allows, and no more: a fifth of the mesh has under a third of the links", () => {
    const { linkShare, eclipsed, largest } = pairs({ known: 80 }, 6).capture();
    expect(linkShare).toBeLessThan(0.33);
    expect(eclipsed).toBeLessThan(0.01);
    expect(largest).toBeGreaterThan(0.99);
  });

  test("do not depend on which peers a colluder would like: one victim fares as all do", () => {
    const shares = Array.from({ length: 40 }, (_, seed) => {
      const made = new PairLinks({ ...PAIR_DEFAULTS, nodes: 200, byzantine: 0.2, known: 199 }, streamOf(seed, "pairs"));
      made.epoch();
      return made.shareOf(1);
    });
    expect(shares.reduce((a, b) => a + b) / shares.length).toBeCloseTo(0.29, 1);
  });

  test("an expelled peer has no link, and gets none", () => {
    const made = pairs();
    made.expel(3);
    made.epoch();
    expect(made.neighborsOf(3)).toEqual([]);
  });
});
