/** A run in which something that must hold did not. The message says what, when, and how to see it again. */
export class SimulationFailure extends Error {
  readonly atMs: number;
  readonly seed: number;

  constructor(what: string, atMs: number, seed: number, replay: string | undefined, options?: ErrorOptions) {
    const again = replay === undefined ? `seed ${seed}` : `seed ${seed}; replay: ${replay}`;
    super(`${what}\n  at ${(atMs / 1_000).toFixed(3)} s of ${again}`, options);
    this.name = "SimulationFailure";
    this.atMs = atMs;
    this.seed = seed;
  }
}
