import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { at } from "../room.testing.ts";
import { Budget } from "./budget.ts";

/** Makes as many connections as it may, ten times a second for so long. */
function make(budget: Budget, ours: boolean, fromMs: number, toMs: number): number {
  let made = 0;
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 100) {
    while (budget.allows(ours, at(nowMs))) {
      budget.spend(at(nowMs));
      made++;
    }
  }
  return made;
}

describe("budget of connections", () => {
  test("a burst at first, and then so many a minute", () => {
    const made = make(new Budget(), true, 0, 600_000);
    expect(made).toBeGreaterThan(limits.connectionsBurst + 9 * limits.connectionsPerMinute);
    expect(made).toBeLessThanOrEqual(limits.connectionsBurst + 10 * limits.connectionsPerMinute);
  });

  test("callers without number leave half of it for own calls", () => {
    const budget = new Budget();
    expect(make(budget, false, 0, 100)).toBe(limits.connectionsBurst / 2);
    expect(make(budget, true, 100, 200)).toBe(limits.connectionsBurst / 2);
  });

  test("recovers, and counts what it denied", () => {
    const budget = new Budget();
    make(budget, true, 0, 100);
    const { denied } = budget.state;
    expect(budget.allows(true, at(200))).toBe(false);
    expect(budget.state.denied).toBe(denied + 1);
    expect(budget.allows(true, at(60_000))).toBe(true);
  });

  test("a clock that steps back earns nothing", () => {
    const budget = new Budget();
    make(budget, true, 100_000, 100_100);
    for (let i = 0; i < 100; i++) budget.allows(true, at(i % 2 === 0 ? 0 : 1_000));
    expect(budget.state.tokens).toBeLessThan(50);
  });
});
