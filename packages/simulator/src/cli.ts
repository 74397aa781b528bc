/**
 * `grapevine simulate <scenario>`: one frame for all scenarios. Progress goes to stderr while it runs, a table (or JSON)
 * to stdout at the end; `--report` writes a page. Exit codes: 0 all runs held, 1 a run failed, 2 a wrong flag.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { reportOf } from "./report.ts";
import { models } from "./commands/index.ts";
import { type Flags, type Scenario, whole } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";
import { meanOf, type Result, summarise, tableOf } from "./summary.ts";
import { realVaults } from "./vault-real.ts";

/** What the command touches of the world. */
export interface SimulateIo {
  /** Standard output and standard error; texts end their own lines. */
  out(text: string): void;
  err(text: string): void;
  writeFile(path: string, text: string): Promise<void>;
  /** A clock for how long runs took; nothing that is simulated depends on it. */
  nowMs(): number;
  /** Where there are other processes: how many can run at once, and `runSimulate` in one of them. */
  readonly processes?: {
    readonly count: number;
    /** Resolves with what was handed over there; its progress goes where ours goes. */
    run(argv: readonly string[]): Promise<unknown>;
  };
  /** In such a process: hands the result of its one run over, instead of printing it. */
  handOver?(result: unknown): void;
}

interface Common {
  readonly seed: number;
  readonly runs: number;
  readonly jobs: number;
  readonly nodes: number;
  readonly json: boolean;
  readonly report?: string;
  readonly realCrypto?: boolean;
}

/**
 * `argv`: what stands behind `grapevine simulate`. Resolves with the exit code. `carryOut` is what is done with flags that
 * were understood, for whoever only wants to know that they are.
 */
