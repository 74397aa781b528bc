import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Standing } from "./standing.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

function setUp(hasSeeds: boolean) {
  const changes: string[] = [];
  const standing = new Standing(hasSeeds, (state, previous) => changes.push(`${previous} -> ${state}`));
  return { standing, changes };
}

test("without a seed to ask it is alone from the start", async () => {
  const { standing } = setUp(false);
  expect(standing.state).toBe("alone");
  expect(await standing.settled(1)).toBe(true);
});

test("with a seed it is settled by its word, or by a link", async () => {
  for (const settle of [(s: Standing) => s.onAlone(), (s: Standing) => s.onNeighbors(1)]) {
    const { standing } = setUp(true);
    const settled = standing.settled(1000);
    settle(standing);
    expect(await settled).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  }
});

test("what settles too late is not settled", async () => {
  const { standing } = setUp(true);
  const settled = standing.settled(1000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await settled).toBe(false);
  expect(standing.state).toBe("cut-off");
});

test("who had links and lost them is cut off, until a seed says that nobody is there", () => {
  const { standing, changes } = setUp(true);
  standing.onAlone();
  standing.onNeighbors(2);
  standing.onNeighbors(1);
  standing.onNeighbors(0);
  standing.onAlone();
  expect(changes).toEqual(["cut-off -> alone", "alone -> connected", "connected -> cut-off", "cut-off -> alone"]);
});

test("links make no difference to who paused; resuming begins anew", () => {
  const { standing, changes } = setUp(true);
  standing.onNeighbors(1);
  standing.pause();
  standing.onNeighbors(0);
  standing.resume();
  standing.onNeighbors(1);
  expect(changes).toEqual(["cut-off -> connected", "connected -> paused", "paused -> cut-off", "cut-off -> connected"]);
});

test("leaving is the end, and nobody waits any longer", async () => {
  const { standing, changes } = setUp(true);
  const settled = standing.settled(1000);
  standing.leave();
  standing.onNeighbors(3);
  expect(await settled).toBe(true);
  expect(changes).toEqual(["cut-off -> left"]);
});
