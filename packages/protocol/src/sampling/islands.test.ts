import { describe, expect, test } from "vitest";
import { at, makeFoundation } from "../room.testing.ts";
import { Islands, type Isolation } from "./islands.ts";

function make(seed = 1): Islands {
  const islands = new Islands(makeFoundation(undefined, {}, seed));
  islands.state.seedsUp.add(0);
  islands.onStart(at(0));
  return islands;
}

/** Asks once a second for so long; returns when it asked, and for how many. */
function asked(islands: Islands, links: number, fromMs: number, toMs: number): { atMs: number; count: number }[] {
  const questions: { atMs: number; count: number }[] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 1_000) {
    const question = islands.ask(links, at(nowMs));
    if (question !== undefined) questions.push({ atMs: nowMs, count: question.count });
  }
  return questions;
}

/** Hears of so many, once a second for so long. */
function heard(
  islands: Islands,
  count: number,
  links: number,
  fromMs: number,
  toMs: number,
  members?: number,
): Isolation[] {
  const news: Isolation[] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 1_000) {
    const isolation = islands.onHeard(count, members, links, 1_000, at(nowMs));
    if (isolation !== undefined) news.push(isolation);
  }
  return news;
}

describe("asking the seed", () => {
  test("with links enough: for one stranger every five minutes or so", () => {
    const questions = asked(make(), 8, 0, 3_600_000);
    expect(questions.length).toBeGreaterThanOrEqual(9);
    expect(questions.length).toBeLessThanOrEqual(15);
    expect(questions.every(({ count }) => count === 1)).toBe(true);
  });

  test("with few links: within two seconds, for as many as are wanted, and then ever more rarely", () => {
    const [first, ...later] = asked(make(), 1, 0, 600_000);
    expect(first).toEqual({ atMs: 2_000, count: 5 });
    expect(later.length).toBeLessThan(20);
  });

  test("after half of the links vanished at once: for a few strangers, some six times in the minute after", () => {
    const islands = make();
    for (let i = 0; i < 4; i++) islands.onVanished(4, at(10_000 + i));
    expect(islands.maybeApart(at(40_000))).toBe(true);
    const questions = asked(islands, 4, 10_000, 70_000);
    expect(questions.length).toBeGreaterThanOrEqual(5);
    expect(questions.length).toBeLessThanOrEqual(8);
    expect(questions.every(({ count }) => count === 5)).toBe(true);
    expect(islands.maybeApart(at(80_000))).toBe(false);
  });

  test("with few links left after that: as often, not ever more rarely", () => {
    const islands = make();
    for (let nowMs = 0; nowMs < 300_000; nowMs += 30_000) islands.onVanished(1, at(nowMs));
    const questions = asked(islands, 1, 0, 300_000);
    const pauses = questions.slice(1).map(({ atMs }, i) => atMs - questions[i]!.atMs);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(16_000);
  });

  test("after a third of the links vanished at once no link is surplus for ten minutes", () => {
    const islands = make();
    for (let i = 0; i < 3; i++) islands.onVanished(8, at(10_000));
    expect(islands.mustKeepLinks(at(11_000))).toBe(false);
    islands.onVanished(8, at(10_000));
    expect(islands.mustKeepLinks(at(600_000))).toBe(true);
    expect(islands.mustKeepLinks(at(620_000))).toBe(false);
  });

  test("what is kept after a great loss are the links that stood before it, and no others", () => {
    const islands = make();
    expect(islands.mustKeep(0, at(9_000))).toBe(false);
    for (let i = 0; i < 4; i++) islands.onVanished(8, at(10_000));
    expect(islands.mustKeep(9_000, at(11_000))).toBe(true);
    expect(islands.mustKeep(10_500, at(11_000))).toBe(false);
    expect(islands.mustKeep(9_000, at(620_000))).toBe(false);
  });

  test("a loss of one link is remembered for ten minutes: who has few may lose no more when the mesh falls apart", () => {
    const islands = make();
    expect(islands.sinceLossMs(at(10_000))).toBeUndefined();
    islands.onVanished(6, at(10_000));
    expect(islands.mustKeepLinks(at(11_000))).toBe(false);
    expect(islands.sinceLossMs(at(11_000))).toBe(1_000);
    expect(islands.sinceLossMs(at(611_000))).toBeUndefined();
  });

  test("half of the links fell quiet: the same, without waiting until they are given up", () => {
    const islands = make();
    islands.onQuiet(3, 4, at(10_000));
    expect(islands.maybeApart(at(10_001))).toBe(false);
    islands.onQuiet(4, 4, at(10_000));
    expect(islands.maybeApart(at(10_001))).toBe(true);
  });

  test("links that vanish one by one over hours are no island", () => {
    const islands = make();
    for (let i = 0; i < 20; i++) islands.onVanished(8, at(i * 61_000));
    expect(islands.maybeApart(at(20 * 61_000))).toBe(false);
  });

  test("a thousand peers that lost their neighbors together do not ask together", () => {
    const perSecond = new Map<number, number>();
    for (let peer = 0; peer < 250; peer++) {
      const islands = make(peer);
      for (let i = 0; i < 4; i++) islands.onVanished(4, at(10_000));
      for (const { atMs } of asked(islands, 4, 10_000, 80_000)) {
        perSecond.set(atMs, (perSecond.get(atMs) ?? 0) + 1);
      }
    }
    expect(Math.max(...perSecond.values())).toBeLessThan(250 / 5);
  });
});

