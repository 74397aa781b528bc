/** Two ends in one process or page, and how long a transfer takes. */
import { type Kind, openEnd } from "./ends.ts";

/** A connection that one direction of is measured. */
export interface Pair {
  /** Bytes a second. */
  transfer(size: number, total: number): Promise<number>;
  close(): Promise<void>;
}

export async function openHere(kind: Kind): Promise<Pair> {
  const from = openEnd(kind, "offer", (signal) => queueMicrotask(() => to.signal(signal)));
  const to = openEnd(kind, "answer", (signal) => queueMicrotask(() => from.signal(signal)));
  await Promise.all([from.ready, to.ready]);
  return {
    async transfer(size, total) {
      to.received = 0;
      const done = new Promise<void>((resolve) => {
        to.onReceived = () => void (to.received >= total && resolve());
      });
      return timed(total, () => Promise.all([from.send(size, total), done]));
    },
    close: async () => void (await Promise.all([from.close(), to.close()])),
  };
}

export async function timed(total: number, task: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await task();
  return total / ((performance.now() - startMs) / 1000);
}
