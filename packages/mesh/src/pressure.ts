/**
 * Back-pressure for publishers: while the core says that what this peer publishes outruns most of the links that carry
 * it, the next rumor waits, and what is published meanwhile gathers. The wait is bounded, so that links which stall slow
 * a publisher down and never stop it; what does not fit then waits, or is dropped and repaired, link by link.
 */
import { meshLimits } from "./limits.ts";

export class Pressure {
  private saturated = false;
  private readonly waiting = new Set<() => void>();

  onPressure(saturated: boolean): void {
    this.saturated = saturated;
    if (!saturated) this.release();
  }

  /** Resolves when there is room, or the wait was long enough; undefined when there is room now. */
  room(): Promise<void> | undefined {
    if (!this.saturated) return undefined;
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, meshLimits.publishWaitMs);
      this.waiting.add(go);
    });
  }

  /** The mesh was left: nobody waits any more. */
  end(): void {
    this.saturated = false;
    this.release();
  }

  private release(): void {
    for (const go of this.waiting) go();
  }
}
