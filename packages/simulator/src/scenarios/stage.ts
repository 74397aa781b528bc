/** What scenarios of whole peers have in common: how a world begins, what must hold at its end, what is measured. */
import { streamOf } from "../chance.ts";
import { quantile } from "../graph.ts";
import { Ledger } from "../ledger.ts";
import type { Node } from "../node.ts";
import type { Outcome, Run } from "../scenario.ts";
import { totalOf } from "../traffic.ts";
import { World, type WorldOptions } from "../world.ts";

/** The topic of all scenarios: 16 bytes as 32 hex digits, as topic tags are. */
export const TOPIC: string = "5a".repeat(16);

/** Time for a mesh to form: peers join over a third of it. */
export const FORMING_MS = 30_000;

/** A mesh that has formed, with clocks as good as NTP makes them. */
export function formed(run: Run, options: Omit<WorldOptions, "seed" | "replay" | "vaults"> = {}): World {
  const { seed, nodes, replay, vaults, progress } = run;
  const world = new World({
    seed,
    replay,
    topics: [TOPIC],
    skewMs: 100,
    driftPpm: 100,
    ...(vaults === undefined ? {} : { vaults: vaults(streamOf(seed, "vaults")) }),
    ...options,
  });
  progress("forming");
  world.spawn(nodes, FORMING_MS / 3);
  world.run(FORMING_MS);
  return world;
}

/** Let a span of the world's time pass, saying how far it is. */
export function pass(world: World, run: Run, what: string, forMs: number): void {
  const steps = Math.max(1, Math.ceil(forMs / 1_000));
  for (let step = 0; step < steps; step++) {
    run.progress(`${what}, ${step} of ${steps} s`);
    world.run(forMs / steps);
  }
}

/** Everyone who was there has everything, or the run fails. */
function expectAllDelivered(world: World, stayers: readonly Node[]): void {
  const missing = world.ledger.missing(stayers);
  const [first] = missing;
  if (first === undefined) return;
  const { node, rumor, order } = first;
  const { live, history, sinceMs } = world.ledger.reader(node);
  world.fail(
    `${missing.length} deliveries are missing; the first, in the ${order} order: ${Ledger.nameOf(rumor)} of ` +
      `${(rumor.atMs / 1_000).toFixed(1)} s at node ${node.index} (there since ${(sinceMs / 1_000).toFixed(1)} s, ` +
      `${node.neighbors.size} neighbors, ${live.size} live, ${history.size} in full)`,
  );
}

/** Let time pass until something holds, at most for so long. Returns the seconds it took. */
export function until(world: World, run: Run, what: string, atMostMs: number, holds: () => boolean): number {
  const sinceMs = world.nowMs;
  while (!holds() && world.nowMs - sinceMs < atMostMs) pass(world, run, what, 1_000);
  return (world.nowMs - sinceMs) / 1_000;
}

/** Let the mesh repair until nobody lacks anything; fails when somebody still does after so long. */
export function settle(world: World, run: Run, atMostMs: number): number {
  const seconds = until(world, run, "settling", atMostMs, () => world.ledger.missing(world.living).length === 0);
  expectAllDelivered(world, world.living);
  return seconds;
}

/** Honest peers never accuse each other, and none is suspected so much that it loses a link. */
export function expectNoMisbehavior(world: World): void {
  for (const [what, count] of world.misbehavior) {
    world.fail(`honest peers accused each other ${count} times: ${what}`);
  }
  for (const { index, peer } of world.living) {
    const { ended, graylisted } = peer.counts.scores;
    if (ended + graylisted > 0) world.fail(`node ${index} ended ${ended} links to honest peers for their scores`);
  }
}

export function expectOneComponent(world: World, nodes: readonly Node[] = world.living): void {
  const components = world.graph(nodes).components();
  if (components.length > 1) world.fail(`expected one overlay, got components of ${components.join(", ")}`);
}

export function outcomeOf(world: World, more: Readonly<Record<string, number>> = {}): Outcome {
  const { ledger } = world;
  const graph = world.graph();
  const nodeSeconds = world.nodes.reduce((sum, node) => sum + node.onMs, 0) / 1_000;
  const traffic = totalOf(world.nodes.map((node) => node.traffic));
  let bytes = 0;
  for (const tally of traffic.values()) bytes += tally.bytes;
  return {
    facts: {
      rumors: ledger.published.length,
      deliveries: ledger.deliveries,
      gaps: ledger.gaps,
      latencyP50Ms: Math.round(quantile(ledger.latenciesMs, 0.5)),
      latencyP99Ms: Math.round(quantile(ledger.latenciesMs, 0.99)),
      latencyMaxMs: Math.round(quantile(ledger.latenciesMs, 1)),
      living: graph.size,
      components: graph.components().length,
      clustering: graph.clustering(),
      pathLength: graph.pathLength(streamOf(world.seed, "measures")),
      degreeMean: graph.degrees().mean,
      degreeMin: graph.degrees().min,
      degreeMax: graph.degrees().max,
      seedBusiestSecond: Math.max(0, ...world.seeds.map(({ load }) => load.busiestSecond)),
      bytesPerNodeSecond: Math.round(bytes / nodeSeconds),
      ...more,
      inputs: world.inputs,
      fingerprint: world.fingerprint,
    },
    series: { "share of deliveries by latency": { x: "ms", points: distributionOf(ledger.latenciesMs) } },
    tables: {
      "sent by a node in a second": [...traffic]
        .toSorted(([, a], [, b]) => b.bytes - a.bytes)
        .map(([kind, tally]) => ({
          frame: kind,
          frames: tally.frames / nodeSeconds,
          bytes: tally.bytes / nodeSeconds,
        })),
    },
  };
}

/** Points of a cumulative distribution, few enough to draw. */
function distributionOf(values: readonly number[]): readonly (readonly [number, number])[] {
  const sorted = Float64Array.from(values).toSorted();
  const steps = Math.min(100, sorted.length);
  return Array.from({ length: steps }, (_, i) => {
    const share = (i + 1) / steps;
    return [Math.round(sorted[Math.ceil(share * sorted.length) - 1]!), share];
  });
}
