/**
 * Meshes of Node peers, ours beside js-libp2p's gossipsub, each over two processes. In every repetition each contender
 * gets a new mesh and goes through the same phases, one contender after the other, so that whatever else the machine
 * does falls on all of them. Both sides sign and verify every message, and every message is looked for at every peer.
 */
import type { Effort, Part } from "../part.ts";
import { format, type Ratio, type Table } from "../report.ts";
import { medians } from "../statistics.ts";
import { Cluster } from "./cluster.ts";
import { CONTENDERS, type Contender, isOurs } from "./contender.ts";

const PROCESSES = 2;
const PER_SECOND = 20;
/**
 * Messages on their way at once, over all authors. Each side gets the one of its list that gives it the most deliveries
 * a second of processor time with none lost: gossipsub loses messages when many are under way, ours packs them.
 */
const WINDOWS: Readonly<Record<"ours" | "theirs", readonly number[]>> = { ours: [1000, 5000], theirs: [10, 40, 160] };

/** A window that loses messages is taken only when every other does. */
const LOSSY = 0.001;

type Mode = "packed" | "one by one";
interface Load {
  readonly authors: "one" | "all";
  readonly size: number;
  readonly mode: Mode;
}
const LOADS: readonly Load[] = [
  { authors: "all", size: 256, mode: "packed" },
  { authors: "one", size: 256, mode: "packed" },
  { authors: "all", size: 1024, mode: "packed" },
  { authors: "one", size: 1024, mode: "packed" },
  { authors: "all", size: 256, mode: "one by one" },
];

/** Numbers of one mesh; those of loads under `nameOf`. */
type Run = Record<string, number>;

export const mesh: Part = partOf("mesh", 10, 3, true);
/** The same with more peers than cores by far: one run, for it takes long. */
export const largerMesh: Part = partOf("mesh-25", 25, 1, false);

function partOf(name: string, nodes: number, runs: number, targets: boolean): Part {
  return {
    name,
    title: `Mesh of ${nodes} peers`,
    async run(effort) {
      const times = effort.runs ?? (effort.quick ? 1 : runs);
      const measured = await measureAll(nodes, times, effort);
      return {
        tables: tablesOf(nodes, measured, times),
        ratios: ratiosOf(nodes, measured, targets),
        data: { nodes, runs: times, medians: measured },
      };
    },
  };
}

async function measureAll(nodes: number, runs: number, effort: Effort): Promise<Record<Contender, Run>> {
  const measured = Object.fromEntries(CONTENDERS.map((contender) => [contender, [] as Run[]])) as Record<
    Contender,
    Run[]
  >;
  const windows = new Map<string, number>();
  for (let run = 0; run < runs; run++) {
    for (const contender of CONTENDERS) {
      try {
        const result = await measure(contender, nodes, run, windows, effort);
        measured[contender].push(result);
        effort.log(`${nodes} nodes, ${contender}: ${format(result[nameOf(LOADS[0]!)]!)} deliveries per CPU-second`);
      } catch (error) {
        effort.log(`${nodes} nodes, ${contender}: ${(error as Error).message}`);
      }
    }
  }
  return Object.fromEntries(CONTENDERS.map((contender) => [contender, medians(measured[contender])])) as Record<
    Contender,
    Run
  >;
}

async function measure(
  contender: Contender,
  nodes: number,
  run: number,
  windows: Map<string, number>,
  { quick }: Effort,
): Promise<Run> {
  const ours = isOurs(contender);
  const cluster = new Cluster({ contender, nodes, processes: PROCESSES, seed: run + 1 });
  try {
    const result: Run = { formMs: await cluster.form() };
    const paced = await cluster.pace({ perSecond: PER_SECOND, size: 256, measureMs: quick ? 4_000 : 6_000 });
    Object.assign(result, paced, { megabytesPerNode: await cluster.megabytesPerNode() });
    let missing = 0;
    for (const load of LOADS) {
      // For gossipsub every message is one of its own.
      if (load.mode === "one by one" && !ours) continue;
      const authors = Array.from({ length: load.authors === "one" ? 1 : nodes }, (_, i) => i);
      const saturate = (window: number, measureMs: number) =>
        cluster.saturate({
          authors,
          size: load.size,
          oneByOne: load.mode === "one by one",
          window: Math.ceil(window / authors.length),
          warmUpMs: 1_000,
          measureMs,
        });
      const key = `${contender} ${load.mode}`;
      if (!windows.has(key)) {
        let best = { window: 0, rate: -1 };
        for (const window of WINDOWS[ours ? "ours" : "theirs"]) {
          const tried = await saturate(window, 1_500);
          const rate = tried.deliveriesPerCpuSecond * (tried.missing > 0 ? LOSSY : 1);
          if (rate > best.rate) best = { window, rate };
        }
        windows.set(key, best.window);
      }
      const saturated = await saturate(windows.get(key)!, quick ? 2_000 : 3_000);
      result[nameOf(load)] = saturated.deliveriesPerCpuSecond;
      result[`${nameOf(load)}, by the clock`] = saturated.deliveriesPerSecond;
      missing += saturated.missing;
    }
    return { ...result, missing: missing + paced.missing };
  } finally {
    await cluster.stop();
  }
}

