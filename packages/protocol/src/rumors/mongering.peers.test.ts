/** Whole peers whose mesh is configured for rumor mongering, with everything else as it ships. */
import { describe, expect, test } from "vitest";
import { DEFAULT_TUNING, type Tuning } from "../config.ts";
import { bytesOf, Harness, type TestNode } from "../harness.testing.ts";
import type { MongeringRules } from "../spreading/mongering-rules.ts";

const topic = "00".repeat(16);
const retention = { countMax: 1_000, bytesMax: 1_000_000, ageMs: 0 };
const PEERS = 30;

function meshOf(rules: Partial<MongeringRules>, tuning: Partial<Tuning> = {}): Harness {
  const mongering = { ...DEFAULT_TUNING.mongering, ...rules };
  const world = new Harness({ tuning: { spreading: "mongering", mongering, ...tuning } });
  for (let i = 1; i <= PEERS; i++) {
    world.add(i);
    world.run(100);
  }
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic });
  world.run(8_000);
  return world;
}

function publish(world: Harness, node: TestNode, text: string): void {
  world.command(node, { kind: "publish", ref: -1, topic, keyId: new Uint8Array(8), body: bytesOf(text), retention });
}

function reached(world: Harness, text: string): number {
  const heard = ({ delivered }: TestNode): string[] => delivered.map(({ rumor }) => String.fromCharCode(...rumor.body));
  return world.nodes.filter((node) => heard(node).includes(text)).length;
}

function sum(
  world: Harness,
  count: "susceptible" | "infective" | "removed" | "updates" | "refused" | "hunted",
): number {
  return world.nodes.reduce((all, { peer }) => all + peer.rumorCounts.spreading.mongering[count], 0);
}

describe(`${PEERS} peers that monger`, () => {
  test("one rumor reaches every peer in seconds, before any round; it ends removed at each, for the traffic of its k", () => {
    // Rounds come too late to help.
    const world = meshOf({}, { repairPeriodMs: 1_000_000 });
    publish(world, world.nodes[0]!, "hello");
    world.run(6_000);
    expect(reached(world, "hello")).toBe(PEERS);
    expect(sum(world, "infective")).toBe(0);
    expect(sum(world, "susceptible")).toBe(0);
    expect(sum(world, "removed")).toBe(PEERS);
    for (const { peer } of world.nodes) expect(peer.rumorCounts.spreading.strategy).toBe("mongering");
    const traffic = sum(world, "updates") / PEERS;
    expect(traffic).toBeGreaterThan(2);
    expect(traffic).toBeLessThan(8);
    for (const { peer } of world.nodes) expect(peer.rumorCounts.verified).toBeLessThanOrEqual(1);
  });

  test("a push that stops early leaves some out, and rounds bring them the rest", () => {
    const world = meshOf({ direction: "push", k: 1 });
    for (let i = 0; i < PEERS; i++) publish(world, world.nodes[i]!, `rumor ${i}`);
    world.run(4_000);
    expect(world.nodes.reduce((all, { delivered }) => all + delivered.length, 0)).toBeLessThan(0.9 * PEERS * PEERS);
    world.run(26_000);
    for (let i = 0; i < PEERS; i++) expect(reached(world, `rumor ${i}`)).toBe(PEERS);
    expect(sum(world, "infective")).toBe(0);
  });

  test("a greater k spends more contacts, here with a connection limit and hunting", () => {
    const world = meshOf({ direction: "push", k: 4, minimize: false, connectionLimit: 1, hunt: 2 });
    for (let i = 0; i < 10; i++) publish(world, world.nodes[i]!, `rumor ${i}`);
    world.run(10_000);
    // Table 1 has 5.6.
    const traffic = sum(world, "updates") / PEERS / 10;
    expect(traffic).toBeGreaterThan(4.4);
    expect(traffic).toBeLessThan(6.8);
    expect(sum(world, "refused")).toBeGreaterThan(0);
    expect(sum(world, "hunted")).toBeGreaterThan(0);
  });
});

test("peers that monger and peers with a tree understand each other", () => {
  const world = new Harness();
  for (let i = 1; i <= 12; i++) {
    world.add(i, { tuning: { spreading: i % 2 === 0 ? "mongering" : "tree", repairPeriodMs: 1_000_000 } });
    world.run(100);
  }
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic });
  world.run(10_000);
  for (const i of [0, 1]) publish(world, world.nodes[i]!, `rumor ${i}`);
  world.run(5_000);
  expect(reached(world, "rumor 0")).toBe(12);
  expect(reached(world, "rumor 1")).toBe(12);
});
