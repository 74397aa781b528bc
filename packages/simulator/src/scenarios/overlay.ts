/**
 * The overlay of whole peers, with nothing published. It forms from a seed's introductions, or from a ring in which each
 * newcomer hears of one other only; then it is one component after every single event, its clustering is near a random
 * graph's, every peer is known to the same number of owners, and offers along routes of descriptors arrive.
 */
import { DEFAULT_TUNING } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { spreadOf } from "../graph.ts";
import type { Node } from "../node.ts";
import { choice, number, scenario, share, type Scenario, whole } from "../scenario.ts";
import { World } from "../world.ts";
import { expectNoMisbehavior, outcomeOf, pass, until } from "./stage.ts";

const flags = {
  start: choice("whom a newcomer hears of: a few at random, or only the one before it", ["seed", "ring"], "seed"),
  loss: share("share of packets lost", 0.02),
  settle: number("s", "simulated seconds until the overlay is measured: by then each ring has turned", 620),
  seconds: number("s", "simulated seconds that are measured", 300),
  clustered: number("n", "greatest clustering, in multiples of a random graph's", 1.5),
  near: whole("n", "rings that keep the nearest, by round trip, of several assigned", DEFAULT_TUNING.nearRings),
  arrivals: share("least share of routed offers that arrive", 0.6),
  evenness: share("greatest spread of the number of owners by whom a peer is known, relative to its mean", 0.05),
};

export const overlay: Scenario = scenario({
  name: "overlay",
  summary:
    "whole peers and no rumors: one component after every event, as good as random, known evenly, routes that lead",
  nodes: 100,
  flags,
  run: ({ start, loss, settle, seconds, clustered, near, arrivals, evenness }, run) => {
    const { seed, nodes, replay, vaults } = run;
    const world = new World({
      seed,
      replay,
      skewMs: 100,
      driftPpm: 100,
      network: { loss },
      tuning: { nearRings: near },
      seedOptions: start === "ring" ? { introductions: 1, latestOnly: true } : {},
      ...(vaults === undefined ? {} : { vaults: vaults(streamOf(seed, "vaults")) }),
    });
    world.spawn(nodes, 10 * nodes);
    const formedSeconds = until(world, run, "forming", 120_000 + 10 * nodes, () => isWhole(world, nodes));
    if (!isWhole(world, nodes)) world.fail(`expected one overlay, got components of ${components(world)}`);
    const watch = new Watch(world);
    pass(world, run, "settling", settle * 1_000);
    const before = routedBy(world.living);
    const owners: number[][] = world.living.map(() => []);
    const clusterings: number[] = [];
    for (let second = 0; second < seconds; second += 10) {
      pass(world, run, `measuring, ${second} of ${seconds} s`, 10_000);
      const counts = ownersOf(world.living);
      for (const [i, node] of world.living.entries()) owners[i]!.push(counts.get(node.id) ?? 0);
      clusterings.push(world.graph().clustering());
    }
    watch.stop();
    const graph = world.graph();
    const random = graph.degrees().mean / nodes;
    const clustering = mean(clusterings);
    if (clustering > clustered * random) {
      world.fail(
        `expected clustering of at most ${clustered} times ${random.toFixed(4)}, got ${clustering.toFixed(4)}`,
      );
    }
    const after = routedBy(world.living);
    const begun = after.begun - before.begun;
    const arrived = begun === 0 ? 1 : (after.arrived - before.arrived) / begun;
    if (arrived < arrivals) world.fail(`expected ${arrivals} of ${begun} routed offers to arrive, got ${arrived}`);
    const known = spreadOf(owners.map(mean));
    if (known.sd > evenness * known.mean) {
      world.fail(`expected everyone to be known to ${known.mean.toFixed(1)} owners, got a spread of ${known.sd}`);
    }
    expectNoMisbehavior(world);
    const members = spreadOf(world.living.map((node) => node.peer.counts.membersEstimate));
    return outcomeOf(world, {
      formedSeconds,
      checks: watch.checks,
      clusteringMean: clustering,
      clusteringRandom: random,
      ownersMean: known.mean,
      ownersSd: known.sd,
      ownersMin: known.min,
      ownersMax: known.max,
      nearRttMs: roundTrips(world.living, true),
      farRttMs: roundTrips(world.living, false),
      routedOffers: begun,
      routedArrived: arrived,
      knownMean: mean(world.living.map((node) => node.peer.counts.descriptors.known)),
      membersEstimateMean: members.mean,
      membersEstimateSd: members.sd,
    });
  },
});

/** Looks after every event that took a link away whether the overlay is still one. */
class Watch {
  checks = 0;
  private readonly world: World;
  private readonly degrees = new Map<Node, number>();
  private readonly look: (node: Node) => void;

  constructor(world: World) {
    this.world = world;
    for (const node of world.living) this.degrees.set(node, node.neighbors.size);
    this.look = (node) => this.onSettled(node);
    world.invariants.push(this.look);
  }

  stop(): void {
    this.world.invariants.splice(this.world.invariants.indexOf(this.look), 1);
  }

  private onSettled(node: Node): void {
    const before = this.degrees.get(node) ?? 0;
    const { size } = node.neighbors;
    if (size === before) return;
    this.degrees.set(node, size);
    // A link more parts nothing.
    if (size > before) return;
    this.checks++;
    if (!isWhole(this.world, this.world.living.length)) {
      this.world.fail(`expected one overlay after every event, got components of ${components(this.world)}`);
    }
  }
}

/** Mean least round trip of the links that serve near rings, or the others. */
function roundTrips(nodes: readonly Node[], near: boolean): number {
  const rtts = nodes.flatMap(({ peer }) => {
    const { overlay, liveness, foundation, now } = peer.rooms;
    const firstNear = foundation.config.tuning.rings - foundation.config.tuning.nearRings;
    return overlay.neighbors
      .served(now)
      .filter(({ ring }) => ring >= firstNear === near)
      .map(({ ring, epoch }) => liveness.rttLeastMs(overlay.neighbors.serving(ring, epoch)!.neighbor.link) ?? 0);
  });
  return mean(rtts);
}

function isWhole(world: World, nodes: number): boolean {
  const living = world.living.filter((node) => node.neighbors.size > 0);
  return living.length === nodes && world.graph().components().length === 1;
}

function components(world: World): string {
  return world.graph().components().slice(0, 8).join(", ");
}

function routedBy(nodes: readonly Node[]): { readonly begun: number; readonly arrived: number } {
  let begun = 0;
  let arrived = 0;
  for (const node of nodes) {
    const { routes } = node.peer.counts;
    begun += routes.begun;
    arrived += routes.arrived;
  }
  return { begun, arrived };
}

/** By how many each peer is owned. */
function ownersOf(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const node of nodes) {
    for (const { creator } of node.peer.rooms.overlay.state.finding!.table.owned) {
      owners.set(creator, (owners.get(creator) ?? 0) + 1);
    }
  }
  return owners;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