function nameOf({ authors, size, mode }: Load): string {
  return `${authors} publishing, ${size} B${mode === "packed" ? "" : `, ${mode}`}`;
}

function tablesOf(nodes: number, results: Record<Contender, Run>, runs: number): Table[] {
  const columns = ["", ...CONTENDERS];
  const row = (name: string, key: string, by = 1): string[] => [
    name,
    ...CONTENDERS.map((contender) => format((results[contender][key] ?? Number.NaN) * by)),
  ];
  const of = runs === 1 ? "One run" : `Medians of ${runs} runs`;
  return [
    {
      title: `${nodes} peers in ${PROCESSES} processes, saturated: deliveries a second of processor time (in brackets by the clock)`,
      method: `${of}. "One by one" awaits each publish, so that each message is a rumor of its own.`,
      columns,
      rows: [
        ...LOADS.map((load) => [
          nameOf(load),
          ...CONTENDERS.map((contender) => {
            const [cpu, clock] = [
              results[contender][nameOf(load)],
              results[contender][`${nameOf(load)}, by the clock`],
            ];
            return cpu === undefined ? "-" : `${format(cpu)} (${format(clock!)})`;
          }),
        ]),
        row("deliveries that never came", "missing"),
      ],
    },
    {
      title: `${nodes} peers in ${PROCESSES} processes, at ${PER_SECOND} messages a second`,
      method: `${of}, 256 B, after 3 s of the same. Memory is what a node adds to its process once messages flow.`,
      columns,
      rows: [
        row("mesh formed, s", "formMs", 0.001),
        row("latency p50, ms", "p50Ms"),
        row("latency p99, ms", "p99Ms"),
        row("copies received a delivery", "copies"),
        row("cores in use", "cores"),
        row("memory a node, MB", "megabytesPerNode"),
      ],
    },
  ];
}

function ratiosOf(nodes: number, results: Record<Contender, Run>, targets: boolean): Ratio[] {
  const [all, , , , single] = LOADS.map(nameOf) as [string, string, string, string, string];
  const { grapevine: ours } = results;
  const { "gossipsub-tcp": tcp, "gossipsub-tcp-tuned": tuned, "gossipsub-webrtc": webrtc } = results;
  const ratio = (what: string, a: number | undefined, b: number | undefined, target?: Ratio["target"]): Ratio => ({
    what: `${nodes} peers: ${what}`,
    value: (a ?? Number.NaN) / (b ?? Number.NaN),
    ...(targets && target !== undefined && { target }),
  });
  const atLeast = (value: number): Ratio["target"] => ({ kind: "at least", value });
  const atMost = (value: number): Ratio["target"] => ({ kind: "at most", value });
  return [
    ratio("deliveries per CPU-second, over gossipsub TCP", ours[all], tcp[all], atLeast(30)),
    ratio("the same, over gossipsub TCP tuned", ours[all], tuned[all], atLeast(20)),
    ratio("the same, one by one, over gossipsub TCP", ours[single], tcp[all], atLeast(4)),
    ratio("p50 over that of gossipsub webrtc-direct", ours["p50Ms"], webrtc["p50Ms"], atMost(1)),
    ratio("p99 over that of gossipsub webrtc-direct", ours["p99Ms"], webrtc["p99Ms"], atMost(1)),
    ratio("p50 over that of gossipsub TCP", ours["p50Ms"], tcp["p50Ms"], atMost(1)),
    ratio("p99 over that of gossipsub TCP", ours["p99Ms"], tcp["p99Ms"], atMost(1)),
    ratio(
      "deliveries per CPU-second of the second engine, over gossipsub TCP",
      results["grapevine-ndc"][all],
      tcp[all],
    ),
    ratio("p50 of the second engine, over that of gossipsub TCP", results["grapevine-ndc"]["p50Ms"], tcp["p50Ms"]),
    ratio("copies received a delivery", ours["copies"], 1, atMost(1.3)),
    ratio("time to form, over gossipsub TCP", ours["formMs"], tcp["formMs"], atMost(0.5)),
  ];
}
