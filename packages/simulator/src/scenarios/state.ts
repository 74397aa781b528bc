/**
 * Replicated maps and a topic over a partition, packet loss and churn: everybody writes, deletes and publishes, on both sides, and to
 * the same keys; once the overlay is one again, all maps soon have one digest, by proof and not by hope, and everybody has every rumor
 * that anybody of them has. Rounds are counted in periods of repair, since then and since the network healed.
 */
import { DEFAULT_TUNING, type Random, toHex } from "@grapevine/protocol";
import { exponential, streamOf } from "../chance.ts";
import { quantile } from "../graph.ts";
import type { Node } from "../node.ts";
import { number, scenario, share, type Scenario, whole } from "../scenario.ts";
import type { World } from "../world.ts";
import { expectNoMisbehavior, formed, outcomeOf, pass, TOPIC, until } from "./stage.ts";

const flags = {
  loss: share("share of packets lost", 0.1),
  churn: share("share of peers that depart, and as many that join, in a minute, all the time", 0.1),
  crashes: share("share of departures without a goodbye", 0.5),
  seconds: number("s", "simulated seconds of writing before the partition", 20, 0),
  partitionSeconds: number("s", "simulated seconds of the partition, in which both sides write", 60, 1),
  writes: number("n", "writes a second, over all peers", 4, 0.001),
  rumors: number("n", "rumors published a second, over all peers", 1, 0),
  keys: whole("n", "keys that are written, by both sides", 60, 1, 10_000),
  deletes: share("share of writes that are deletions", 0.2),
  bytes: whole("n", "bytes of a value", 100, 0, 60_000),
  merge: number("s", "simulated seconds in which the overlay must be one again after the network healed", 240),
  rounds: number("n", "rounds after that in which all who were there when it healed must be equal", 30),
  newcomer: number("s", "simulated seconds in which whoever joined before all those were equal must be, too", 60),
};

const MAP = "3b".repeat(16);
/** The overlay counts as one with so many of those who are there in one component. Guess: at 30% loss one in twenty is without a link. */
const LINKED_SHARE_MIN = 0.9;
/** A deletion's life: longer than any run. */
const DELETION_MS = 86_400_000;
/** Whoever came later than this before the network healed is counted as a newcomer. Guess: two rounds, and a handshake over lost packets. */
const NEWCOMER_MS = 10_000;

export const state: Scenario = scenario({
  name: "state",
  summary: "replicated maps that were written on both sides of a partition are equal soon after it has healed",
  nodes: 40,
  flags,
  run: (
    { loss, churn, crashes, seconds, partitionSeconds, writes, rumors, keys, deletes, bytes, merge, rounds, newcomer },
    run,
  ) => {
    const world = formed(run, { network: { loss } });
    const periodMs = DEFAULT_TUNING.repairPeriodMs;
    const writer = new Writer(world, { meanMs: 1_000 / writes, keys, deletes, bytes });
    world.churn({ perMinute: churn, crashes });
    const writtenMs = world.nowMs + (seconds + partitionSeconds) * 1_000;
    writer.write(writtenMs);
    if (rumors > 0) world.publishing(TOPIC, 1_000 / rumors, writtenMs);
    pass(world, run, "whole", seconds * 1_000);
    world.partition((node) => node.index % 2);
    pass(world, run, "apart", partitionSeconds * 1_000);
    const apart = new Set(settledIn(world).map(digestOf)).size;
    const components = world.graph().components().length;
    const bytesBefore = mapBytes(world);

    world.heal();
    const newcomers = new Newcomers(world);
    const isOne = (): boolean => linked(world).length >= LINKED_SHARE_MIN * settledIn(world).length;
    const mergedSeconds = until(world, run, "merging", merge * 1_000, isOne);
    if (!isOne()) world.fail(`expected one overlay ${merge} s after the network healed`);
    const sinceMs = world.nowMs;
    const points: [number, number][] = [];
    let roundsOfRumors: number | undefined;
    const isEqual = (): boolean => {
      const nodes = linked(world);
      const stayers = nodes.filter((node) => !newcomers.has(node));
      const missing = world.ledger
        .missing(world.living)
        .filter(({ node }) => newcomers.has(node) || nodes.includes(node));
      const [common, count] = mostCommon(stayers.map(digestOf));
      newcomers.look((node) => digestOf(node) === common && !missing.some((one) => one.node === node));
      const round = (world.nowMs - sinceMs) / periodMs;
      points.push([round, count / stayers.length]);
      const lacking = missing.filter(({ node }) => !newcomers.has(node)).length;
      if (lacking === 0) roundsOfRumors ??= round;
      return count === stayers.length && lacking === 0;
    };
    const equalSeconds = until(world, run, "becoming equal", rounds * periodMs, isEqual);
    if (!isEqual()) {
      const equal = linked(world).filter((node) => !newcomers.has(node));
      const [, count] = mostCommon(equal.map(digestOf));
      const parts = world.graph(settledIn(world)).components().join(", ");
      const lacking = `${world.ledger.missing(equal).length} rumors lacking`;
      const what = `the same at ${count} of ${equal.length}, ${lacking}, in components of ${parts}`;
      world.fail(`expected one digest ${rounds} rounds after the overlay was one again, got ${what}`);
    }
    const bytesHealing = mapBytes(world) - bytesBefore;
    // It stays so, at all of them that stay.
    pass(world, run, "staying", 2 * periodMs);
    if (!isEqual()) world.fail("all was equal, and is not any more");
    const late = newcomers.untold;
    const areTold = (): boolean => isEqual() && late.every((node) => !node.isOn || !newcomers.untold.includes(node));
    until(world, run, "telling newcomers", newcomer * 1_000, areTold);
    if (!areTold()) world.fail(`expected newcomers to have everything ${newcomer} s after they came`);
    expectNoMisbehavior(world);
    const [first] = linked(world) as [Node];
    const { keys: held, bytes: heldBytes } = first.peer.mapCounts;
    const outcome = outcomeOf(world, {
      written: writer.written,
      keysHeld: held,
      keysBytes: heldBytes,
      digestsApart: apart,
      componentsApart: components,
      cutOff: settledIn(world).length - linked(world).length,
      mergedSeconds,
      equalSeconds,
      rounds: (equalSeconds * 1_000) / periodMs,
      roundsOfRumors: roundsOfRumors!,
      roundsOf95: points.find(([, share]) => share >= 0.95)![0],
      roundsSinceHealed: ((mergedSeconds + equalSeconds) * 1_000) / periodMs,
      newcomers: newcomers.toldMs.length,
      newcomerP50Seconds: quantile(newcomers.toldMs, 0.5) / 1_000,
      newcomerMaxSeconds: quantile(newcomers.toldMs, 1) / 1_000,
      mapBytesPerNodeHealing: Math.round(bytesHealing / world.living.length),
    });
    return {
      ...outcome,
      facts: { ...outcome.facts, digest: digestOf(first) },
      series: { "share of peers with one digest": { x: "rounds", points } },
    };
  },
});

