/**
 * The three ways in which Demers et al. (PODC 1987) spread an update, side by side: direct mail, anti-entropy and rumor
 * mongering; and means with their errors over many runs.
 */
import type { MongeringRules } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { type Census, type Epidemic, MongeringModel } from "./mongering.ts";

export const PROTOCOLS = ["mail", "anti-entropy", "mongering"] as const;

export interface EpidemicOptions {
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly rules: MongeringRules;
  readonly nodes: number;
  /** Share of the updates that get lost. */
  readonly loss: number;
}

export interface Estimate {
  readonly mean: number;
  /** Standard error of the mean; 0 for a single run. */
  readonly se: number;
}

/** What is measured of a run. */
export const MEASURES = ["residue", "traffic", "tAverage", "tLast"] as const;
export type Estimates = Readonly<Record<(typeof MEASURES)[number], Estimate>>;

export interface Gathered {
  readonly estimates: Estimates;
  /** Mean share of the sites in each state at the end of each cycle; a run that is over stays as it ended. */
  readonly census: readonly Census[];
}

export function epidemic({ protocol, rules, nodes, loss }: EpidemicOptions, seed: number): Epidemic {
  const random = streamOf(seed, "rumor");
  if (protocol === "mongering") return new MongeringModel(rules, { nodes, loss, compares: false }, random).run();
  if (protocol === "anti-entropy") {
    const lasting: MongeringRules = { ...rules, removal: "none" };
    return new MongeringModel(lasting, { nodes, loss, compares: true }, random).run();
  }
  let arrived = 0;
  for (let site = 1; site < nodes; site++) if (random.float() >= loss) arrived++;
  const mailed: Census = { susceptible: nodes - 1 - arrived, infective: 0, removed: arrived + 1 };
  return {
    residue: mailed.susceptible / nodes,
    traffic: (nodes - 1) / nodes,
    tAverage: arrived > 0 ? 1 : Number.NaN,
    tLast: arrived > 0 ? 1 : 0,
    census: [{ susceptible: nodes - 1, infective: 1, removed: 0 }, mailed],
  };
}

/** Seeds `seed` to `seed + runs - 1`. */
export function gather(
  options: EpidemicOptions,
  seed: number,
  runs: number,
  progress: (what: string) => void = () => undefined,
): Gathered {
  const epidemics: Epidemic[] = [];
  for (let run = 0; run < runs; run++) {
    epidemics.push(epidemic(options, seed + run));
    progress(`run ${run + 1} of ${runs}`);
  }
  const estimate = (key: (typeof MEASURES)[number]): Estimate => estimateOf(epidemics.map((one) => one[key]));
  return {
    estimates: {
      residue: estimate("residue"),
      traffic: estimate("traffic"),
      tAverage: estimate("tAverage"),
      tLast: estimate("tLast"),
    },
    census: meanCensus(epidemics, options.nodes),
  };
}

/** Runs in which the rumor reached nobody have no average time of receipt, and are left out of its mean. */
export function estimateOf(all: readonly number[]): Estimate {
  const values = all.filter((value) => !Number.isNaN(value));
  if (values.length === 0) return { mean: 0, se: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, se: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length) };
}

function meanCensus(epidemics: readonly Epidemic[], nodes: number): Census[] {
  const length = Math.max(...epidemics.map(({ census }) => census.length));
  return Array.from({ length }, (_, cycle) => {
    const sum = { susceptible: 0, infective: 0, removed: 0 };
    for (const { census } of epidemics) {
      const at = census[cycle] ?? census.at(-1)!;
      sum.susceptible += at.susceptible;
      sum.infective += at.infective;
      sum.removed += at.removed;
    }
    const all = epidemics.length * nodes;
    return { susceptible: sum.susceptible / all, infective: sum.infective / all, removed: sum.removed / all };
  });
}
