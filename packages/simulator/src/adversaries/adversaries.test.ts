import { describe, expect, test } from "vitest";
import { attack } from "../commands/attack.ts";
import type { Disguise } from "../node.ts";
import type { Outcome } from "../scenario.ts";
import { World } from "../world.ts";
import { Crew, Deviant, KIND_NAMES, KINDS, type KindName } from "./index.ts";

/** One small run; it fails by itself where something that must hold does not. */
function play(kind: KindName, { nodes = 10, rounds = 3, seed = 1, byzantine = 0.3, ...more } = {}): Outcome["facts"] {
  const fallbacks = Object.entries(attack.flags).map(([name, { fallback }]) => [name, fallback] as const);
  const values = { ...Object.fromEntries(fallbacks), kind, byzantine, rounds, model: "peers", ...more };
  const replay = `npx grapevine simulate attack --model peers --kind ${kind} --seed ${seed} --nodes ${nodes}`;
  return attack.run(values, { seed, nodes, replay, vaults: undefined, progress: () => {} }).facts;
}

/** Every run that comes to an end has held these; they are here to be read. */
const held = { delivered: 1, convictedWrong: 0, gaps: 0 };

describe("what two signatures prove is proved, and who signed them is expelled by everyone", () => {
  test.each(["equivocate", "hub", "clone", "cold-boot"] as const)("%s", (kind) => {
    const facts = play(kind, { rounds: 8 });
    expect(facts).toMatchObject({ ...held, convictedRight: 3 });
    expect(facts.roundsToExpel).toBeLessThanOrEqual(10);
  });
});

describe("what proves nothing against its sender costs it the link, and reaches nobody", () => {
  test.each(["bit-flip", "forge", "accuse"] as const)("%s", (kind) => {
    const facts = play(kind);
    expect(facts).toMatchObject({ ...held, convictedRight: 0 });
    // As often as there are deviants, at least; how much oftener is chance.
    expect(facts.blamed).toBeGreaterThanOrEqual(3);
  });
});

test.each(["withhold", "phantom"] as const)("%s keeps nothing from anybody", (kind) => {
  expect(play(kind)).toMatchObject({ ...held, convictedRight: 0, blamed: 0 });
});

describe("what is to fill memories and links does neither", () => {
  test.each(["storm", "phantom", "malformed"] as const)("%s", (kind) => {
    const facts = play(kind);
    expect(facts).toMatchObject(held);
    // Of what an honest peer sends and keeps in an honest mesh of the same size.
    expect(facts.bytesFactor).toBeLessThanOrEqual(3);
    expect(facts.memoryFactor).toBeLessThanOrEqual(1.5);
    // And in bytes: the state of a whole peer of a small mesh.
    expect(facts.memoryPerNode).toBeLessThan(500_000);
  });
});

describe("who lies about maps keeps honest maps from nobody, at a bounded cost", () => {
  test.each(["map-phantom", "map-restless", "map-stale", "map-undelete", "map-future"] as const)("%s", (kind) => {
    const facts = play(kind, { rounds: 4 });
    expect(facts).toMatchObject({ ...held, convictedRight: 0, blamed: 0 });
    expect(facts.bytesFactor).toBeLessThanOrEqual(3);
    expect(facts.memoryFactor).toBeLessThanOrEqual(1.5);
  });
});

test("a mesh in which a third does something else each holds what it promises", () => {
  expect(play("mix", { nodes: 16, seed: 2 })).toMatchObject(held);
});

test("who stands before a peer and changes nothing is told from nobody", () => {
  const printOf = (disguise: Disguise | undefined): string => {
    const world = new World({ seed: 3 });
    world.spawn(4, 1_000, disguise);
    world.run(20_000);
    return world.fingerprint;
  };
  expect(printOf((peer, random) => new Deviant(peer, random, new Crew()))).toBe(printOf(undefined));
});

test("every kind has a name, and every name a kind", () => {
  expect(KIND_NAMES.toSorted()).toEqual(Object.keys(KINDS).toSorted());
  expect(KIND_NAMES).toContain("mix");
});
