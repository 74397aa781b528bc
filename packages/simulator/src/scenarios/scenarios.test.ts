import { describe, expect, test } from "vitest";
import type { Outcome, Scenario } from "../scenario.ts";
import { realVaults } from "../vault-real.ts";
import { clocks } from "./clocks.ts";
import { crash } from "./crash.ts";
import { order } from "./order.ts";
import { overload } from "./overload.ts";
import { overlay } from "./overlay.ts";
import { partition } from "./partition.ts";
import { profiles } from "./profiles.ts";
import { restart } from "./restart.ts";
import { sleep } from "./sleep.ts";
import { spread } from "./spread.ts";
import { state } from "./state.ts";

/** One run; a scenario throws when what it is about does not hold. The campaigns of many seeds are `npm run soak`. */
function play(
  one: Scenario,
  seed: number,
  { nodes = one.nodes, real = false, ...flags }: { nodes?: number; real?: boolean; [flag: string]: unknown } = {},
): Outcome["facts"] {
  const values = Object.fromEntries(
    Object.entries(one.flags).map(([name, { fallback }]) => [name, flags[name] ?? fallback]),
  );
  const vaults = real ? realVaults : undefined;
  const replay = `npx grapevine simulate ${one.name} --seed ${seed} --nodes ${nodes} and ${JSON.stringify(flags)}`;
  return one.run(values, { seed, nodes, replay, vaults, progress: () => {} }).facts;
}

describe("every rumor reaches every peer that stays, exactly once and in its author's order", () => {
  test("100 peers, 10% packet loss, 20% churn over 60 s", { timeout: 300_000 }, () => {
    const facts = play(spread, 1);
    expect(facts.rumors).toBeGreaterThan(200);
    expect(facts.departed).toBeGreaterThan(5);
    expect(facts.joined).toBeGreaterThan(5);
    expect(facts.gaps).toBe(0);
  });

  const harsh = { nodes: 30, loss: 0.2, churn: 1, seconds: 30, rate: 4, repair: 90 };
  test.each([2, 3])("20%% loss, all of 30 peers replaced within a minute, seed %i", { timeout: 300_000 }, (seed) => {
    expect(play(spread, seed, harsh).components).toBe(1);
  });

  test("with real signatures and seals", { timeout: 300_000 }, () => {
    expect(play(spread, 5, { nodes: 20, seconds: 10, rate: 3, real: true }).rumors).toBeGreaterThan(10);
  });
});

describe("any permutation of one set of rumors ends in one digest", () => {
  test.each([1, 2])("seed %i", { timeout: 60_000 }, (seed) => {
    expect(play(order, seed).digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("with real signatures", { timeout: 60_000 }, () => {
    play(order, 4, { permutations: 3, real: true });
  });
});

test(
  "two halves that could not reach each other for 20 s are one mesh again, and lack nothing",
  { timeout: 120_000 },
  () => {
    const facts = play(partition, 1, { nodes: 20, rate: 2 });
    expect(facts.componentsApart).toBe(2);
    expect(facts.components).toBe(1);
  },
);

test("two halves with one link left between them are one overlay again with no seed", { timeout: 120_000 }, () => {
  expect(
    play(partition, 1, { nodes: 30, settled: 60, seconds: 30, seeds: "down", bridges: 1, rate: 2 }).components,
  ).toBe(1);
});

test("maps written on both sides of a partition have one digest again", { timeout: 120_000 }, () => {
  const facts = play(state, 1, { nodes: 16, seconds: 5, partitionSeconds: 20, keys: 30, churn: 0 });
  expect(facts.digestsApart).toBeGreaterThan(1);
  expect(facts.rounds).toBeLessThanOrEqual(10);
});

test(
  "at 30% packet loss and 10% churn a minute maps and rumors are the same everywhere within 30 rounds",
  { timeout: 120_000 },
  () => {
    const facts = play(state, 1, { nodes: 20, seconds: 5, partitionSeconds: 20, loss: 0.3 });
    expect(facts.rounds).toBeLessThanOrEqual(15);
    expect(facts.gaps).toBe(0);
  },
);

test(
  "at 10% packet loss, with 30 peers replaced within a minute, all profiles are the same everywhere within 5 rounds",
  { timeout: 120_000 },
  () => {
    const facts = play(profiles, 2, { seconds: 8, rest: 2, churn: 1 });
    expect(facts.said).toBeGreaterThan(40);
    expect(facts.joined).toBeGreaterThan(2);
    expect(facts.rounds).toBeLessThanOrEqual(5);
  },
);

test("with the seed dead, the survivors of a crash of a third are one overlay", { timeout: 120_000 }, () => {
  expect(play(crash, 1, { nodes: 40, rate: 2 }).shareInLargest).toBe(1);
});

test("one ring leads to the nearer of those that chance assigned", { timeout: 120_000 }, () => {
  const facts = play(overlay, 1, { nodes: 50, settle: 90, seconds: 10, near: 1, evenness: 1, arrivals: 0 });
  expect(facts.nearRttMs).toBeLessThan(0.9 * Number(facts.farRttMs));
});

test("clocks that are 20 s off, and some that jump by minutes, harm nobody", { timeout: 120_000 }, () => {
  expect(play(clocks, 1, { nodes: 20, rate: 2 }).gaps).toBe(0);
});

test("peers that were frozen for 20 s come back without harm and miss nothing", { timeout: 120_000 }, () => {
  play(sleep, 1, { nodes: 20, rate: 2 });
});

test("peers that restart with the same key are taken in again", { timeout: 120_000 }, () => {
  expect(play(restart, 1, { nodes: 20 }).components).toBe(1);
});

describe("an author who publishes ten times what its links carry", () => {
  test(
    "costs itself most of its rumors, and the others, the rounds and the memory hardly anything",
    { timeout: 300_000 },
    () => {
      const facts = play(overload, 1, { nodes: 8, seconds: 4 });
      expect(facts.dropped).toBeGreaterThan(1_000);
      expect(facts.deliveries).toBeGreaterThan(150);
      expect(facts.missing).toBe(0);
    },
  );
});
