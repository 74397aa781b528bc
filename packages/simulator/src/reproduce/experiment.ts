/**
 * An experiment of the literature: how to run it once, and what the figures of a run are held against. The mean over
 * its runs is compared, within the spread that is stated with each figure.
 */
import type { Scenario } from "../scenario.ts";

export interface Figure {
  readonly name: string;
  /** As the paper prints it, where the paper has it. */
  readonly published?: string;
  /** Of the independent reference simulation. */
  readonly reference: number;
  /** `near`: within `spread`. `least` and `most`: not worse than the reference by more than it. `shown`: for comparison. */
  readonly hold: "near" | "least" | "most" | "shown";
  readonly spread: number;
}

export interface Experiment {
  readonly title: string;
  /** The command line behind `npx grapevine` that shows it, where there is one. */
  readonly command?: string;
  /** True when one run is over in a few seconds: then it is a test too. */
  readonly quick: boolean;
  /** How many seeds; a quick test takes the first alone. */
  readonly runs: number;
  readonly figures: readonly Figure[];
  /** One value for each figure, in their order; not a number where a run has none. */
  run(seed: number, progress: (what: string) => void): readonly number[];
}

export interface Compared extends Figure {
  readonly ours: number;
  readonly sd: number;
  readonly ok: boolean;
}

export function near(name: string, reference: number, spread: number, published?: string): Figure {
  return { name, reference, spread, hold: "near", ...(published === undefined ? {} : { published }) };
}

export function least(name: string, reference: number, spread: number = 0, published?: string): Figure {
  return { name, reference, spread, hold: "least", ...(published === undefined ? {} : { published }) };
}

export function most(name: string, reference: number, spread: number = 0, published?: string): Figure {
  return { name, reference, spread, hold: "most", ...(published === undefined ? {} : { published }) };
}

export function forComparison(name: string, reference: number, published?: string): Figure {
  return { name, reference, spread: 0, hold: "shown", ...(published === undefined ? {} : { published }) };
}

/** Runs seeds 1 to `runs` and holds their means against the figures. */
export function compare(
  experiment: Experiment,
  runs: number,
  progress: (what: string) => void = () => undefined,
): readonly Compared[] {
  const values: (readonly number[])[] = [];
  for (let seed = 1; seed <= runs; seed++) {
    values.push(experiment.run(seed, (what) => progress(`run ${seed} of ${runs}, ${what}`)));
    progress(`run ${seed} of ${runs}`);
  }
  return experiment.figures.map((figure, i) => {
    const all = values.map((row) => row[i]!).filter((value) => !Number.isNaN(value));
    const ours = all.reduce((sum, value) => sum + value, 0) / all.length;
    const squares = all.reduce((sum, value) => sum + (value - ours) ** 2, 0);
    return { ...figure, ours, sd: Math.sqrt(squares / Math.max(1, all.length - 1)), ok: holds(figure, ours) };
  });
}

function holds({ hold, reference, spread }: Figure, ours: number): boolean {
  // Figures are printed with few digits; what they leave out is no deviation.
  const slack = spread + 1e-9;
  if (hold === "near") return Math.abs(ours - reference) <= slack;
  if (hold === "least") return ours >= reference - slack;
  return hold === "shown" || ours <= reference + slack;
}

/** An experiment that is a command with these flags; `pick` reads the figures out of its JSON. */
export function commanded(
  scenario: Scenario,
  nodes: number,
  flags: Readonly<Record<string, string | number>>,
  experiment: Omit<Experiment, "run" | "command"> & { readonly pick: (json: never) => readonly number[] },
): Experiment {
  const given = Object.entries(flags).map(([name, value]) => ` --${name} ${value}`);
  const { pick, ...rest } = experiment;
  return {
    ...rest,
    command: `simulate ${scenario.name} --nodes ${nodes}${given.join("")}`,
    run: (seed, progress) => {
      const values = Object.fromEntries(
        Object.entries(scenario.flags).map(([name, { fallback }]) => [name, flags[name] ?? fallback]),
      );
      const { json } = scenario.run(values, { seed, nodes, replay: "", vaults: undefined, progress });
      return pick(json as never);
    },
  };
}
