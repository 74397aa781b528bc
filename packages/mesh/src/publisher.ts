/**
 * Turns what one topic publishes into rumors. What is published in one go leaves as one rumor, under one signature: an
 * idle publisher waits for the end of the task and no longer; one that publishes faster than it can sign collects while
 * the signature is made, or while the links drain, so that the batches grow with the load.
 *
 * A message that is larger than a full rumor leaves in pieces, one after the other, and what is small goes on between
 * them. Its id is that of its first piece, its place in the order that of its last.
 */
import { encodeBase58 } from "@grapevine/protocol";
import { ITEM_BYTES, encodeBatch, encodeFragment, type BatchItem } from "./batch.ts";
import { bounded } from "./call.ts";
import { MeshError } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Call } from "./message.ts";

/** What was published by one call. */
interface Group {
  readonly ids: string[];
  left: number;
  /** Some of it is in a rumor: then all of it will be. */
  begun: boolean;
  cancelled: boolean;
  readonly resolve: (ids: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly value: Uint8Array;
  readonly sinceMs: number;
  readonly group: Group;
  /** Its place in the group. */
  readonly place: number;
}

export interface PublisherHost {
  /** Seal, sign and spread one body; resolves with the rumor's id. `bulk`: it gives way to others. */
  publish(body: Uint8Array, bulk: boolean): Promise<Uint8Array>;
  /** Resolves when the links can take more, or after a bounded wait; undefined when they can now. */
  room(): Promise<void> | undefined;
  nowMs(): number;
}

export class Publisher {
  private readonly host: PublisherHost;
  // A queue as an array with a moving head: a burst may be long.
  private waiting: Waiting[] = [];
  private head = 0;
  private bytes = 0;
  private running = false;
  /** Large ones, which wait apart so that no small one waits behind them. */
  private large: Waiting[] = [];
  private runningLarge = false;
  private ended: Error | undefined;

  constructor(host: PublisherHost) {
    this.host = host;
  }

  /**
   * Resolves with the ids of the messages, in order. None is larger than `meshLimits.messageBytesMax`. Rejects with `too-large`, and
   * queues nothing, when too much waits already.
   */
  publish(values: readonly Uint8Array[], call: Call | undefined): Promise<readonly string[]> {
    return bounded(call, undefined, (resolve, reject) => {
      if (this.ended !== undefined) throw this.ended;
      this.refuseTooMuch(values);
      const group: Group = { ids: [], left: values.length, begun: false, cancelled: false, resolve, reject };
      const sinceMs = this.host.nowMs();
      for (const [place, value] of values.entries()) {
        const queue = value.length > meshLimits.batchBytes ? this.large : this.waiting;
        queue.push({ value, sinceMs, group, place });
        this.bytes += value.length;
      }
      if (values.length === 0) resolve([]);
      if (this.waiting.length > this.head && !this.running) {
        this.running = true;
        queueMicrotask(() => void this.run());
      }
      if (this.large.length > 0 && !this.runningLarge) {
        this.runningLarge = true;
        queueMicrotask(() => void this.runLarge());
      }
      return () => void (group.cancelled = true);
    });
  }

  /** Everything that waits, and everything to come, rejects with `error`. */
  end(error: Error): void {
    this.ended = error;
    const waiting = [...this.waiting.slice(this.head), ...this.large];
    this.waiting = [];
    this.large = [];
    this.head = 0;
    this.bytes = 0;
    for (const { group } of waiting) group.reject(error);
  }

  private refuseTooMuch(values: readonly Uint8Array[]): void {
    const bytes = values.reduce((sum, { length }) => sum + length, this.bytes);
    if (bytes <= meshLimits.publishBytesMax) return;
    throw new MeshError(
      "too-large",
      `expected at most ${meshLimits.publishBytesMax} bytes waiting to be published, got ${bytes}; ` +
        "await publish() before the next",
    );
  }

  /** Sign and spread one batch, then the next, of what came meanwhile, until nothing waits. */
  private async run(): Promise<void> {
    for (;;) {
      // What comes while there is no room joins the batch.
      await this.host.room();
      const batch = this.take();
      if (batch.length === 0) break;
      const nowMs = this.host.nowMs();
      const items: BatchItem[] = batch.map(({ value, sinceMs }) => ({ value, ageMs: nowMs - sinceMs }));
      try {
        const name = encodeBase58(await this.host.publish(encodeBatch(items), false));
        for (const [index, waiting] of batch.entries()) done(waiting, messageId(name, index));
      } catch (error) {
        for (const { group } of batch) group.reject(error);
      }
    }
    this.running = false;
  }

  /** One large message after the other, piece by piece. */
  private async runLarge(): Promise<void> {
    for (let next = this.large.shift(); next !== undefined; next = this.large.shift()) {
      const { group, value } = next;
      if (group.begun || !group.cancelled) {
        group.begun = true;
        try {
          done(next, await this.publishPieces(next));
        } catch (error) {
          group.reject(error);
        }
      }
      this.bytes -= value.length;
    }
    this.runningLarge = false;
  }

  private async publishPieces({ value, sinceMs }: Waiting): Promise<string> {
    let id = "";
    for (let offset = 0; offset < value.length; offset += meshLimits.fragmentBytes) {
      await this.host.room();
      if (this.ended !== undefined) throw this.ended;
      const piece = value.subarray(offset, offset + meshLimits.fragmentBytes);
      const ageMs = this.host.nowMs() - sinceMs;
      const body = encodeFragment({ piece, offset, bytesTotal: value.length, ageMs });
      const rumor = await this.host.publish(body, true);
      if (offset === 0) id = messageId(encodeBase58(rumor), 0);
    }
    return id;
  }

  /** What fits one rumor, without what was cancelled before it began. */
  private take(): Waiting[] {
    const batch: Waiting[] = [];
    let size = 0;
    for (; this.head < this.waiting.length; this.head++) {
      const waiting = this.waiting[this.head]!;
      const { group, value } = waiting;
      if (group.begun || !group.cancelled) {
        size += value.length + ITEM_BYTES;
        if (batch.length > 0 && (size > meshLimits.batchBytes || batch.length >= meshLimits.batchMessagesMax)) break;
        group.begun = true;
        batch.push(waiting);
      }
      this.bytes -= value.length;
    }
    if (this.head === this.waiting.length) {
      this.waiting = [];
      this.head = 0;
    }
    return batch;
  }
}

function done({ group, place }: Waiting, id: string): void {
  group.ids[place] = id;
  if (--group.left === 0) group.resolve(group.ids);
}

/** The id of one message of a rumor. */
export function messageId(rumor: string, index: number): string {
  return `${rumor}.${index}`;
}
