/**
 * Machines whose clocks are off by many seconds, and some that are set forward or back in the middle of it. Nobody is
 * taken for a cheat, mesh time agrees, and every rumor arrives.
 */
import { spreadOf } from "../graph.ts";
import { number, scenario, share, type Scenario } from "../scenario.ts";
import { expectNoMisbehavior, expectOneComponent, formed, outcomeOf, pass, settle, TOPIC } from "./stage.ts";

const flags = {
  skew: number("s", "clocks are off by up to this many seconds, either way", 20),
  jumping: share("share of peers whose clock is set while they run", 0.2),
  jump: number("s", "by up to this many seconds, either way", 600),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
};

export const clocks: Scenario = scenario({
  name: "clocks",
  summary: "wrong and jumping clocks neither convict anybody nor lose a rumor",
  nodes: 40,
  flags,
  run: ({ skew, jumping, jump, rate }, run) => {
    const world = formed(run, { skewMs: skew * 1_000, network: { loss: 0.02 } });
    pass(world, run, "settling", 30_000);
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + 60_000);
    for (const node of world.nodes) {
      if (node.index >= jumping * run.nodes) break;
      // Early ones forward, late ones back, by a different amount each.
      const byMs =
        Math.round((jump * 1_000 * (node.index + 1)) / (jumping * run.nodes)) * (node.index % 2 === 0 ? 1 : -1);
      world.at(world.nowMs + 10_000 + 1_000 * node.index, () => node.jumpClock(byMs));
    }
    pass(world, run, "jumping", 60_000);
    const settledSeconds = settle(world, run, 90_000);
    expectOneComponent(world);
    expectNoMisbehavior(world);
    // A median of neighbors' clocks can be no better than these are; but nobody's jump may show in it.
    const { min, max } = spreadOf(world.nodes.map((node) => node.peer.meshMs - world.epochMs));
    const withinMs = 2_000 * skew + 1_000;
    if (max - min > withinMs)
      world.fail(`expected mesh times within ${withinMs} ms of each other, got ${max - min} ms`);
    return outcomeOf(world, { meshTimeSpreadMs: max - min, settledSeconds });
  },
});
