/**
 * `join({ spreading })`: how a peer spreads fresh rumors, as plain data for the core. All ways understand each other, and
 * repair rounds make up for what any of them leaves out; so this is about speed and cost, never about what is delivered.
 */
import {
  DEFAULT_TUNING,
  DIRECTIONS,
  limits,
  MEMORIES,
  type MongeringRules,
  type SpreadingPolicy,
  type Tuning,
} from "@grapevine/protocol";
import { MeshError, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";

const POLICIES = ["adaptive", "tree", "flood", "mongering"] as const satisfies readonly SpreadingPolicy[];

/** Without an end a rumor would be told until it is pushed out: an option of the simulator, not of a mesh. */
const REMOVALS = ["counter", "coin", "median-counter"] as const;

/** Rumor mongering (Demers et al. 1987; Karp et al. 2000). What is left out has the default that is named. */
export interface MongeringOptions {
  readonly by: "mongering";
  /** Who tells in a contact: the caller, the one called, both, or the caller while a rumor is young. Default "push-pull". */
  readonly direction?: MongeringRules["direction"];
  /** Does a rumor lose interest by any contact, or only by one with a peer that knew it? Default "feedback". */
  readonly memory?: MongeringRules["memory"];
  /** After k such contacts in a row, by a coin with a chance of 1/k, or by comparing counters. Default "counter". */
  readonly removal?: (typeof REMOVALS)[number];
  /** 1 to 100. A push leaves about e^-(k+1) of the peers to the repair rounds, push-pull far fewer. Default 2. */
  readonly k?: number;
  /** Of two peers that both know, only the smaller counter counts the contact. Default true. */
  readonly minimize?: boolean;
  /** Calls taken in a cycle; 0, the default, for any number. */
  readonly connectionLimit?: number;
  /** Other neighbors that a refused caller tries in the same cycle. Default 0. */
  readonly hunt?: number;
  /** Cycles after which push-then-pull turns from push to pull. Default 8. */
  readonly pushCycles?: number;
  /** From one call to the next, 20 to 10 000. Default 200. */
  readonly periodMs?: number;
}

/** The others by name, and whether small messages leave as datagrams first. */
export interface PushOptions {
  readonly by: Exclude<SpreadingPolicy, "mongering">;
  /**
   * Send small messages over the link's unreliable channel first, and again what is asked for (Birman et al. 1999): where
   * packets are lost, others need not wait for a retransmission. Default false.
   */
  readonly urgent?: boolean;
}

export type SpreadingOption = SpreadingPolicy | PushOptions | MongeringOptions;

export type SpreadingTuning = Pick<Tuning, "spreading" | "urgent" | "mongering" | "mongerPeriodMs">;

/** Throws `invalid-argument` for what makes no sense. */
export function spreadingTuning(option: unknown): SpreadingTuning {
  const { spreading, urgent, mongering, mongerPeriodMs } = DEFAULT_TUNING;
  const defaults = { spreading, urgent, mongering, mongerPeriodMs };
  if (option === undefined) return defaults;
  const policy = POLICIES.find((one) => one === option);
  if (policy !== undefined) return { ...defaults, spreading: policy };
  const named = typeof option === "object" && option !== null ? (option as { readonly by?: unknown }) : {};
  const by = POLICIES.find((one) => one === named.by);
  if (by === undefined) {
    throw expected(`spreading to be one of ${POLICIES.join(", ")}, or { by: "mongering", ... }`, option);
  }
  const known = new Set(by === "mongering" ? ["by", "periodMs", ...Object.keys(mongering)] : ["by", "urgent"]);
  for (const name of Object.keys(named)) {
    if (!known.has(name)) {
      throw new MeshError(
        "invalid-argument",
        `expected options of spreading among ${[...known].join(", ")}, got "${name}"`,
      );
    }
  }
  const given = named as Readonly<Record<string, unknown>>;
  if (by !== "mongering") return { ...defaults, spreading: by, urgent: flag(given, "urgent", urgent) };
  const { mongerPeriodMsMin, mongerPeriodMsMax } = meshLimits;
  const rules: MongeringRules = {
    direction: oneOf(given, "direction", DIRECTIONS, mongering.direction),
    memory: oneOf(given, "memory", MEMORIES, mongering.memory),
    removal: oneOf(given, "removal", REMOVALS, "counter"),
    k: whole(given, "k", 1, limits.mongeringKMax, mongering.k),
    minimize: flag(given, "minimize", mongering.minimize),
    connectionLimit: whole(given, "connectionLimit", 0, meshLimits.neighborsMax, mongering.connectionLimit),
    hunt: whole(given, "hunt", 0, meshLimits.neighborsMax, mongering.hunt),
    pushCycles: whole(given, "pushCycles", 1, 1_000, mongering.pushCycles),
  };
  if (rules.hunt > 0 && rules.connectionLimit === 0) {
    throw new MeshError(
      "invalid-argument",
      "expected spreading.connectionLimit with hunt, for nobody refuses without one",
    );
  }
  const periodMs = whole(given, "periodMs", mongerPeriodMsMin, mongerPeriodMsMax, mongerPeriodMs);
  return { spreading: by, urgent: false, mongering: rules, mongerPeriodMs: periodMs };
}

type Given = Readonly<Record<string, unknown>>;

function oneOf<const T extends string>(given: Given, name: string, choices: readonly T[], fallback: T): T {
  const value = given[name];
  if (value === undefined) return fallback;
  const chosen = choices.find((one) => one === value);
  if (chosen === undefined) throw expected(`spreading.${name} to be one of ${choices.join(", ")}`, value);
  return chosen;
}

function whole(given: Given, name: string, least: number, most: number, fallback: number): number {
  const value = given[name];
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw expected(`spreading.${name} to be a whole number from ${least} to ${most}`, value);
  }
  return value;
}

function flag(given: Given, name: string, fallback: boolean): boolean {
  const value = given[name];
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") throw expected(`spreading.${name} to be true or false`, value);
  return value;
}
