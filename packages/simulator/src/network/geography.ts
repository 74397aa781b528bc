/**
 * Where nodes are. Each stands somewhere on a plane and behind a last mile of its own, so that latencies satisfy the
 * triangle inequality as real ones mostly do (network coordinates, as in Vivaldi, Dabek et al. 2004), and round-trip
 * times measured on one link say something about others. Some pairs can never connect: both sit behind NATs that no
 * candidate pair crosses.
 */
import type { Random } from "@grapevine/protocol";
import { type Span, uniform } from "../chance.ts";

export interface Place {
  /** Milliseconds one way, so that distance is latency. */
  readonly x: number;
  readonly y: number;
  readonly lastMileMs: number;
  /** In [0, 1), compared pairwise; see `canConnect`. */
  readonly nat: number;
}

export interface GeographyOptions {
  /** Side of the plane in one-way milliseconds. Guess: 60, a continent. */
  readonly extentMs: number;
  /** One-way milliseconds from a node to the nearest router. Guess: 1 to 10, fibre to mobile. */
  readonly lastMileMs: Span;
  /** Share of pairs that cannot connect at all. Guess: .02; measured shares without TURN are 10 to 20% of all users. */
  readonly unreachablePairs: number;
}

export function placeAt(random: Random, options: GeographyOptions): Place {
  return {
    x: random.float() * options.extentMs,
    y: random.float() * options.extentMs,
    lastMileMs: uniform(random, options.lastMileMs),
    nat: random.float(),
  };
}

/** One way, without queues and jitter. */
export function latencyMs(a: Place, b: Place): number {
  return a.lastMileMs + b.lastMileMs + Math.hypot(a.x - b.x, a.y - b.y);
}

/** Symmetric and fixed for the pair: the sum of two uniform numbers, modulo 1, is uniform again. */
export function canConnect(a: Place, b: Place, options: GeographyOptions): boolean {
  return (a.nat + b.nat) % 1 >= options.unreachablePairs;
}
