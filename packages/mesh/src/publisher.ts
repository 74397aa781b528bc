/**
 * Turns what one topic publishes into rumors. What is published in one go leaves as one rumor, under one signature: an
 * idle publisher waits for the end of the task and no longer; one that publishes faster than it can sign collects while
 * the signature is made, so that the batches grow with the load.
 */
import { encodeBase58, limits } from "@grapevine/protocol";
import { BATCH_BYTES, ITEM_BYTES, encodeBatch, type BatchItem } from "./batch.ts";
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
}

export interface PublisherHost {
  /** Seal, sign and spread one body; resolves with the rumor's id. */
  publish(body: Uint8Array): Promise<Uint8Array>;
  nowMs(): number;
}

export class Publisher {
  private readonly host: PublisherHost;
  /** Largest encoded message that fits a rumor. */
  readonly messageBytesMax: number;
  // A queue as an array with a moving head: a burst may be long.
  private waiting: Waiting[] = [];
  private head = 0;
  private bytes = 0;
  private running = false;
  private ended: Error | undefined;

  /** `sealBytes`: what the topic's seal adds to a body. */
  constructor(host: PublisherHost, sealBytes: number) {
    this.host = host;
    this.messageBytesMax = limits.rumorBodyBytesMax - sealBytes - BATCH_BYTES - ITEM_BYTES;
  }

  /**
   * Resolves with the ids of the messages, in order. None is larger than `messageBytesMax`. Rejects with `too-large`, and
   * queues nothing, when too much waits already.
   */
  publish(values: readonly Uint8Array[], call: Call | undefined): Promise<readonly string[]> {
    return bounded(call, undefined, (resolve, reject) => {
      if (this.ended !== undefined) throw this.ended;
      this.refuseTooMuch(values);
      const group: Group = { ids: [], left: values.length, begun: false, cancelled: false, resolve, reject };
      const sinceMs = this.host.nowMs();
      for (const value of values) {
        this.waiting.push({ value, sinceMs, group });
        this.bytes += value.length;
      }
      if (values.length === 0) resolve([]);
      else if (!this.running) {
        this.running = true;
        queueMicrotask(() => void this.run());
      }
      return () => void (group.cancelled = true);
    });
  }

  /** Everything that waits, and everything to come, rejects with `error`. */
  end(error: Error): void {
    this.ended = error;
    const waiting = this.waiting.slice(this.head);
    this.waiting = [];
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
    for (let batch = this.take(); batch.length > 0; batch = this.take()) {
      const nowMs = this.host.nowMs();
      const items: BatchItem[] = batch.map(({ value, sinceMs }) => ({ value, ageMs: nowMs - sinceMs }));
      try {
        const name = encodeBase58(await this.host.publish(encodeBatch(items)));
        for (const [index, { group }] of batch.entries()) {
          group.ids.push(messageId(name, index));
          if (--group.left === 0) group.resolve(group.ids);
        }
      } catch (error) {
        for (const { group } of batch) group.reject(error);
      }
    }
    this.running = false;
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

/** The id of one message of a rumor. */
export function messageId(rumor: string, index: number): string {
  return `${rumor}.${index}`;
}
