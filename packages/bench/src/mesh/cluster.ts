/**
 * A mesh under measurement, seen from the coordinator: its processes, and the phases that it is put through. Everything
 * that is asked of one contender is asked of each, in the same order.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Seed, startSeed } from "@grapevine/signaling";
import { quantile, sum } from "../statistics.ts";
import { type Contender, isOurs } from "./contender.ts";
import type { Mark, Phase, PhaseEnd, Progress, ToWorker } from "./messages.ts";
import { nowMs } from "./payload.ts";

export interface ClusterOptions {
  readonly contender: Contender;
  readonly nodes: number;
  readonly processes: number;
  /** For the graph that libp2p dials. */
  readonly seed: number;
  /** Where each worker leaves a CPU profile. */
  readonly profileTo?: string | undefined;
}

/** Of the deliveries between two marks. */
export interface Rates {
  readonly deliveriesPerSecond: number;
  readonly deliveriesPerCpuSecond: number;
  readonly cores: number;
}

export interface Saturated extends Rates {
  readonly copies: number;
  /** Of the messages published, how many did not reach some node, in deliveries. */
  readonly missing: number;
}

export interface Paced {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly copies: number;
  readonly missing: number;
  readonly cores: number;
}

const NODES_DIALED = 4;
/** Fewest neighbors of a node in a formed mesh: gossipsub's own lower bound. */
const DEGREE = 4;
const DRAIN_MS = 4_000;
const PACE_WARM_UP_MS = 3_000;
const FORM_MS = 30_000;
const PROBE_MS = 250;

class Worker {
  readonly child: ChildProcess;
  readonly nodes: readonly number[];
  private readonly waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  private ref = 0;

