/**
 * A queue that serves its flows in turns, by bytes: deficit round robin (Shreedhar and Varghese, 1995). When it is full,
 * the flow that holds most gives way (McKenney's longest queue drop, 1990), so whoever fills a queue fills but its own share.
 */

/** What waits: anything, and what it weighs. */
export interface Queued<T> {
  readonly item: T;
  readonly bytes: number;
}

interface Flow<T> {
  /** A queue as an array with a moving head. */
  items: Queued<T>[];
  head: number;
  bytes: number;
  /** What it may still send in this turn. */
  deficit: number;
}

export interface FairQueueState<T> {
  /** In the order of their turns. */
  readonly flows: Map<string, Flow<T>>;
  bytes: number;
}

export function newQueue<T>(): FairQueueState<T> {
  return { flows: new Map(), bytes: 0 };
}

export function bytesOfFlow<T>(queue: FairQueueState<T>, flow: string): number {
  return queue.flows.get(flow)?.bytes ?? 0;
}

/**
 * Add to a flow. While there is more than `bytesMax`, the newest of the longest flow is dropped; returns how many were,
 * and whether this one was among them.
 */
export function push<T>(
  queue: FairQueueState<T>,
  name: string,
  queued: Queued<T>,
  bytesMax: number,
): { readonly dropped: number; readonly kept: boolean } {
  let flow = queue.flows.get(name);
  if (flow === undefined) queue.flows.set(name, (flow = { items: [], head: 0, bytes: 0, deficit: 0 }));
  flow.items.push(queued);
  flow.bytes += queued.bytes;
  queue.bytes += queued.bytes;
  let dropped = 0;
  let kept = true;
  while (queue.bytes > bytesMax) {
    let [longest, most] = ["", -1];
    for (const [other, { bytes }] of queue.flows) if (bytes > most) [longest, most] = [other, bytes];
    const last = dropLast(queue, longest);
    dropped++;
    if (last === queued) kept = false;
  }
  return { dropped, kept };
}

/** What is next, without taking it. */
export function peek<T>(queue: FairQueueState<T>, quantumBytes: number): Queued<T> | undefined {
  for (;;) {
    const first = queue.flows.entries().next();
    if (first.done === true) return undefined;
    const [name, flow] = first.value;
    const next = flow.items[flow.head]!;
    if (next.bytes <= flow.deficit) return next;
    // Its turn is over: to the end, with a quantum for the next one.
    flow.deficit += quantumBytes;
    if (queue.flows.size === 1) continue;
    queue.flows.delete(name);
    queue.flows.set(name, flow);
  }
}

/** Take what `peek` showed. */
export function shift<T>(queue: FairQueueState<T>): void {
  const first = queue.flows.entries().next();
  if (first.done === true) return;
  const [name, flow] = first.value;
  const { bytes } = flow.items[flow.head]!;
  flow.head++;
  flow.deficit -= bytes;
  flow.bytes -= bytes;
  queue.bytes -= bytes;
  if (flow.head === flow.items.length) queue.flows.delete(name);
  else if (flow.head >= 64 && flow.head * 2 >= flow.items.length) {
    flow.items = flow.items.slice(flow.head);
    flow.head = 0;
  }
}

function dropLast<T>(queue: FairQueueState<T>, name: string): Queued<T> {
  const flow = queue.flows.get(name)!;
  const last = flow.items.pop()!;
  flow.bytes -= last.bytes;
  queue.bytes -= last.bytes;
  if (flow.head === flow.items.length) queue.flows.delete(name);
  return last;
}
