/**
 * Peers publish while packets are lost and others come and go: every rumor reaches every peer that stays, exactly
 * once and in its author's order.
 */
import { number, scenario, share, type Scenario, whole } from "../scenario.ts";
import { expectNoMisbehavior, formed, outcomeOf, pass, settle, TOPIC } from "./stage.ts";

const flags = {
  loss: share("share of packets lost", 0.1),
  churn: share("share of peers that depart, and as many that join, in a minute", 0.2),
  crashes: share("share of departures without a goodbye", 0.5),
  seconds: number("s", "simulated seconds of publishing and churn", 60, 1),
  rate: number("n", "rumors a second, over all peers", 5, 0.001),
  gaps: whole("n", "most announced gaps that are allowed", 0),
  repair: number("s", "simulated seconds in which all must be repaired at the end", 60),
};

export const spread: Scenario = scenario({
  name: "spread",
  summary: "every rumor reaches every peer that stays, exactly once, through packet loss and churn",
  nodes: 100,
  flags,
  run: ({ loss, churn, crashes, seconds, rate, gaps, repair }, run) => {
    const world = formed(run, { network: { loss } });
    world.churn({ perMinute: churn, crashes });
    world.publishing(TOPIC, 1_000 / rate, world.nowMs + seconds * 1_000);
    pass(world, run, "churning", seconds * 1_000);
    world.churn(undefined);
    const settledSeconds = settle(world, run, repair * 1_000);
    if (world.ledger.gaps > gaps) world.fail(`expected at most ${gaps} announced gaps, got ${world.ledger.gaps}`);
    expectNoMisbehavior(world);
    return outcomeOf(world, {
      settledSeconds,
      joined: world.nodes.length - run.nodes,
      departed: world.nodes.length - world.living.length,
      lostWithAuthor: world.ledger.lostWithAuthor(world.living),
    });
  },
});
