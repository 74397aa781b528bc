/**
 * Virtual time: a queue of what is to happen, as a binary heap ordered by time and, among equal times, by the order in
 * which it was asked for. Nothing else moves the clock, so a run depends on its seed alone and takes no longer than
 * its events take to compute.
 */
export interface Timer {
  readonly atMs: number;
  /** Makes the order total: equal times fire in the order in which they were scheduled. */
  readonly order: number;
  run: (() => void) | undefined;
}

export class EventQueue {
  /** Milliseconds since the world began; fractions are kept. */
  nowMs = 0;
  /** Events that have fired. */
  fired = 0;
  private readonly heap: Timer[] = [];
  private ordered = 0;

  get size(): number {
    return this.heap.length;
  }

  at(atMs: number, run: () => void): Timer {
    // Not `Math.max`: a NaN must not get into the heap, where it would break the order silently.
    if (!(atMs >= this.nowMs)) {
      if (Number.isNaN(atMs)) throw new Error("expected a time in milliseconds, got NaN");
      atMs = this.nowMs;
    }
    const timer: Timer = { atMs, order: this.ordered++, run };
    this.push(timer);
    return timer;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.at(this.nowMs + delayMs, run);
  }

  /** Leaves the heap as it is: the entry fires as nothing, for most timers are cancelled close to their time. */
  cancel(timer: Timer): void {
    timer.run = undefined;
  }

  /** Fire everything up to and including `untilMs`, and leave the clock there. */
  runUntil(untilMs: number): void {
    for (let first = this.heap[0]; first !== undefined && first.atMs <= untilMs; first = this.heap[0]) {
      this.pop();
      if (first.run === undefined) continue;
      this.nowMs = first.atMs;
      this.fired++;
      first.run();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above]!;
      if (!isBefore(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
