/**
 * The seed dies once the mesh has formed, and then a share of the peers crash at one moment, without a word. The
 * survivors are one overlay, by the introductions of their neighbors alone, and go on hearing each other.
 */
import { number, scenario, share, type Scenario } from "../scenario.ts";
import { expectNoMisbehavior, formed, outcomeOf, pass, settle, TOPIC } from "./stage.ts";

const flags = {
  kill: share("share of peers that crash at once", 1 / 3),
  loss: share("share of packets lost", 0.02),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
  largest: share("least share of the survivors that must be one component", 0.95),
  repair: number("s", "simulated seconds for the survivors to find out and repair", 60),
};

export const crash: Scenario = scenario({
  name: "crash",
  summary: "with the seed dead, a mass crash leaves one overlay that repairs itself",
  nodes: 60,
  flags,
  run: ({ kill, loss, rate, largest, repair }, run) => {
    const world = formed(run, { network: { loss } });
    for (const seed of world.seeds) seed.kill();
    pass(world, run, "seedless", 10_000);
    const victims = Math.round(kill * run.nodes);
    for (let i = 0; i < victims; i++) world.pick()?.crash();
    pass(world, run, "repairing", repair * 1_000);
    const repaired = world.graph();
    const share = repaired.components()[0]! / repaired.size;
    if (share < largest) world.fail(`expected ${largest} of the survivors in one component, got ${share.toFixed(3)}`);
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + 20_000);
    pass(world, run, "publishing", 20_000);
    // Whoever is apart when the graph itself fell apart cannot hear the others: nothing but a seed joins components.
    const apart = world.graph().components().length > 1;
    const settledSeconds = apart ? 0 : settle(world, run, 30_000);
    expectNoMisbehavior(world);
    return outcomeOf(world, { settledSeconds, shareInLargest: share, degreeMinRepaired: repaired.degrees().min });
  },
});