export async function runSimulate(
  argv: readonly string[],
  io: SimulateIo,
  carryOut: typeof runAll = runAll,
): Promise<number> {
  let exitCode = 0;
  const program = new Command("grapevine simulate")
    .description("Run the core under a virtual clock and a faulty network. The same seed gives the same run.")
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  for (const one of [...scenarios, ...models]) {
    addCommand(program, one, io.processes?.count ?? 1, async (options) => {
      exitCode = await carryOut(one, options, io);
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

type Action = (options: Common & Record<string, unknown>) => Promise<void>;

function addCommand(program: Command, one: Scenario, jobs: number, action: Action): void {
  const command = program.command(one.name).description(one.summary).allowExcessArguments(false);
  const common = {
    seed: whole("n", "seed of the first run; each further run takes the next number", 1),
    runs: whole("n", "how many runs", 1, 1),
    jobs: whole("n", "how many runs at once, each in a process of its own", jobs, 1),
    nodes: whole("n", "how many peers", one.nodes, 2),
  };
  addFlags(command, common);
  addFlags(command, one.flags);
  if (one.layerAlone !== true) {
    command.option("--real-crypto", "real signatures and seals instead of modelled ones", false);
  }
  command
    .option("--json", "print JSON instead of a table", false)
    .option("--report <file>", "write a page with charts")
    .action((given: Parameters<Action>[0]) => {
      const isGiven = command.getOptionValueSource("nodes") === "cli";
      const options = isGiven ? given : { ...given, nodes: one.nodesFor?.(given) ?? given.nodes };
      const wrong = one.check?.(options, options.nodes);
      if (wrong !== undefined) command.error(`error: ${wrong}.`);
      return action(options);
    });
}

function addFlags(command: Command, flags: Flags): void {
  for (const [name, { hint, help, fallback, parse }] of Object.entries(flags)) {
    const option = new Option(hint === undefined ? dashed(name) : `${dashed(name)} ${hint}`, help).default(fallback);
    if (hint !== undefined) {
      option.argParser((text) => {
        try {
          return parse(text) as unknown;
        } catch (error) {
          throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : "");
        }
      });
    }
    command.addOption(option);
  }
}

async function runAll(one: Scenario, options: Common & Record<string, unknown>, io: SimulateIo): Promise<number> {
  if (io.handOver !== undefined) {
    io.handOver(runOne(one, options, options.seed, io));
    return 0;
  }
  const rounds = one.gathersRuns === true ? 1 : options.runs;
  const jobs = Math.min(options.jobs, rounds, io.processes === undefined ? 1 : Number.POSITIVE_INFINITY);
  const results: Result[] = Array.from({ length: rounds });
  const begin = async (run: number): Promise<void> => {
    const seed = options.seed + run;
    const result = jobs > 1 ? await runApart(one, options, seed, io) : runOne(one, options, seed, io);
    results[run] = result;
    const verdict = result.failure === undefined ? "ok" : `FAILED: ${result.failure}`;
    const which =
      one.gathersRuns === true
        ? `${options.runs} runs from seed ${result.seed} on`
        : `run ${run + 1} of ${options.runs}, seed ${result.seed}`;
    io.err(`${one.name}: ${which}: ${verdict} (${result.seconds.toFixed(1)} s)\n`);
    // Lets an interrupt through between runs.
    await Promise.resolve();
  };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < rounds) await begin(next++);
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  const failed = results.filter(({ failure }) => failure !== undefined);
  if (options.json) io.out(`${JSON.stringify(jsonOf(one, options, results), undefined, 2)}\n`);
  else {
    io.out(tableOf(results.filter(({ failure }) => failure === undefined)));
    const held = results.length - failed.length;
    io.out(
      one.gathersRuns === true && held > 0
        ? `means of ${options.runs} runs\n`
        : `${held} of ${results.length} runs held\n`,
    );
  }
  if (options.report !== undefined) {
    await io.writeFile(options.report, reportOf(one, flagsGiven(one, options), results));
    io.err(`wrote ${options.report}\n`);
  }
  return failed.length === 0 ? 0 : 1;
}

/** One run in a process of its own, which is started by the command that shows the run again. */
async function runApart(
  one: Scenario,
  options: Common & Record<string, unknown>,
  seed: number,
  io: SimulateIo,
): Promise<Result> {
  const startMs = io.nowMs();
  try {
    return (await io.processes!.run(argvOf(one, options, seed))) as Result;
  } catch (error) {
    const failure = `${error instanceof Error ? error.message : String(error)}\n  replay: ${replayOf(one, options, seed)}`;
    return { seed, seconds: (io.nowMs() - startMs) / 1_000, outcome: undefined, failure };
  }
}

function runOne(one: Scenario, options: Common & Record<string, unknown>, seed: number, io: SimulateIo): Result {
  const startMs = io.nowMs();
  let shownMs = startMs;
  const progress = (what: string): void => {
    if (io.nowMs() - shownMs < 1_000) return;
    shownMs = io.nowMs();
    io.err(`${one.name}: seed ${seed}: ${what}\n`);
  };
  const { nodes } = options;
  const gathered = one.gathersRuns === true ? { runs: options.runs } : {};
  const vaults = options.realCrypto === true ? realVaults : undefined;
  const taken = (): number => (io.nowMs() - startMs) / 1_000;
  try {
    const replay = replayOf(one, options, seed);
    const outcome = one.run(options as never, {
      seed,
      nodes,
      ...gathered,
      replay,
      vaults,
      progress,
      clockMs: () => io.nowMs(),
    });
    return { seed, seconds: taken(), outcome, failure: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A fault of the simulator itself shows where; a failed run says how to see it again.
    const failure = error.name === "SimulationFailure" ? error.message : (error.stack ?? error.message);
    return { seed, seconds: taken(), outcome: undefined, failure };
  }
}

function meanShape(agreed: readonly unknown[]): object {
  const mean = agreed.length === 0 ? undefined : meanOf(agreed);
  return typeof mean === "object" && mean !== null ? mean : {};
}

function jsonOf(one: Scenario, options: Common & Record<string, unknown>, results: readonly Result[]): unknown {
  const agreed = results.flatMap(({ outcome }) => outcome?.json ?? []);
  if (agreed.length === 1 && results.length === 1) return agreed[0];
  return {
    // The agreed shape, in means over all runs; each run as it was stands under `runs`.
    ...meanShape(agreed),
    scenario: one.name,
    flags: flagsGiven(one, options),
    held: results.filter(({ failure }) => failure === undefined).length,
    runs: results.map(({ seed, failure, outcome }) => {
      const { facts, tables, series, json } = outcome ?? {};
      return json === undefined ? { seed, failure, ...facts, tables, series } : { seed, failure, ...json };
    }),
    summary: Object.fromEntries(summarise(results).map(({ fact, mean, min, max }) => [fact, { mean, min, max }])),
  };
}

/** The command that shows one run again. */
function replayOf(one: Scenario, options: Common & Record<string, unknown>, seed: number): string {
  return `npx grapevine simulate ${argvOf(one, options, seed).join(" ")}`;
}

function argvOf(one: Scenario, options: Common & Record<string, unknown>, seed: number): string[] {
  const given = Object.entries(flagsGiven(one, options)).map(([name, value]) =>
    value === true ? [dashed(name)] : [dashed(name), String(value)],
  );
  return [one.name, "--seed", String(seed), ...given.flat()];
}

/** Flags that differ from their defaults, those of output left out. */
function flagsGiven(one: Scenario, options: Common & Record<string, unknown>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  if (one.gathersRuns === true && options.runs !== 1) given.runs = options.runs;
  if (options.nodes !== one.nodes) given.nodes = options.nodes;
  for (const [name, { fallback }] of Object.entries(one.flags)) {
    if (options[name] !== fallback) given[name] = options[name];
  }
  if (options.realCrypto === true) given.realCrypto = true;
  return given;
}

/** `realCrypto` as `--real-crypto`. */
function dashed(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
