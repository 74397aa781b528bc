/**
 * Deliveries that wait for the key of their epoch, for a rumor may be faster than the announcement and the key that it is
 * sealed with. Each log keeps its author's order; what waits too long is handed on as it is, to be counted as unreadable.
 *
 * And the end of an epoch's overlap: an author that goes on to write under a former epoch is delivered for a stated time,
 * counted from the first of such rumors that is fresh; after that they are history, and no live messages.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import type { Effect } from "../effect.ts";
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import { logKey } from "../repair/logs.ts";
import { toHex } from "../wire/hex.ts";

export type Deliver = Effect & { readonly kind: "deliver" };

interface Locked {
  readonly effect: Deliver;
  readonly untilMs: number;
}

export interface LocksState {
  /** Of subscribed topics under the mesh's keys: id of the key that they had before the first epoch. */
  readonly plain: Map<string, string>;
  /** By log, in its order. */
  readonly queues: Map<string, Locked[]>;
  size: number;
  /** Stamps of the first fresh rumors that authors wrote under an epoch that had ended. */
  readonly laggards: Map<PeerId, number>;
  /** Waited in vain; were late. */
  unread: number;
  overdue: number;
}

/** What is known of keys. */
export interface KeyKnowledge {
  /** The key is not here, and may come. */
  isAwaited(keyId: string): boolean;
  /** When the epoch ended. */
  endOf(keyId: string): number | undefined;
  /** When the first epoch began. */
  readonly firstMs: number;
}

/** What reached us sooner was spread, not repaired. Source: `delivery.ts`, what is news. */
const FRESH_MS = 30_000;

export class Locks {
  readonly state: LocksState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: LocksState) {
    this.foundation = foundation;
    this.state = state ?? {
      plain: new Map(),
      queues: new Map(),
      size: 0,
      laggards: new Map(),
      unread: 0,
      overdue: 0,
    };
  }

  get deadlineMs(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const [first] of this.state.queues.values()) due = Math.min(due, first!.untilMs);
    return due;
  }

  /** What may be delivered now, of this and of what waited before it. */
  pass(effect: Deliver, keys: KeyKnowledge, now: Moment): readonly Deliver[] {
    const { header } = effect.rumor;
    const { plain, queues } = this.state;
    if (!plain.has(header.topic)) return [effect];
    const key = logKey(header);
    const queue = queues.get(key);
    if (queue === undefined && !this.isLocked(effect, keys)) return this.timely(effect, keys, now);
    const locked = { effect, untilMs: now.nowMs + limits.lockedMs };
    if (queue === undefined) queues.set(key, [locked]);
    else queue.push(locked);
    this.state.size++;
    return this.state.size > limits.lockedMax ? this.pressOut(keys, now) : [];
  }

  /** Keys came, or will not come, or time has passed. */
  release(keys: KeyKnowledge, now: Moment): readonly Deliver[] {
    const out: Deliver[] = [];
    for (const [key, queue] of this.state.queues) {
      let done = 0;
      for (const { effect, untilMs } of queue) {
        if (this.isLocked(effect, keys)) {
          if (now.nowMs < untilMs) break;
          this.state.unread++;
        }
        out.push(...this.timely(effect, keys, now));
        done++;
      }
      this.state.size -= done;
      if (done === queue.length) this.state.queues.delete(key);
      else queue.splice(0, done);
    }
    return out;
  }

  /** The first that waits goes as it is: memory is bounded. */
  private pressOut(keys: KeyKnowledge, now: Moment): readonly Deliver[] {
    const [[key, queue]] = this.state.queues as unknown as [[string, Locked[]]];
    const { effect } = queue.shift()!;
    if (queue.length === 0) this.state.queues.delete(key);
    this.state.size--;
    this.state.unread++;
    return this.timely(effect, keys, now);
  }

  private isLocked({ rumor: { header } }: Deliver, keys: KeyKnowledge): boolean {
    const id = toHex(header.keyId);
    return id !== this.state.plain.get(header.topic) && keys.isAwaited(id);
  }

  private timely(effect: Deliver, keys: KeyKnowledge, now: Moment): readonly Deliver[] {
    if (effect.stream === "history" || !this.isOverdue(effect, keys, now)) return [effect];
    this.state.overdue++;
    return effect.stream === "both" ? [{ ...effect, stream: "history" }] : [];
  }

  private isOverdue({ rumor: { header } }: Deliver, keys: KeyKnowledge, now: Moment): boolean {
    const { self, config } = this.foundation;
    const { laggards, plain } = this.state;
    const { author, timeMs } = header;
    const id = toHex(header.keyId);
    const endMs = id === plain.get(header.topic) ? keys.firstMs : keys.endOf(id);
    if (endMs === undefined || timeMs <= endMs) {
      laggards.delete(author);
      return false;
    }
    if (author === self || now.meshMs - timeMs >= FRESH_MS) return false;
    const sinceMs = laggards.get(author);
    if (sinceMs === undefined) {
      laggards.set(author, timeMs);
      forgetOldest(laggards, limits.laggardsMax);
      return false;
    }
    return timeMs > Math.max(endMs, sinceMs) + config.tuning.keyOverlapMs;
  }
}
