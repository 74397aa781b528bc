import { describe, expect, test } from "vitest";
import { at, makeFoundation } from "../room.testing.ts";
import { Nearness } from "./nearness.ts";

const foundation = makeFoundation(undefined, { nearRings: 1 });
const { rings, ringHoldMs, nearTrials } = foundation.config.tuning;
const near = { ring: rings - 1, epoch: 7 };
const measured = { servingRttMs: 40, rivalRttMs: 30, alive: true };

/** Everyone whom chance allows is tried, and each loses. */
function tryAll(nearness: Nearness): void {
  for (let i = 0; i < nearTrials; i++) {
    nearness.challenge(near.ring, near.epoch, `peer ${i}`, at(0));
    nearness.decide(near.ring, near.epoch, { ...measured, alive: false }, at(0));
  }
}

describe("nearness", () => {
  test("only near rings choose, and not before their link has settled", () => {
    const nearness = new Nearness(foundation);
    const served = Array.from({ length: rings }, (_, ring) => ({ ring, epoch: 7, sinceMs: 0 }));
    expect(nearness.undecided(served, at(ringHoldMs - 1))).toEqual([]);
    expect(nearness.undecided(served, at(ringHoldMs))).toMatchObject([near]);
  });

  test("the nearer of two serves, by round trips that have been measured", () => {
    const nearness = new Nearness(foundation);
    nearness.challenge(near.ring, 7, "b", at(0));
    expect(nearness.decide(near.ring, 7, measured, at(100))).toBe(false);
    expect(nearness.rival(near.ring, 7)).toBe("b");
    expect(nearness.decide(near.ring, 7, { ...measured, rivalRttMs: undefined }, at(60_000))).toBe(false);
    expect(nearness.decide(near.ring, 7, measured, at(60_000))).toBe(true);
    expect(nearness.rival(near.ring, 7)).toBeUndefined();
  });

  test("a rival that is farther, or does not come, changes nothing", () => {
    const nearness = new Nearness(foundation);
    nearness.challenge(near.ring, 7, "b", at(0));
    expect(nearness.decide(near.ring, 7, { ...measured, rivalRttMs: 40 }, at(60_000))).toBe(false);
    nearness.challenge(near.ring, 7, "c", at(60_000));
    expect(nearness.decide(near.ring, 7, { ...measured, alive: false }, at(60_001))).toBe(false);
    expect(nearness.tried(near.ring, 7)).toEqual(["b", "c"]);
  });

  test("no more are tried in an epoch than chance allows, and the next epoch begins anew", () => {
    const nearness = new Nearness(foundation);
    tryAll(nearness);
    expect(nearness.undecided([{ ...near, sinceMs: 0 }], at(ringHoldMs))).toEqual([]);
    expect(nearness.undecided([{ ...near, epoch: 8, sinceMs: 0 }], at(ringHoldMs))).toHaveLength(1);
    expect(nearness.tried(near.ring, 8)).toEqual([]);
  });

  test("with nobody else within tolerance the first stays", () => {
    const nearness = new Nearness(foundation);
    nearness.challenge(near.ring, 7, undefined, at(0));
    expect(nearness.undecided([{ ...near, sinceMs: 0 }], at(ringHoldMs))).toEqual([]);
    expect(nearness.decide(near.ring, 7, measured, at(60_000))).toBe(false);
  });
});
