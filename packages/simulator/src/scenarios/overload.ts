/**
 * One author publishes at many times what its links can carry, heedless of back-pressure, while the others go on as
 * before. What must hold: memory stays flat, rounds are held as often as before, the others' messages are little slower,
 * and soon after it is over everything is as it was. Links are as the links package makes them: they hold 64 KiB, and
 * all links of a node share its uplink.
 */
import type { Effect, Retention } from "@grapevine/protocol";
import { streamOf, uniform } from "../chance.ts";
import { quantile } from "../graph.ts";
import type { Node } from "../node.ts";
import { number, type Outcome, type Run, scenario, type Scenario, whole } from "../scenario.ts";
import type { World } from "../world.ts";
import { formed, pass, TOPIC } from "./stage.ts";

const flags = {
  times: number("n", "what the loud author publishes, in capacities of its uplink shared by its links", 10, 0),
  seconds: whole("s", "how long it does", 60, 2),
  uplink: number("n", "uplink of every node, in Mbit/s", 50, 0.1),
  body: whole("n", "bytes of one of its rumors", 16_384, 100, 200_000),
};

/** Source: the links package's least window, and half of it. */
const WINDOW = { queueHighBytes: 65_536, queueLowBytes: 32_768 };
const SETTLING_MS = 60_000;
const IDLE_MS = 20_000;
const AFTER_MS = 10_000;
/** What is back to normal is so after this. Source: the project's goal. */
const RECOVERY_MS = 5_000;
/** The defaults of a topic. */
const RETENTION: Retention = { countMax: 1_000, bytesMax: 4 * 1024 * 1024, ageMs: 0 };
const QUIET_BYTES = 200;
const QUIET_PERIOD_MS = 1_000;
/** How much others may lose by it. Source: the project's goals. */
const SLOWER_MAX = 3;
const ROUNDS_SHARE_MIN = 0.8;
/** Above idle, after the recovery. By the 95th percentile: the trees go on settling, which costs the last 1% a graft for longer. */
const RECOVERED_MAX = 1.5;
/** Held and queued in the second half, over the most of the first. Guess: what is published by chance is no growth. */
const GROWTH_MAX = 1.15;

interface Phase {
  readonly latenciesMs: number[];
  rounds: number;
  readonly bytes: number[];
}

export const overload: Scenario = scenario({
  name: "overload",
  summary: "one author floods the mesh at ten times what its links carry: the others hardly notice",
  nodes: 20,
  flags,
  run: ({ times, seconds, uplink, body }, run) => {
    const uplinkBytesPerMs = (uplink * 1_000_000) / 8 / 1_000;
    const world = formed(run, { network: { ...WINDOW, uplinkBytesPerMs, dialFailure: 0, unreachablePairs: 0 } });
    // The loud author's rumors are lost in part, as they should be; what must hold is stated here.
    world.ledger.ignore();
    const watch = new Watcher(world);
    const [loud, ...quiet] = world.living as [Node, ...Node[]];
    const random = streamOf(run.seed, "overload");
    for (const node of quiet) watch.publishing(node, world.nowMs + uniform(random, [0, QUIET_PERIOD_MS]));

    // Trees are grown and links turn until everyone knows everyone.
    watch.phase(run, "settling", SETTLING_MS);
    const idle = watch.phase(run, "idle", IDLE_MS);
    const capacity = uplinkBytesPerMs / loud.neighbors.size;
    const startMs = world.nowMs;
    flood(world, loud, body, body / (capacity * times), startMs + seconds * 1_000);
    const loaded = watch.phase(run, "overloaded", seconds * 1_000);
    const { dropped } = loud.peer.rumorCounts.queues;
    watch.phase(run, "recovering", RECOVERY_MS);
    const after = watch.phase(run, "after", AFTER_MS);
    watch.end();
    // The last words have arrived.
    pass(world, run, "ending", 2_000);
    return judge(world, { idle, loaded, after }, seconds, { dropped: dropped.fresh, missing: watch.missing(loaded) });
  },
});

/** Publish a rumor each `periodMs`, many in one task where that is what it takes. */
function flood(world: World, node: Node, bytes: number, periodMs: number, untilMs: number): void {
  const body = new Uint8Array(bytes);
  let dueMs = world.nowMs;
  const next = (): void => {
    for (; dueMs <= world.nowMs; dueMs += periodMs) node.publish(TOPIC, body, RETENTION);
    if (dueMs < untilMs) world.at(dueMs, next);
  };
  if (Number.isFinite(periodMs)) world.at(dueMs, next);
}

/** Measures the others' messages, the rounds and what is held, phase by phase. */
class Watcher {
  private readonly world: World;
  private readonly sentMs = new Map<
    string,
    { readonly atMs: number; readonly phase: Phase; readonly due: Set<number> }
  >();
  private current: Phase = newPhase();
  private ended = false;
  private serial = 0;

