/**
 * Chance that is the application's: from the platform, for a draw of its own is no input of the core, and leaves its trace
 * as it is.
 */

/** Uniform in [0, 1). */
export function randomShare(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/** In an order by chance (Fisher and Yates). */
export function shuffled<T>(items: readonly T[]): T[] {
  const out = [...items];
  for (let at = out.length - 1; at > 0; at--) {
    const other = Math.floor(randomShare() * (at + 1));
    [out[at], out[other]] = [out[other]!, out[at]!];
  }
  return out;
}
