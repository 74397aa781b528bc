/** Broadcasts by whole peers: the same measures, taken from a world in which links, signatures and repair are there too. */
import { quantile } from "../graph.ts";
import type { Measures } from "../models/broadcast-measures.ts";
import type { Outcome, Run } from "../scenario.ts";
import { formed, pass, TOPIC, until } from "../scenarios/stage.ts";
import { totalOf } from "../traffic.ts";
import type { World } from "../world.ts";
import { outcomeOf, type ProtocolValues } from "./broadcast-flags.ts";

/** Source: `repairPeriodMs`. */
const ROUND_MS = 2_000;
const GAP_MS = 500;
const REPAIR_MS = 120_000;

export function broadcastByPeers(values: ProtocolValues, run: Run): Outcome {
  const { protocol, trees, channel, loss, churn, sources, warm, messages } = values;
  if (protocol === "none" || protocol === "gossipsub") throw new Error(`expected a shipped protocol, got ${protocol}`);
  const world = formed(run, {
    network: { loss },
    tuning: { spreading: protocol, sourceTreesMax: trees, urgent: channel === "urgent" },
  });
  const chosen = Array.from({ length: sources }, () => world.pick()!);
  const publish = (message: number): void => {
    const at = message % sources;
    if (!chosen[at]!.isOn) chosen[at] = world.pick()!;
    world.publish(chosen[at]!, TOPIC, 256);
    pass(world, run, "publishing", GAP_MS);
  };
  world.churn({ perMinute: (churn * 60_000) / ROUND_MS, crashes: 1 });
  for (let i = 0; i < warm; i++) publish(i);
  const dead = Math.round(world.living.length * (values.kill ?? 0));
  for (let i = 0; i < dead; i++) world.pick()!.crash();

  const { ledger } = world;
  const before = countsOf(world);
  const [rumorsBefore, deliveriesBefore] = [ledger.published.length, ledger.latenciesMs.length];
  for (let i = 0; i < messages; i++) publish(i);
  const after = countsOf(world);
  world.churn(undefined);
  until(world, run, "repairing", REPAIR_MS, () => ledger.missing(world.living).length === 0);

  const latencies = ledger.latenciesMs.slice(deliveriesBefore);
  const lost = ledger.missing(world.living).filter(({ order }) => order === "full").length;
  const due = latencies.length + lost;
  const rumors = ledger.published.length - rumorsBefore;
  const measures: Measures = {
    reliability: latencies.length / Math.max(1, due),
    spread: latencies.filter((latency) => latency < ROUND_MS).length / Math.max(1, due),
    rmr: (after.received - before.received) / Math.max(1, after.verified - before.verified) - 1,
    ldh: ledger.hops.slice(deliveriesBefore).reduce((most, hops) => Math.max(most, hops), 0),
    rounds: Math.ceil(quantile(latencies, 1) / ROUND_MS),
    latencyMs: { p50: Math.round(quantile(latencies, 0.5)), p99: Math.round(quantile(latencies, 0.99)) },
    reached: [],
  };
  return outcomeOf(measures, (after.bytes - before.bytes) / world.living.length / rumors, measures);
}

/** What the living have received and believed so far, and what all have sent for the sake of rumors. */
function countsOf(world: World): { readonly received: number; readonly verified: number; readonly bytes: number } {
  let [received, verified, bytes] = [0, 0, 0];
  for (const { peer } of world.living) {
    received += peer.rumorCounts.received;
    verified += peer.rumorCounts.verified + peer.rumorCounts.chained;
  }
  const traffic = totalOf(world.nodes.map((node) => node.traffic));
  for (const kind of ["rumor", "segment", "iHave", "graft", "prune", "digest", "reconcile", "have", "want"]) {
    bytes += traffic.get(kind)?.bytes ?? 0;
  }
  return { received, verified, bytes };
}