  constructor(
    index: number,
    nodes: readonly number[],
    profileTo: string | undefined,
    onProgress: (p: Progress) => void,
  ) {
    this.nodes = nodes;
    const execArgv = profileTo === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileTo}`];
    const path = fileURLToPath(new URL("worker.js", import.meta.url));
    this.child = fork(path, [String(index)], { execArgv, serialization: "advanced" });
    this.child.on("message", (message: Progress | { ref: number; answer?: never; error?: string }) => {
      if ("kind" in message) {
        onProgress(message);
        return;
      }
      const waiting = this.waiting.get(message.ref);
      this.waiting.delete(message.ref);
      if (message.error === undefined) waiting?.resolve(message.answer!);
      else waiting?.reject(new Error(message.error));
    });
    this.child.on("exit", (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`a worker ended: ${signal ?? code}`));
      this.waiting.clear();
    });
  }

  ask<T>(body: ToWorker): Promise<T> {
    const ref = ++this.ref;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(ref, { resolve, reject });
      if (this.child.connected) this.child.send({ ref, body });
      else reject(new Error("a worker has ended"));
    });
  }
}

export class Cluster {
  private readonly options: ClusterOptions;
  private readonly workers: Worker[];
  private readonly all: readonly number[];
  private server: Seed | undefined;
  private phases = 0;
  private readonly progress = new Map<number, Progress>();
  private emptyRssBytes = 0;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.all = Array.from({ length: options.nodes }, (_, i) => i);
    this.workers = Array.from({ length: options.processes }, (_, index) => {
      const nodes = this.all.filter((node) => node % options.processes === index);
      return new Worker(index, nodes, options.profileTo, (progress) => this.onProgress(progress));
    });
  }

  /** Milliseconds from the start of the nodes until one message of each had reached all others. */
  async form(): Promise<number> {
    const { contender } = this.options;
    this.server = await startSeed({ port: 0, host: "127.0.0.1" });
    const seed = this.server.url;
    const marks = await this.each((worker) =>
      worker.ask<Mark>({ kind: "load", setup: { contender, nodes: worker.nodes, seed } }),
    );
    this.emptyRssBytes = sum(marks.map(({ rssBytes }) => rssBytes));
    const startMs = nowMs();
    const started = await this.each((worker) =>
      worker.ask<{ node: number; addresses: readonly string[] }[]>({ kind: "start" }),
    );
    if (!isOurs(contender)) await this.dial(started.flat());
    const degree = Math.min(DEGREE, this.all.length - 1);
    await this.each((worker) => worker.ask({ kind: "await-degree", degree, timeoutMs: 30_000 }));
    // Again and again, for gossipsub loses the first ones for good while its meshes are still being grafted.
    const probe = this.phase({ size: 256, everyMs: PROBE_MS, countMax: FORM_MS / PROBE_MS, window: 1 });
    await this.begin(probe);
    await this.heard();
    const formMs = nowMs() - startMs;
    await this.finish();
    return formMs;
  }

  /** As fast as `window` messages of each author on their way allow. */
  async saturate(options: {
    readonly authors: readonly number[];
    readonly size: number;
    readonly window: number;
    readonly oneByOne: boolean;
    readonly warmUpMs: number;
    readonly measureMs: number;
  }): Promise<Saturated> {
    const { warmUpMs, measureMs, ...rest } = options;
    const phase = this.phase(rest);
    await this.begin(phase);
    await sleep(warmUpMs);
    const before = await this.mark();
    await sleep(measureMs);
    const after = await this.mark();
    const { missing } = await this.finish(phase);
    return { ...rates(before, after), copies: copiesOf(before, after), missing };
  }

  /** `perSecond` messages over all authors together: what a mesh does that has room. */
  async pace(options: {
    readonly perSecond: number;
    readonly size: number;
    readonly measureMs: number;
  }): Promise<Paced> {
    const { perSecond, size, measureMs } = options;
    const phase = this.phase({ size, everyMs: (1000 * this.all.length) / perSecond, oneByOne: true });
    await this.begin(phase);
    // Long enough for a tree or a mesh to take its shape, and for gossipsub to have beaten its heart thrice.
    await sleep(PACE_WARM_UP_MS);
    const before = await this.mark(true);
    await sleep(measureMs);
    const after = await this.mark();
    const { missing, latenciesMs } = await this.finish(phase);
    const { cores } = rates(before, after);
    return {
      p50Ms: quantile(latenciesMs, 0.5),
      p99Ms: quantile(latenciesMs, 0.99),
      copies: copiesOf(before, after),
      missing,
      cores,
    };
  }

  /** Resident memory that a node adds to its process, in MB. */
  async megabytesPerNode(): Promise<number> {
    const marks = await this.each((worker) => worker.ask<Mark>({ kind: "mark" }));
    return (sum(marks.map(({ rssBytes }) => rssBytes)) - this.emptyRssBytes) / 1e6 / this.all.length;
  }

  stats(): Promise<unknown[][]> {
    return this.each((worker) => worker.ask<unknown[]>({ kind: "stats" }));
  }

  async stop(): Promise<void> {
    const ended = this.workers.map(({ child }) => new Promise((resolve) => child.once("exit", resolve)));
    const stop = async (worker: Worker): Promise<void> => {
      // A worker that ended by itself has nothing left to stop.
      if (worker.child.exitCode === null && worker.child.connected) await worker.ask({ kind: "stop" }).catch(() => {});
    };
    await Promise.race([Promise.all(this.workers.map(stop)), sleep(5_000)]);
    await Promise.race([Promise.all(ended), sleep(5_000)]);
    for (const { child } of this.workers) if (child.exitCode === null) child.kill("SIGKILL");
    await this.server?.close();
  }

  // ------------------------------------------------------------------------------------------------------------------

  private each<T>(task: (worker: Worker) => Promise<T>): Promise<T[]> {
    return Promise.all(this.workers.map(task));
  }

  private phase(options: Partial<Phase>): Phase {
    const defaults = { authors: this.all, size: 256, window: 0, oneByOne: false, everyMs: 0, countMax: 0 };
    return { ...defaults, ...options, phase: ++this.phases };
  }

  private async begin(phase: Phase): Promise<void> {
    this.progress.clear();
    await this.each((worker) => worker.ask({ kind: "expect", phase }));
    await this.each((worker) => worker.ask({ kind: "begin" }));
  }

  private onProgress(progress: Progress): void {
    if (progress.phase !== this.phases) return;
    this.progress.set(
      this.workers.findIndex((_, index) => index === progress.worker),
      progress,
    );
    for (const [index, { child }] of this.workers.entries()) {
      if (index !== progress.worker && child.connected) child.send(progress);
    }
  }

  private async mark(fresh = false): Promise<Mark[]> {
    return this.each((worker) => worker.ask<Mark>({ kind: "mark", fresh }));
  }

  /** Stop publishing, wait until everything has arrived everywhere or nothing more comes, and count. */
  private async finish(phase?: Phase): Promise<{ missing: number; latenciesMs: number[] }> {
    await this.each((worker) => worker.ask({ kind: "stop-publishing" }));
    await sleep(20);
    const ends = (): Promise<PhaseEnd[]> => this.each((worker) => worker.ask<PhaseEnd>({ kind: "end" }));
    let now = await ends();
    if (phase !== undefined) {
      let stillMs = nowMs();
      while (missingOf(now, this.all.length) > 0 && nowMs() - stillMs < DRAIN_MS) {
        await sleep(100);
        const later = await ends();
        if (missingOf(later, this.all.length) < missingOf(now, this.all.length)) stillMs = nowMs();
        now = later;
      }
    }
    const spoiled = sum(now.map(({ spoiled }) => spoiled));
    const repeats = sum(now.map(({ repeats }) => repeats));
    if (spoiled + repeats > 0) throw new Error(`${spoiled} messages came changed, ${repeats} came twice`);
    return {
      missing: missingOf(now, this.all.length),
      latenciesMs: now.flatMap(({ latenciesMs }) => [...latenciesMs]),
    };
  }

  /** Until every node has heard every other. */
  private async heard(): Promise<void> {
    const untilMs = nowMs() + FORM_MS;
    for (;;) {
      const reports = [...this.progress.values()];
      if (reports.length === this.workers.length && reports.every(({ least }) => least.every((count) => count > 0)))
        return;
      if (nowMs() > untilMs)
        throw new Error(`the mesh did not form: ${reports.map(({ least }) => least.join(" ")).join(", ")}`);
      await sleep(5);
    }
  }

  /** Each node dials four others, drawn by chance. */
  private async dial(started: readonly { node: number; addresses: readonly string[] }[]): Promise<void> {
    const addresses = new Map(started.map(({ node, addresses }) => [node, addresses]));
    const random = chance(this.options.seed);
    const dials = this.all.flatMap((node) => {
      const others = this.all.filter((other) => other !== node);
      for (let i = others.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [others[i], others[j]] = [others[j]!, others[i]!];
      }
      return others.slice(0, NODES_DIALED).map((other) => ({ node, addresses: addresses.get(other)! }));
    });
    await this.each((worker) =>
      worker.ask({ kind: "dial", dials: dials.filter(({ node }) => worker.nodes.includes(node)) }),
    );
  }
}

function missingOf(ends: readonly PhaseEnd[], nodes: number): number {
  const published = sum(ends.flatMap((end) => end.published.map(({ count }) => count)));
  return published * (nodes - 1) - sum(ends.map(({ deliveries }) => deliveries));
}

function rates(before: readonly Mark[], after: readonly Mark[]): Rates {
  const of = (field: "atMs" | "cpuMs" | "deliveries"): number =>
    sum(after.map((mark, i) => mark[field] - before[i]![field]));
  const seconds = of("atMs") / 1000 / after.length;
  const cpuSeconds = of("cpuMs") / 1000;
  const deliveries = of("deliveries");
  return {
    deliveriesPerSecond: deliveries / seconds,
    deliveriesPerCpuSecond: deliveries / cpuSeconds,
    cores: cpuSeconds / seconds,
  };
}

function copiesOf(before: readonly Mark[], after: readonly Mark[]): number {
  const of = (field: "copies" | "deliveries"): number => sum(after.map((mark, i) => mark[field] - before[i]![field]));
  return of("copies") / of("deliveries");
}

function chance(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return state / 2 ** 32;
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
