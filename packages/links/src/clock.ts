/**
 * The time that links live in. Engines take the platform's; the in-memory network can be given a virtual one, so that
 * time-outs and delays of a whole mesh pass at the word of a test.
 */
export interface Clock {
  /** Milliseconds from any start; never goes back. */
  nowMs(): number;
  /** Run later, in a task of its own; 0 is as soon as possible. Returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const platformClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    // Node's shortest timer is a millisecond, in which wrtc sends 60 KiB: what must not wait takes the immediate queue.
    if (delayMs <= 0 && typeof setImmediate === "function") {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
