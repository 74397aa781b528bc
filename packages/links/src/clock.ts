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

/**
 * Run when what has arrived so far is dealt with: in Node at the end of this turn of the event loop, in a page, whose
 * turns are single messages, at the end of the task. A peer that is idle waits for nothing; a busy one finds many
 * messages in each turn, and what they lead to leaves in one message to each link. Measured with wrtc, whose sends cost
 * 100 us each: twice the rumors a second of processor time that microtasks gave.
 */
export const endOfTurn: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : (run) => queueMicrotask(run);

/**
 * Run in a task of its own, behind what waits for its turn already: for work that was cut into slices. A page has no immediates,
 * and its timers wait for 4 ms, in a hidden tab for a second: it sends itself a message.
 */
export const nextTurn: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : turnsByMessage();

/** What `nextTurn` is where there are no immediates. The channel is made when it is first used. */
export function turnsByMessage(): (run: () => void) => void {
  const waiting: (() => void)[] = [];
  let channel: MessageChannel | undefined;
  return (run) => {
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.addEventListener("message", () => waiting.shift()?.());
      channel.port1.start();
    }
    waiting.push(run);
    channel.port2.postMessage(0);
  };
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