  constructor(world: World) {
    this.world = world;
    world.onDeliver = (node, effect) => this.onDeliver(node, effect);
  }

  /** A small message now and then, for as long as this watches. */
  publishing(node: Node, atMs: number): void {
    this.world.at(atMs, () => {
      if (this.ended) return;
      const body = new Uint8Array(QUIET_BYTES);
      new DataView(body.buffer).setUint32(0, ++this.serial);
      const due = new Set(this.world.living.filter((other) => other !== node).map(({ index }) => index));
      this.sentMs.set(nameOf(node.id, body), { atMs: this.world.nowMs, phase: this.current, due });
      node.publish(TOPIC, body, RETENTION);
      this.publishing(node, atMs + QUIET_PERIOD_MS);
    });
  }

  phase(run: Run, what: string, forMs: number): Phase {
    const phase = (this.current = newPhase());
    const before = this.rounds;
    for (let ms = 0; ms < forMs; ms += 1_000) {
      pass(this.world, run, what, 1_000);
      phase.bytes.push(this.bytes);
    }
    phase.rounds = ((this.rounds - before) * 1_000) / forMs / this.world.living.length;
    return phase;
  }

  end(): void {
    this.ended = true;
  }

  private onDeliver(node: Node, { rumor, stream }: Effect & { readonly kind: "deliver" }): void {
    if (stream === "history" || rumor.body.length !== QUIET_BYTES) return;
    const sent = this.sentMs.get(nameOf(rumor.header.author, rumor.body));
    if (sent?.due.delete(node.index) === true) sent.phase.latenciesMs.push(this.world.nowMs - sent.atMs);
  }

  private get rounds(): number {
    return this.world.living.reduce((sum, { peer }) => sum + peer.rumorCounts.rounds, 0);
  }

  /** Held, queued in the core, and on the links, of the node that has most. */
  private get bytes(): number {
    const of = ({ peer, adapter }: Node): number => {
      const { bodyBytes, queues } = peer.rumorCounts;
      const queued = queues.bytes.fresh + queues.bytes.repair + queues.bytes.bulk;
      let onLinks = 0;
      for (const { control, data } of adapter.ends.values()) {
        onLinks += control.unacknowledgedBytes + data.unacknowledgedBytes;
      }
      return bodyBytes + queued + onLinks;
    };
    return Math.max(...this.world.living.map(of));
  }

  /** Deliveries that never came, by the phase in which they were published. */
  missing(phase: Phase): number {
    let count = 0;
    for (const sent of this.sentMs.values()) if (sent.phase === phase) count += sent.due.size;
    return count;
  }
}

function judge(
  world: World,
  { idle, loaded, after }: Readonly<Record<"idle" | "loaded" | "after", Phase>>,
  seconds: number,
  { dropped, missing }: { readonly dropped: number; readonly missing: number },
): Outcome {
  const p99 = ({ latenciesMs }: Phase): number => quantile(latenciesMs, 0.99);
  const p95 = ({ latenciesMs }: Phase): number => quantile(latenciesMs, 0.95);
  const half = Math.floor(seconds / 2);
  const first = Math.max(...loaded.bytes.slice(0, half));
  const second = Math.max(...loaded.bytes.slice(half));
  const slower = p99(loaded) / p99(idle);
  const rounds = loaded.rounds / idle.rounds;
  const facts = {
    idleP99Ms: Math.round(p99(idle)),
    loadedP99Ms: Math.round(p99(loaded)),
    afterP99Ms: Math.round(p99(after)),
    idleP95Ms: Math.round(p95(idle)),
    afterP95Ms: Math.round(p95(after)),
    loadedP50Ms: Math.round(quantile(loaded.latenciesMs, 0.5)),
    slower,
    rounds,
    bytesMaxFirstHalf: first,
    bytesMaxSecondHalf: second,
    dropped,
    missing,
    deliveries: loaded.latenciesMs.length,
    inputs: world.inputs,
    fingerprint: world.fingerprint,
  };
  const said = JSON.stringify(facts);
  if (missing > 0) world.fail(`${missing} deliveries of the others are missing: ${said}`);
  if (slower >= SLOWER_MAX) world.fail(`the others' p99 rose ${slower.toFixed(1)} times: ${said}`);
  if (rounds < ROUNDS_SHARE_MIN) world.fail(`rounds fell to ${rounds.toFixed(2)} of what they were: ${said}`);
  if (second > first * GROWTH_MAX) world.fail(`memory grew from ${first} to ${second} bytes: ${said}`);
  if (p95(after) > RECOVERED_MAX * p95(idle)) world.fail(`${RECOVERY_MS} ms later it is not as it was: ${said}`);
  return { facts };
}

function newPhase(): Phase {
  return { latenciesMs: [], rounds: 0, bytes: [] };
}

function nameOf(author: string, body: Uint8Array): string {
  return `${author}/${new DataView(body.buffer, body.byteOffset).getUint32(0)}`;
}
