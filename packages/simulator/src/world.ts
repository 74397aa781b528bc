/**
 * A world of peers under one virtual clock: the same core that runs in tabs and in Node, on modelled machines, links and
 * a modelled seed. Everything that happens follows from one seed number; what must always hold is checked while it
 * happens, and whatever fails says how to see it again.
 */
import type { Effect, Input, Random } from "@grapevine/protocol";
import { exponential, type Span, streamOf, uniform } from "./chance.ts";
import { WallClock } from "./clock.ts";
import { EventQueue } from "./events.ts";
import { SimulationFailure } from "./failure.ts";
import { Graph } from "./graph.ts";
import { Ledger } from "./ledger.ts";
import { Fingerprint } from "./mix.ts";
import { Network } from "./network/network.ts";
import type { NetworkOptions } from "./network/options.ts";
import { type Disguise, Node, type NodeOptions, type Surroundings, type Watch } from "./node.ts";
import { SeedModel, type SeedOptions } from "./seed-model.ts";
import type { VaultMaker } from "./vault.ts";
import { Notary } from "./vault-model.ts";

export interface WorldOptions extends Partial<NodeOptions> {
  readonly seed: number;
  readonly network?: Partial<NetworkOptions>;
  /** Every node subscribes to these when it starts. */
  readonly topics?: readonly string[];
  /** How many seeds there are. */
  readonly seeds?: number;
  readonly seedOptions?: Partial<SeedOptions>;
  /** Each node's clock is off by up to this much, either way. */
  readonly skewMs?: number;
  /** Each node's clock runs fast or slow by up to this much. Source: quartz, 100 ppm. */
  readonly driftPpm?: number;
  /** Real cryptography instead of the model. */
  readonly vaults?: VaultMaker;
  /** The command that shows this run again; a failure prints it. */
  readonly replay?: string;
}

export interface Churn {
  /** Share of the living nodes that depart, and as many that join, in each minute. */
  readonly perMinute: number;
  /** Share of departures that are crashes; the others say goodbye. */
  readonly crashes: number;
}

/** Some day in 2023; a wall clock has to read something. */
const EPOCH_MS = 1_700_000_000_000;

export class World {
  readonly seed: number;
  readonly queue: EventQueue = new EventQueue();
  readonly network: Network;
  readonly seeds: readonly SeedModel[];
  readonly nodes: Node[] = [];
  readonly ledger: Ledger;
  /** Called for every delivery, before it is judged. */
  onDeliver: ((node: Node, effect: Extract<Effect, { kind: "deliver" }>) => void) | undefined;
  /** Called after every event that concerns a node; scenarios hang their own invariants here. */
  readonly invariants: ((node: Node) => void)[] = [];
  /** Others who look on: told of every effect that is not a secret's or the seed's business. */
  readonly witnesses: Partial<Watch>[] = [];
  /** Inputs that peers have handled: the measure of how much was simulated. */
  inputs = 0;
  readonly misbehavior: Map<string, number> = new Map();
  private readonly fingerprintNow = new Fingerprint();
  private readonly options: WorldOptions;
  private readonly vaults: VaultMaker;
  private readonly around: Surroundings;
  private readonly random: Random;
  private churning: Churn | undefined;

  constructor(options: WorldOptions) {
    this.options = options;
    this.seed = options.seed;
    this.random = streamOf(options.seed, "world");
    this.network = new Network(this.queue, streamOf(options.seed, "network"), options.network);
    this.seeds = Array.from(
      { length: options.seeds ?? 1 },
      (_, i) => new SeedModel(i, this.queue, streamOf(options.seed, `seed ${i}`), options.seedOptions),
    );
    this.vaults = options.vaults ?? new Notary(streamOf(options.seed, "vaults"));
    this.ledger = new Ledger((what) => this.fail(what));
    this.around = {
      queue: this.queue,
      network: this.network,
      seeds: this.seeds,
      watch: {
        onInput: (node, input) => this.onInput(node, input),
        onEffect: (node, effect) => this.onEffect(node, effect),
        onSettled: (node) => this.onSettled(node),
        onSend: (node, effect) => {
          for (const witness of this.witnesses) witness.onSend?.(node, effect);
        },
      },
    };
  }

