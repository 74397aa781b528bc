/**
 * Tabs are put to sleep and wake up again: nothing runs in them for a while, then everything that waited comes at once.
 * They are neither accused nor do they accuse, and they miss nothing.
 */
import { number, scenario, share, type Scenario } from "../scenario.ts";
import { expectNoMisbehavior, expectOneComponent, formed, outcomeOf, pass, settle, TOPIC } from "./stage.ts";

const flags = {
  sleepers: share("share of peers that sleep", 0.3),
  seconds: number("s", "simulated seconds that each sleeps", 20, 1),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
};

export const sleep: Scenario = scenario({
  name: "sleep",
  summary: "peers that are frozen for a while come back without harm and miss nothing",
  nodes: 40,
  flags,
  run: ({ sleepers, seconds, rate }, run) => {
    const world = formed(run, { network: { loss: 0.02 } });
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + (30 + seconds) * 1_000);
    for (const node of world.nodes.slice(0, Math.round(sleepers * run.nodes))) {
      world.at(world.nowMs + 5_000 + 500 * node.index, () => node.freeze(seconds * 1_000));
    }
    pass(world, run, "sleeping", (30 + seconds) * 1_000);
    const settledSeconds = settle(world, run, 60_000);
    expectOneComponent(world);
    expectNoMisbehavior(world);
    return outcomeOf(world, { settledSeconds });
  },
});
