/**
 * One pull-based reader of a topic: first what there already was, drawn as it is read, then what is pushed while it
 * lasts. Its buffer is bounded, for a reader that stopped reading must not fill the memory of one that goes on.
 */
import { nextTurn } from "@grapevine/links";
import { MeshError } from "./errors.ts";
import { meshLimits } from "./limits.ts";

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

export class Reader<T> implements AsyncIterableIterator<T> {
  private backlog: Iterator<T> | undefined;
  // A queue as an array with a moving head: shifting a long array costs its length.
  private queue: { readonly item: T; readonly bytes: number }[] = [];
  private head = 0;
  private bytes = 0;
  private readonly waiters: Waiter<T>[] = [];
  /** From where on nothing was buffered, for it can be read again. */
  private later: (() => Iterator<T>) | undefined;
  /** Messages given since others had their turn, and when the first of them was. */
  private given = 0;
  private sinceMs = 0;
  /** Others have their turn now. */
  private pause: Promise<void> | undefined;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private readonly onEnd: (reader: Reader<T>) => void;

  /** `onEnd` is called once, as soon as no push is wanted any more. */
  constructor(backlog: Iterator<T> | undefined, onEnd: (reader: Reader<T>) => void) {
    this.backlog = backlog;
    this.onEnd = onEnd;
  }

  /**
   * Hand in one message. `bytes` is its share of the rumor that it came in. Where there is a way to read from it on again,
   * later, a reader that is behind takes that: history may come faster than anybody reads it.
   */
  push(item: T, bytes: number, again?: () => Iterator<T>): void {
    if (this.ended || this.later !== undefined) return;
    // Waiters stand only where the backlog and the queue are empty.
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: item });
      return;
    }
    if (again !== undefined && this.queue.length - this.head >= meshLimits.readerAheadMax) {
      this.later = again;
      return;
    }
    this.queue.push({ item, bytes });
    this.bytes += bytes;
    const waiting = this.queue.length - this.head;
    if (waiting > meshLimits.readerMessagesMax || this.bytes > meshLimits.readerBytesMax) {
      this.fail(
        new MeshError(
          "subscriber-too-slow",
          `expected at most ${meshLimits.readerMessagesMax} messages and ${meshLimits.readerBytesMax} bytes waiting to be ` +
            `read, got ${waiting} and ${this.bytes}; read on with messages({ from: { cursor } }) of the last one`,
        ),
      );
    }
  }

  /** What is buffered can still be read; then the iteration ends. */
  end(): void {
    if (this.ended) return;
    this.finish();
  }

  /** The iteration ends with `error`, and what was buffered is dropped. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.failure = { error };
    this.drop();
    this.finish();
  }

  next(): Promise<IteratorResult<T>> {
    if (this.pause !== undefined) return this.pause.then(() => this.next());
    if (this.given > 0 && (this.backlog !== undefined || this.head < this.queue.length) && this.isSliceOver()) {
      return this.rest().then(() => this.next());
    }
    if (this.given++ === 0) this.sinceMs = performance.now();
    const drawn = this.backlog?.next();
    if (drawn?.done === false) return Promise.resolve({ done: false, value: drawn.value });
    this.backlog = undefined;
    const first = this.queue[this.head];
    if (first !== undefined) {
      this.head++;
      this.bytes -= first.bytes;
      if (this.head === this.queue.length || this.head > 1024) {
        this.queue = this.queue.slice(this.head);
        this.head = 0;
      }
      return Promise.resolve({ done: false, value: first.item });
    }
    if (this.later !== undefined) {
      this.backlog = this.later();
      this.later = undefined;
      return this.next();
    }
    if (this.failure !== undefined) {
      const { error } = this.failure;
      this.failure = undefined;
      // eslint-disable-next-line typescript/prefer-promise-reject-errors -- an abort's reason is whatever its caller chose
      return Promise.reject(error);
    }
    this.given = 0;
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T>> {
    this.drop();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private isSliceOver(): boolean {
    return this.given >= meshLimits.readerSliceMax || performance.now() - this.sinceMs >= meshLimits.readerSliceMs;
  }

  /** A loop over a long history never ends its task by itself: what it awaits is there already. */
  private rest(): Promise<void> {
    this.pause = new Promise((resolve) => {
      nextTurn(() => {
        this.pause = undefined;
        this.given = 0;
        resolve();
      });
    });
    return this.pause;
  }

  private drop(): void {
    this.backlog = undefined;
    this.later = undefined;
    this.queue = [];
    this.head = 0;
    this.bytes = 0;
  }

  private finish(): void {
    this.ended = true;
    for (const waiter of this.waiters.splice(0)) {
      if (this.failure === undefined) waiter.resolve({ done: true, value: undefined });
      else {
        waiter.reject(this.failure.error);
        this.failure = undefined;
      }
    }
    this.onEnd(this);
  }
}
