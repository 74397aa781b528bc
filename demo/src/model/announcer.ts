/**
 * Tells the others, on the topic "topology", whom this page is linked to and what it is called: soon after either has
 * changed, together with whatever else changes in that moment, and rarely otherwise, so that a claim outlives neither
 * its truth by long nor its retention.
 */
import type { TopologyClaim } from "./messages.ts";

/** Changes come in flurries, when a mesh forms or heals. Guess: what an eye takes for at once. */
export const settleMs = 400;

/** Well within `retentionMs`, so that a newcomer finds a claim of everyone. */
export const repeatMs = 60_000;

/** How long others keep a claim. */
export const retentionMs = 180_000;

export class Announcer {
  private readonly publish: (claim: TopologyClaim) => void;
  private said = "";
  private wanted: TopologyClaim | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private repeating: ReturnType<typeof setInterval> | undefined;
  private stopped = false;

  constructor(publish: (claim: TopologyClaim) => void) {
    this.publish = publish;
  }

  /** What is true now. Says it when it is news. */
  update(name: string | undefined, neighbors: readonly string[]): void {
    if (this.stopped) return;
    const claim: TopologyClaim = { neighbors: neighbors.toSorted(), ...(name !== undefined && { name }) };
    this.wanted = claim;
    if (JSON.stringify(claim) === this.said) {
      clearTimeout(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setTimeout(() => this.say(), settleMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.repeating);
  }

  private say(): void {
    this.timer = undefined;
    if (this.wanted === undefined) return;
    this.said = JSON.stringify(this.wanted);
    clearInterval(this.repeating);
    this.repeating = setInterval(() => this.say(), repeatMs);
    this.publish(this.wanted);
  }
}