/** Everyone who has been there for a while. */
function settledIn(world: World): readonly Node[] {
  return world.living.filter(({ sinceMs }) => world.nowMs - sinceMs >= NEWCOMER_MS);
}

/** Those of them whom links join; at 30% loss now and then one has none, and its handshakes fail. */
function linked(world: World): readonly Node[] {
  const nodes = settledIn(world);
  const largest = world.graph(nodes).largest();
  return nodes.filter((_, i) => largest.has(i));
}

function digestOf({ peer }: Node): string {
  return toHex(peer.mapDigest(MAP));
}

/** What most of them have, and how many do. */
function mostCommon(values: readonly string[]): readonly [value: string, count: number] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
}

/** Who came shortly before the network healed, or later. */
class Newcomers {
  /** How long each took from its start until it had everything, of those that have. */
  readonly toldMs: number[] = [];
  private readonly world: World;
  private readonly fromMs: number;
  private readonly told = new Set<Node>();

  constructor(world: World) {
    this.world = world;
    this.fromMs = world.nowMs - NEWCOMER_MS;
  }

  has({ sinceMs }: Node): boolean {
    return sinceMs > this.fromMs;
  }

  look(hasAll: (node: Node) => boolean): void {
    for (const node of this.world.living) {
      if (!this.has(node) || this.told.has(node) || !hasAll(node)) continue;
      this.told.add(node);
      this.toldMs.push(this.world.nowMs - node.sinceMs);
    }
  }

  get untold(): readonly Node[] {
    return this.world.living.filter((node) => this.has(node) && !this.told.has(node));
  }
}

/** Sent so far to compare maps. */
function mapBytes(world: World): number {
  let bytes = 0;
  for (const { traffic } of world.nodes) {
    for (const [kind, tally] of traffic) if (kind.startsWith("map")) bytes += tally.bytes;
  }
  return bytes;
}

interface Habits {
  readonly meanMs: number;
  readonly keys: number;
  readonly deletes: number;
  readonly bytes: number;
}

/** Random peers write to random keys, at random moments. */
class Writer {
  written = 0;
  private readonly world: World;
  private readonly habits: Habits;
  private readonly random: Random;

  constructor(world: World, habits: Habits) {
    this.world = world;
    this.habits = habits;
    this.random = streamOf(world.seed, "writes");
  }

  write(untilMs: number): void {
    const { world, random, habits } = this;
    const next = world.nowMs + exponential(random, habits.meanMs);
    if (next >= untilMs) return;
    world.at(next, () => {
      const node = world.pick();
      if (node !== undefined) this.writeAt(node);
      this.write(untilMs);
    });
  }

  private writeAt(node: Node): void {
    const { random, habits } = this;
    const key = random.below(habits.keys).toString(16).padStart(64, "0");
    const deletes = random.float() < habits.deletes;
    const body = deletes ? new Uint8Array(1) : random.bytes(habits.bytes + 1);
    this.written++;
    const ref = -1_000_000_000 - this.written;
    const lifeMs = deletes ? DELETION_MS : 0;
    this.world.ledger.onWrites(node, ref);
    node.command({ kind: "write", ref, map: MAP, key, keyId: new Uint8Array(8), body, lifeMs });
  }
}