  /** What a right clock reads now. */
  get epochMs(): number {
    return EPOCH_MS + this.nowMs;
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  /** Equal for two runs in which the same inputs came to the same nodes at the same times. */
  get fingerprint(): string {
    return this.fingerprintNow.toString();
  }

  get living(): readonly Node[] {
    return this.nodes.filter((node) => node.isOn);
  }

  /** Add nodes and start them at random moments within the span. */
  spawn(count: number, overMs = 0, disguise?: Disguise): readonly Node[] {
    const added = Array.from({ length: count }, () => this.build(disguise));
    for (const node of added) this.at(this.nowMs + this.random.float() * overMs, () => this.start(node));
    return added;
  }

  /** Switch a node on, for the first time or again. */
  start(node: Node): void {
    node.start();
    for (const topic of this.options.topics ?? []) node.subscribe(topic);
  }

  run(forMs: number): void {
    try {
      this.queue.runUntil(this.nowMs + forMs);
    } catch (cause) {
      if (cause instanceof SimulationFailure) throw cause;
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new SimulationFailure(`the core threw: ${what}`, this.nowMs, this.seed, this.options.replay, { cause });
    }
  }

  at(atMs: number, deed: () => void): void {
    this.queue.at(atMs, deed);
  }

  /** A random living node. */
  pick(): Node | undefined {
    return this.random.pick(this.living);
  }

  /** Publish at random living nodes, `meanMs` apart on average, until the given time. */
  publishing(topic: string, meanMs: number, untilMs: number, bytes: Span = [16, 256]): void {
    const next = this.nowMs + exponential(this.random, meanMs);
    if (next >= untilMs) return;
    this.at(next, () => {
      const node = this.pick();
      if (node !== undefined) this.publish(node, topic, Math.round(uniform(this.random, bytes)));
      this.publishing(topic, meanMs, untilMs, bytes);
    });
  }

  publish(node: Node, topic: string, bytes = 64): void {
    const body = this.random.bytes(bytes);
    this.ledger.onAsked(node, node.nextRef, topic, body);
    node.publish(topic, body);
  }

  /** Nodes depart and others join, at random moments, until `churn` is called again. */
  churn(churn: Churn | undefined): void {
    this.churning = churn;
    if (churn !== undefined && churn.perMinute > 0) {
      this.churnNext(churn, "depart");
      this.churnNext(churn, "join");
    }
  }

  /** Groups that cannot reach each other but by so many links that stand; the seeds stand with group 0. */
  partition(groupOf: (node: Node) => number, bridges = 0): void {
    const groups = new Map(this.living.map((node) => [node.adapter, groupOf(node)]));
    this.network.partition((adapter) => groups.get(adapter) ?? 0, groups.keys(), bridges);
  }

  heal(): void {
    this.network.heal(this.living.map((node) => node.adapter));
  }

  /** The overlay as both ends see it: a link counts when each has the other as its neighbor. */
  graph(nodes: readonly Node[] = this.living): Graph {
    const places = new Map(nodes.map((node, i) => [node.id, i]));
    const rows = nodes.map((node) => {
      const row = [...node.neighbors.values()].map((id) => places.get(id));
      return new Set(row.filter((place) => place !== undefined));
    });
    return new Graph(rows.map((row, i) => [...row].filter((place) => rows[place]!.has(i))));
  }

  fail(what: string): never {
    throw new SimulationFailure(what, this.nowMs, this.seed, this.options.replay);
  }

  private build(disguise?: Disguise): Node {
    const { skewMs = 0, driftPpm = 0, tuning = {}, verifyMs = 0, record, keys, seed } = this.options;
    const index = this.nodes.length;
    const random = streamOf(seed, `clock ${index}`);
    const clock = new WallClock(
      EPOCH_MS,
      Math.round(uniform(random, [-skewMs, skewMs])),
      uniform(random, [-driftPpm, driftPpm]),
    );
    const randomOf = (session: number) => streamOf(seed, `peer ${index} ${session}`);
    const node = new Node(
      index,
      this.around,
      this.vaults.make(),
      clock,
      randomOf,
      { tuning, verifyMs, record, keys },
      disguise,
    );
    this.nodes.push(node);
    return node;
  }

  private churnNext(churn: Churn, what: "depart" | "join"): void {
    const meanMs = 60_000 / (churn.perMinute * Math.max(1, this.living.length));
    this.queue.after(exponential(this.random, meanMs), () => {
      if (this.churning !== churn) return;
      if (what === "join") this.spawn(1);
      else {
        const node = this.pick();
        if (this.random.float() < churn.crashes) node?.crash();
        else node?.leave();
      }
      this.churnNext(churn, what);
    });
  }

  private onInput(node: Node, input: Input): void {
    const { fingerprintNow } = this;
    this.inputs++;
    fingerprintNow.number(this.nowMs);
    fingerprintNow.number(node.index);
    fingerprintNow.text(input.kind);
    if (input.kind === "received") fingerprintNow.bytes(input.bytes);
  }

  private onEffect(node: Node, effect: Effect): void {
    for (const witness of this.witnesses) witness.onEffect?.(node, effect);
    switch (effect.kind) {
      case "deliver":
        this.onDeliver?.(node, effect);
        this.ledger.onDeliver(node, effect, this.nowMs);
        return;
      case "gap":
        this.ledger.onGap(node, effect);
        return;
      case "emit": {
        const { event } = effect;
        if (event.type === "published") this.ledger.onPublished(node, event.ref, event.id, event.seq, this.nowMs);
        if (event.type === "misbehavior") this.onMisbehavior(event.what);
        return;
      }
      default:
    }
  }

  private onMisbehavior(what: string): void {
    this.misbehavior.set(what, (this.misbehavior.get(what) ?? 0) + 1);
  }

  private onSettled(node: Node): void {
    for (const invariant of this.invariants) invariant(node);
  }
}
