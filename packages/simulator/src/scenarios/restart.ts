/**
 * Peers crash and come back at once with the same key: a reload. Their new incarnation is taken in while others still
 * hold links to the old one, and what they publish afterwards is a new log that everyone hears.
 */
import { scenario, share, whole, type Scenario } from "../scenario.ts";
import { expectNoMisbehavior, expectOneComponent, formed, outcomeOf, pass, settle, TOPIC } from "./stage.ts";

const flags = {
  share: share("share of peers that restart", 0.25),
  times: whole("n", "how often each does", 3, 1),
  loss: share("share of packets lost", 0.02),
};

export const restart: Scenario = scenario({
  name: "restart",
  summary: "peers that restart with the same key are taken in again and convict nobody, themselves least",
  nodes: 40,
  flags,
  run: ({ share, times, loss }, run) => {
    const world = formed(run, { network: { loss } });
    const restless = world.nodes.slice(0, Math.round(share * run.nodes));
    for (let time = 0; time < times; time++) {
      for (const node of world.nodes) world.publish(node, TOPIC);
      pass(world, run, "publishing", 5_000);
      for (const node of restless) {
        world.at(world.nowMs + 200 * node.index, () => {
          node.crash();
          world.start(node);
        });
      }
      pass(world, run, "restarting", 15_000);
    }
    for (const node of world.nodes) world.publish(node, TOPIC);
    const settledSeconds = settle(world, run, 60_000);
    expectOneComponent(world);
    expectNoMisbehavior(world);
    return outcomeOf(world, { restarts: times * restless.length, settledSeconds });
  },
});
