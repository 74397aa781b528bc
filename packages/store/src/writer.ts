/**
 * Group commit (DeWitt et al. 1984): while one batch is being made durable, what comes meanwhile waits for the next, so
 * that a thousand writes cost a few syncs and nothing is acknowledged before it is safe. A batch that fails is kept and
 * tried again later; nobody waits for it any longer than that takes to be known.
 */
import type { Database, Operation } from "./database.ts";
import { storeLimits } from "./limits.ts";

export interface WriterHost {
  /** Writing failed, or works again (without a cause). */
  onWarning(message: string, cause?: unknown): void;
  /** Runs once, so many milliseconds from now; returns what cancels it. */
  later(ms: number, run: () => void): () => void;
}

interface Waiter {
  /** Waits for as many operations as had been added. */
  readonly for: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Writer {
  private readonly database: Pick<Database, "batch">;
  private readonly host: WriterHost;
  /** The newest operation for each key, oldest first. */
  private pending = new Map<string, Operation>();
  private bytes = 0;
  /** In the order in which they came. */
  private waiters: Waiter[] = [];
  /** Operations that were ever added, and those of them that are durable or were given up: the first so many. */
  private added = 0;
  private done = 0;
  private running: Promise<void> | undefined;
  private failure: Error | undefined;
  private cancelRetry: (() => void) | undefined;
  private closed = false;
  commits = 0;

  constructor(database: Pick<Database, "batch">, host: WriterHost) {
    this.database = database;
    this.host = host;
  }

  get waiting(): number {
    return this.pending.size;
  }

  get isFailing(): boolean {
    return this.failure !== undefined;
  }

  put(key: string, value: Uint8Array): void {
    this.add({ type: "put", key, value });
  }

  del(key: string): void {
    this.add({ type: "del", key });
  }

  /** Resolves when all that was added before is durable; rejects with what prevents it. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) reject(this.failure);
      else if (this.done >= this.added) resolve();
      else this.waiters.push({ for: this.added, resolve, reject });
    });
  }

  /** Write what waits, once more even after a failure; then take nothing more. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.cancelRetry?.();
    await this.running;
    if (this.pending.size > 0) await this.run();
    this.closed = true;
  }

  private add(operation: Operation): void {
    if (this.closed) return;
    const { key } = operation;
    this.bytes += costOf(operation) - costOf(this.pending.get(key));
    // A newer operation takes the place of the older one for its key.
    if (!this.pending.has(key)) this.added++;
    this.pending.set(key, operation);
    if (this.failure !== undefined) return this.shed();
    if (this.running !== undefined) return;
    this.running = Promise.resolve().then(() => this.run());
  }

  /** Nothing can be written, and memory is not endless. */
  private shed(): void {
    for (const [key, operation] of this.pending) {
      if (this.bytes <= storeLimits.waitingBytesMax) return;
      this.pending.delete(key);
      this.bytes -= costOf(operation);
      this.done++;
    }
  }

  private async run(): Promise<void> {
    while (this.pending.size > 0) {
      const batch = this.take();
      const done = this.added - this.pending.size;
      try {
        await this.database.batch(batch);
      } catch (error) {
        this.giveBack(batch);
        this.fail(error);
        break;
      }
      this.commits++;
      this.done = done;
      if (this.failure !== undefined) {
        this.failure = undefined;
        this.host.onWarning("the store can be written again, and what was waiting is in it");
      }
      while (this.waiters[0] !== undefined && this.waiters[0].for <= done) this.waiters.shift()!.resolve();
    }
    this.running = undefined;
  }

  private take(): Operation[] {
    const batch: Operation[] = [];
    let bytes = 0;
    for (const [key, operation] of this.pending) {
      if (batch.length >= storeLimits.commitOperationsMax || bytes >= storeLimits.commitBytesMax) break;
      this.pending.delete(key);
      bytes += costOf(operation);
      batch.push(operation);
    }
    this.bytes -= bytes;
    return batch;
  }

  private giveBack(batch: readonly Operation[]): void {
    const newer = this.pending;
    this.pending = new Map(batch.map((operation) => [operation.key, operation]));
    for (const [key, operation] of newer) this.pending.set(key, operation);
    this.added = this.done + this.pending.size;
    this.bytes = 0;
    for (const operation of this.pending.values()) this.bytes += costOf(operation);
  }

  private fail(cause: unknown): void {
    const isNews = this.failure === undefined;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.failure = error;
    // Said before anybody goes on.
    if (isNews) {
      const why = error.cause instanceof Error ? error.cause.message : error.message;
      this.host.onWarning(`the store cannot be written (${why}); what is new stays in memory until it can`, error);
    }
    for (const { reject } of this.waiters.splice(0)) reject(error);
    if (this.closed) return;
    this.cancelRetry = this.host.later(storeLimits.retryMs, () => {
      this.running ??= this.run();
    });
  }
}

function costOf(operation: Operation | undefined): number {
  if (operation === undefined) return 0;
  return operation.key.length + (operation.type === "put" ? operation.value.length : 0);
}
