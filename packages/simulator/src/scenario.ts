/**
 * The frame that every scenario fills: a name, flags with types and defaults, and a run that returns facts or throws
 * `SimulationFailure`. The command line, the table, the JSON and the report know scenarios by this face only.
 */
import type { VaultMaker } from "./vault.ts";
import type { Random } from "@grapevine/protocol";

export interface Flag<T> {
  /** What stands for the value in the help, such as `<share>`; undefined for a switch. */
  readonly hint: string | undefined;
  readonly help: string;
  readonly fallback: T;
  /** Throws an error that says what was expected. */
  readonly parse: (text: string) => T;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a flag of any value; its type comes back in `Values`.
export type Flags = Readonly<Record<string, Flag<any>>>;
export type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** What a run is given beside its flags. */
export interface Run {
  readonly seed: number;
  readonly nodes: number;
  /** How many runs to gather, where the scenario gathers them; else absent. */
  readonly runs?: number;
  /** Shows this very run again. */
  readonly replay: string;
  /** Real cryptography, when asked for. */
  readonly vaults: ((random: Random) => VaultMaker) | undefined;
  /** A clock for what is measured on this machine, where there is one; nothing that is simulated depends on it. */
  readonly clockMs?: () => number;
  /** Says how far it is; shown while it runs. */
  readonly progress: (what: string) => void;
}

export interface Outcome {
  /** What was measured, in the order in which it is shown. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** Tables of the report and of JSON: rows by name. */
  readonly tables?: Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>>;
  /** Curves for the report: points by name, with the name of the x axis. */
  readonly series?: Readonly<Record<string, Series>>;
  /** What `--json` prints of a single run, where its shape is agreed on; else it is made of the above. */
  readonly json?: Readonly<Record<string, unknown>>;
}

export interface Series {
  readonly x: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Scenario {
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** Default for `--nodes`. */
  readonly nodes: number;
  readonly flags: Flags;
  /** How many peers there are by default, where that follows from the flags. */
  nodesFor?(values: Values<Flags>): number;
  /** True for a model of one layer alone, in which nothing is signed. */
  readonly layerAlone?: boolean;
  /** True when it gathers its runs itself, in one outcome of means and their errors. */
  readonly gathersRuns?: boolean;
  /** What is wrong with flags that are well each for itself: "expected ..., got ..."; undefined when nothing is. */
  check?(values: Values<Flags>, nodes: number): string | undefined;
  /** `values`: one for each flag, as the flag's `parse` gives it. */
  run(values: Values<Flags>, run: Run): Outcome;
}

/** Lets a scenario's run see its flags with their types. */
export function scenario<const F extends Flags>(
  typed: Omit<Scenario, "flags" | "check" | "run" | "nodesFor"> & {
    readonly flags: F;
    nodesFor?(values: Values<F>): number;
    check?(values: Values<F>, nodes: number): string | undefined;
    run(values: Values<F>, run: Run): Outcome;
  },
): Scenario {
  return typed;
}

/** A number of at least `least` and at most `most`. */
export function number(
  hint: string,
  help: string,
  fallback: number,
  least: number = 0,
  most: number = Number.MAX_VALUE,
): Flag<number> {
  return {
    hint: `<${hint}>`,
    help,
    fallback,
    parse: (text) => {
      const value = text.trim() === "" ? Number.NaN : Number(text);
      if (value >= least && value <= most) return value;
      const range = most === Number.MAX_VALUE ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new Error(`expected a number ${range}, got "${text}"`);
    },
  };
}

export function share(help: string, fallback: number): Flag<number> {
  return number("share", help, fallback, 0, 1);
}

export function whole(
  hint: string,
  help: string,
  fallback: number,
  least: number = 0,
  most: number = Number.MAX_VALUE,
): Flag<number> {
  const { parse } = number(hint, help, fallback, least, most);
  return {
    hint: `<${hint}>`,
    help,
    fallback,
    parse: (text) => {
      const value = parse(text);
      if (Number.isSafeInteger(value)) return value;
      throw new Error(`expected a whole number, got "${text}"`);
    },
  };
}

export function toggle(help: string): Flag<boolean> {
  return { hint: undefined, help, fallback: false, parse: (text) => text === "true" };
}

export function choice<const T extends string>(help: string, choices: readonly T[], fallback: T): Flag<T> {
  return {
    hint: `<${choices.join("|")}>`,
    help,
    fallback,
    parse: (text) => {
      const chosen = choices.find((one) => one === text);
      if (chosen !== undefined) return chosen;
      throw new Error(`expected one of ${choices.join(", ")}, got "${text}"`);
    },
  };
}
