/**
 * A share of the peers crash at one moment, without a word. With the seed dead the survivors repair what is left by the
 * introductions of their neighbors alone, and whoever is cut off knows it; with a seed they are all one overlay again, and
 * do not stampede it. Either way they go on hearing each other.
 */
import { choice, number, scenario, share, type Scenario } from "../scenario.ts";
import type { World } from "../world.ts";
import { expectNoMisbehavior, formed, outcomeOf, pass, settle, TOPIC, until } from "./stage.ts";

const flags = {
  kill: share("share of peers that crash at once", 1 / 3),
  seeds: choice("whether the seed can be reached after the crash", ["down", "up"], "down"),
  loss: share("share of packets lost", 0.02),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
  largest: share("least share of the survivors that must be one component", 0.95),
  settled: number("s", "simulated seconds after the mesh has formed, before the crash", 10),
  repair: number("s", "simulated seconds for the survivors to find out and repair", 60),
  busiest: number("n", "most knocks, questions and signals that the seed may see in a second, for each survivor", 4),
};

export const crash: Scenario = scenario({
  name: "crash",
  summary: "a mass crash leaves one overlay that repairs itself, with a seed or without; who is cut off knows it",
  nodes: 60,
  flags,
  run: ({ kill, seeds, loss, rate, largest, settled, repair, busiest }, run) => {
    const world = formed(run, { network: { loss } });
    if (seeds === "down") for (const seed of world.seeds) seed.kill();
    pass(world, run, "settling", settled * 1_000);
    for (const { load } of world.seeds) load.busiestSecond = 0;
    const linksBefore = world.graph().degrees().mean;
    const victims = Math.round(kill * run.nodes);
    for (let i = 0; i < victims; i++) world.pick()?.crash();
    const crashedMs = world.nowMs;
    const first = world.pick()!;
    world.publish(first, TOPIC);
    const needed = seeds === "up" ? 1 : largest;
    const repairedSeconds = until(world, run, "repairing", repair * 1_000, () => shareInLargest(world) >= needed);
    const reachedSeconds = repairedSeconds + reach(world, run, repair * 1_000, needed);
    pass(world, run, "repairing", repair * 1_000 - (world.nowMs - crashedMs));
    const repaired = world.graph();
    const share = shareInLargest(world);
    if (share < needed) world.fail(`expected ${needed} of the survivors in one component, got ${share.toFixed(3)}`);
    const seedBusiest = Math.max(0, ...world.seeds.map(({ load }) => load.busiestSecond));
    if (seedBusiest > busiest * repaired.size) world.fail(`expected no stampede, got ${seedBusiest} in a second`);
    const knowing = isolation(world);
    if (knowing.unaware > 0) world.fail(`expected everyone who is cut off to know it, got ${knowing.unaware} unaware`);
    if (knowing.falsely > FALSELY_MAX * repaired.size) {
      world.fail(`expected nobody to be told so falsely, got ${knowing.falsely} of ${repaired.size}`);
    }
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + 20_000);
    pass(world, run, "publishing", 20_000);
    // Whoever is apart when the graph itself fell apart cannot hear the others: nothing but a seed joins components.
    const apart = world.graph().components().length > 1;
    const settledSeconds = apart ? 0 : settle(world, run, 30_000);
    expectNoMisbehavior(world);
    return outcomeOf(world, {
      linksBefore,
      survivors: repaired.size,
      shareInLargest: share,
      degreeMinRepaired: repaired.degrees().min,
      repairedSeconds,
      reachedSeconds,
      isolated: knowing.isolated,
      isolatedFalsely: knowing.falsely,
      seedBusiestAfter: seedBusiest,
      settledSeconds,
    });
  },
});

/** Isolation is told by how much is heard, which is chance: one in a hundred may be wrong. Guess. */
const FALSELY_MAX = 0.01;

function shareInLargest(world: World): number {
  const graph = world.graph();
  return graph.components()[0]! / graph.size;
}

/** Seconds until what was published at the moment of the crash is at so great a share of the survivors. */
function reach(world: World, run: Parameters<Scenario["run"]>[1], atMostMs: number, share: number): number {
  const enough = (): boolean => {
    const lacking = new Set(world.ledger.missing(world.living).map(({ node }) => node));
    return lacking.size <= (1 - share) * world.living.length;
  };
  return until(world, run, "hearing of the crash", atMostMs, enough);
}

/** Who is outside the largest component, and who believes to be. */
function isolation(world: World): { isolated: number; unaware: number; falsely: number } {
  const { living } = world;
  const graph = world.graph();
  const inLargest = graph.largest();
  const outside = living.filter((_, i) => !inLargest.has(i));
  const unaware = outside.filter((node) => !node.peer.counts.isolated).length;
  const falsely = living.filter((node, i) => inLargest.has(i) && node.peer.counts.isolated).length;
  return { isolated: outside.length, unaware, falsely };
}
