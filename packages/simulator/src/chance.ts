/**
 * Chance, all of it from one number: every use has a stream of its own, named, so that one more draw here does not
 * change what happens there, and two runs that differ in one option stay comparable.
 */
import { Random } from "@grapevine/protocol";
import { mix32 } from "./mix.ts";

export function streamOf(seed: number, name: string): Random {
  const text = Uint8Array.from(`${seed}/${name}`, (letter) => letter.codePointAt(0)!);
  return new Random(mix32(text).subarray(0, 16));
}

export function uniform(random: Random, [min, max]: Span): number {
  return min + (max - min) * random.float();
}

/** Most values near the small end, none out of bounds: how connection times are spread. */
export function logUniform(random: Random, [min, max]: Span): number {
  return min * (max / min) ** random.float();
}

/** Time to the next of events that come at random, `meanMs` apart on average (Poisson). */
export function exponential(random: Random, meanMs: number): number {
  return -meanMs * Math.log(1 - random.float());
}

/** Smallest and greatest value. */
export type Span = readonly [min: number, max: number];
