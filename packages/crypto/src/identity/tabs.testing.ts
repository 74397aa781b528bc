/**
 * A browser with tabs, for tests: Web Locks and BroadcastChannel shared by its tabs, a sessionStorage for each tab that a
 * duplicate copies, and waits that end when the test says so.
 */
import { channelGuard, lockGuard, type OpenChannel, type TabGuard, type Wait } from "./tab-guard.ts";
import type { TabStorage } from "./tab-store.ts";

export class FakeStorage implements TabStorage {
  readonly entries: Map<string, string>;
  full = false;

  constructor(entries: ReadonlyMap<string, string> = new Map()) {
    this.entries = new Map(entries);
  }

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("no room", "QuotaExceededError");
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }

  /** What a duplicated tab begins with. */
  duplicate(): FakeStorage {
    return new FakeStorage(this.entries);
  }
}

/** Locks as the specification has them: granted later, in order, until the callback's promise settles. */
class FakeLocks {
  readonly #queues = new Map<string, (() => void)[]>();

  async request(name: string, { signal }: { signal: AbortSignal }, callback: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    await new Promise<void>((resolve, reject) => {
      queue.push(resolve);
      if (queue.length === 1) resolve();
      signal.addEventListener("abort", () => {
        const at = queue.indexOf(resolve);
        if (at > 0) {
          queue.splice(at, 1);
          reject(signal.reason as Error);
        }
      });
    });
    await callback();
    queue.shift();
    queue[0]?.();
  }
}

export class FakeBrowser {
  readonly #locks = new FakeLocks();
  readonly #listeners = new Map<string, Set<(message: unknown) => void>>();
  #waiting: (() => void)[] = [];
  #tabs = 0;

  readonly #wait: Wait = () =>
    new Promise((resolve) => {
      this.#waiting.push(resolve);
    });

  /** Let everything that was waited for so far be over, once what is on its way has arrived. */
  async elapse(): Promise<void> {
    await new Promise(setImmediate);
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise(setImmediate);
  }

  withLocks(): TabGuard {
    return lockGuard(this.#locks as unknown as LockManager, this.#wait);
  }

  /** `id` decides between two that ask at once; by default the older tab has the greater one. */
  withChannel(id: string = String(9999 - this.#tabs++)): TabGuard {
    return channelGuard(this.openChannel, id, this.#wait);
  }

  readonly openChannel: OpenChannel = (name, onMessage) => {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(onMessage);
    return {
      post(message) {
        for (const listener of listeners) {
          if (listener !== onMessage) queueMicrotask(() => listeners.has(listener) && listener(message));
        }
      },
      close() {
        listeners.delete(onMessage);
      },
    };
  };
}