describe("isolation", () => {
  test("is told once, when for twelve seconds less than an eighth is heard of", () => {
    const islands = make();
    expect(heard(islands, 100, 8, 0, 20_000)).toEqual([]);
    expect(heard(islands, 7, 2, 20_000, 32_000)).toEqual([]);
    expect(heard(islands, 7, 2, 32_000, 90_000)).toEqual([{ heard: 7, heardMost: 100 }]);
  });

  test("a peer that heard of hundreds while the mesh formed is not isolated when it hears of a dozen steadily", () => {
    const islands = make();
    heard(islands, 250, 12, 0, 60_000, 1_000);
    expect(heard(islands, 12, 9, 60_000, 600_000, 1_000)).toEqual([]);
  });

  test("is told on an island that hears of many, when the count of the mesh falls to an eighth", () => {
    const islands = make();
    heard(islands, 24, 9, 0, 60_000, 1_000);
    expect(heard(islands, 24, 9, 60_000, 120_000, 130)).toEqual([]);
    expect(heard(islands, 24, 9, 120_000, 180_000, 120)).toEqual([{ heard: 120, heardMost: expect.any(Number) }]);
  });

  test("a crash of half of the mesh is no isolation of the rest", () => {
    const islands = make();
    heard(islands, 100, 8, 0, 20_000);
    expect(heard(islands, 45, 5, 20_000, 200_000)).toEqual([]);
  });

  test("who finds the mesh again can be isolated again", () => {
    const islands = make();
    heard(islands, 100, 8, 0, 20_000);
    expect(heard(islands, 3, 1, 20_000, 40_000)).toHaveLength(1);
    heard(islands, 90, 8, 40_000, 60_000);
    expect(islands.state.isolated).toBe(false);
    expect(heard(islands, 3, 1, 60_000, 80_000)).toHaveLength(1);
  });

  test("in a mesh of a few, isolated is who has no link", () => {
    const islands = make();
    heard(islands, 3, 3, 0, 20_000);
    expect(heard(islands, 0, 1, 20_000, 60_000)).toEqual([]);
    expect(heard(islands, 0, 0, 60_000, 80_000)).toHaveLength(1);
  });

  test("whoever stays when all others have said goodbye is not isolated", () => {
    const islands = make();
    heard(islands, 20, 8, 0, 20_000);
    for (let i = 0; i < 20; i++) islands.onDeparted();
    expect(heard(islands, 0, 0, 20_000, 80_000)).toEqual([]);
  });
});
