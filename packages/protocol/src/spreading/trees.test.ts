import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { at, peerId } from "../room.testing.ts";
import { Trees } from "./trees.ts";

const ACTIVE = 4;

function active(trees: Trees, source: number, nowMs: number): void {
  for (let seq = 1; seq <= ACTIVE; seq++) trees.use(peerId(source), seq, at(nowMs));
}

describe("trees", () => {
  it("are shared until a source is active enough for one of its own, which begins with all links eager", () => {
    const trees = new Trees(64);
    trees.state.shared.lazy.set(3, 0);
    for (let seq = 1; seq < ACTIVE; seq++) expect(trees.use(peerId(1), seq, at(seq))).toBe(trees.state.shared);
    const own = trees.use(peerId(1), ACTIVE, at(ACTIVE));
    expect(own).not.toBe(trees.state.shared);
    expect(own.lazy.size).toBe(0);
    expect(trees.of(peerId(1))).toBe(own);
    expect(trees.of(peerId(1), ACTIVE - 1)).toBe(trees.state.shared);
    expect(trees.of(peerId(2))).toBe(trees.state.shared);
  });

  it("begin with the same rumor at whoever came late", () => {
    const trees = new Trees(64);
    for (let seq = ACTIVE + 3; seq < 2 * ACTIVE; seq++)
      expect(trees.use(peerId(1), seq, at(seq))).toBe(trees.state.shared);
    expect(trees.use(peerId(1), 2 * ACTIVE, at(2 * ACTIVE))).not.toBe(trees.state.shared);
  });

  it("stay shared with a source that speaks now and then", () => {
    const trees = new Trees(64);
    for (let seq = 1; seq < 3 * ACTIVE; seq++) {
      expect(trees.use(peerId(1), seq, at(seq * 10_000))).toBe(trees.state.shared);
    }
  });

  it("are no more than so many: a newcomer takes that of a source which is silent, or shares", () => {
    const trees = new Trees(2);
    active(trees, 1, 0);
    active(trees, 2, 20_000);
    active(trees, 3, 25_000);
    expect(trees.of(peerId(3))).toBe(trees.state.shared);
    active(trees, 3, 31_000);
    expect(trees.of(peerId(3))).not.toBe(trees.state.shared);
    expect(trees.of(peerId(1))).toBe(trees.state.shared);
    expect(trees.of(peerId(2))).not.toBe(trees.state.shared);
    expect(trees.state.own).toBe(2);
  });

  it("remember a bounded number of sources, and never more trees than the limit", () => {
    const trees = new Trees(Number.POSITIVE_INFINITY);
    for (let source = 0; source < limits.sourcesMax + 50; source++) active(trees, source, source);
    expect(trees.state.sources.size).toBe(limits.sourcesMax);
    expect(trees.state.own).toBeLessThanOrEqual(limits.treesMax);
    expect([...trees.all()].length).toBe(trees.state.own + 1);
  });

  it("forget a link that is down", () => {
    const trees = new Trees(1);
    active(trees, 1, 0);
    for (const tree of trees.all()) {
      tree.lazy.set(5, 0);
      [tree.parent, tree.trial] = [5, 5];
    }
    trees.onLinkDown(5);
    for (const { lazy, parent, trial } of trees.all())
      expect([lazy.size, parent, trial]).toEqual([0, undefined, undefined]);
  });
});
