/**
 * Typed events without a base class to extend and without EventTarget's wrapping. A listener that throws harms nobody:
 * its error goes where uncaught errors go, and the other listeners are called all the same.
 */
import { expected } from "./errors.ts";

export interface ListenOptions {
  /** Aborting it removes the listener. */
  signal?: AbortSignal;
  /** Remove the listener before its first call. */
  once?: boolean;
}

export interface Emitter<E> {
  /** Calls `listener` at every `event` from now on. Returns a function that removes it; removing twice is harmless. */
  on<K extends keyof E>(event: K, listener: (e: E[K]) => void, options?: ListenOptions): () => void;
}

interface Entry {
  readonly listener: (e: never) => void;
  readonly once: boolean;
  readonly off: () => void;
  on: boolean;
}

export class Listeners<E> implements Emitter<E> {
  // Lists are replaced, never changed, so that a listener may add and remove others while it is called.
  private readonly lists = new Map<keyof E, readonly Entry[]>();

  on<K extends keyof E>(event: K, listener: (e: E[K]) => void, options: ListenOptions = {}): () => void {
    if (typeof listener !== "function") throw expected("a listener function", listener);
    const { signal, once = false } = options;
    if (signal?.aborted === true) return () => {};
    const off = (): void => {
      entry.on = false;
      signal?.removeEventListener("abort", off);
      const rest = (this.lists.get(event) ?? []).filter((other) => other !== entry);
      if (rest.length > 0) this.lists.set(event, rest);
      else this.lists.delete(event);
    };
    const entry: Entry = { listener, once, off, on: true };
    this.lists.set(event, [...(this.lists.get(event) ?? []), entry]);
    signal?.addEventListener("abort", off, { once: true });
    return off;
  }

  has(event: keyof E): boolean {
    return this.lists.has(event);
  }

  emit<K extends keyof E>(event: K, value: E[K]): void {
    const list = this.lists.get(event);
    if (list === undefined) return;
    for (const entry of list) {
      // One that an earlier listener of this very call removed is not called any more.
      if (!entry.on) continue;
      if (entry.once) entry.off();
      try {
        (entry.listener as (e: E[K]) => void)(value);
      } catch (error) {
        report(error);
      }
    }
  }

  clear(): void {
    for (const list of this.lists.values()) for (const entry of list) entry.off();
  }
}

/** Where uncaught errors go: `reportError` in a page or worker; in Node an uncaught exception. */
export function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (typeof reportError === "function") reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
