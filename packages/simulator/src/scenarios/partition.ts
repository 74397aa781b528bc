/**
 * The network falls into two halves for a while, and both go on. When it heals there is one overlay again, and
 * whatever was published on either side is everywhere.
 */
import { choice, number, scenario, share, type Scenario } from "../scenario.ts";
import type { Node } from "../node.ts";
import type { World } from "../world.ts";
import { expectNoMisbehavior, expectOneComponent, formed, outcomeOf, pass, settle, TOPIC, until } from "./stage.ts";

const flags = {
  loss: share("share of packets lost", 0.02),
  seconds: number("s", "simulated seconds of the partition", 20, 1),
  bridges: number("n", "links between the halves that outlast the partition", 0),
  // For some seconds nobody can know of a partition: while a mesh sheds what it formed by, a bridge may be among that.
  settled: number("s", "simulated seconds after the mesh has formed, before the partition", 10),
  seeds: choice("whether the seed lives on", ["up", "down"], "up"),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
  // Who lost half of its links at once asks the seed for a stranger three times in a minute: that is what merges islands.
  repair: number("s", "simulated seconds in which islands must have merged", 90),
};

export const partition: Scenario = scenario({
  name: "partition",
  summary: "two halves that cannot reach each other go on, and are one mesh again when the network heals",
  nodes: 60,
  flags,
  run: ({ loss, seconds, bridges, settled, seeds, rate, repair }, run) => {
    const world = formed(run, { network: { loss } });
    if (seeds === "down") for (const seed of world.seeds) seed.kill();
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + (settled + seconds + 10) * 1_000);
    pass(world, run, "whole", settled * 1_000);
    world.partition((node) => sideOf(node, world), bridges);
    pass(world, run, "apart", seconds * 1_000);
    const across = world.graph().components().length;
    world.heal();
    pass(world, run, "healing", 10_000);
    const whole = (): boolean => world.graph().components().length === 1;
    const mergedSeconds = 10 + until(world, run, "merging", repair * 1_000, whole);
    expectOneComponent(world);
    const settledSeconds = settle(world, run, 60_000);
    expectNoMisbehavior(world);
    return outcomeOf(world, { componentsApart: across, mergedSeconds, settledSeconds });
  },
});

/** Halves, but that nobody is parted from all of its neighbors: with no link and no seed there is no way back. */
function sideOf(node: Node, world: World): number {
  const half = node.index % 2;
  const neighbors = new Set(node.neighbors.values());
  const alone = !world.living.some((other) => neighbors.has(other.id) && other.index % 2 === half);
  return alone ? 1 - half : half;
}
