/**
 * Rumors that wait for the application's word. A topic may have validators (in the manner of gossipsub's): a rumor of
 * it, once its signature has held, is shown to them before it is appended, passed on or delivered. They run outside the
 * core and may take their time: each topic has places of its own, so that one that is slow holds up no other, and an
 * answer that does not come in time counts as "ignore".
 *
 * Whatever the verdict, the rumor is held from then on, so that all who have it agree on what they hold; one that was
 * not accepted is mute: neither offered, nor passed on, nor delivered, until it expires.
 */
import { limits } from "../limits.ts";
import type { LinkId, Ref, Validation } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";
import { same, sameRumor } from "../repair/ids.ts";
import type { Check } from "./checking.ts";

interface Waiting {
  readonly check: Check;
  readonly dueMs: number;
}

interface Queue {
  count: number;
  bytes: number;
}

export interface ValidatingState {
  /** Topics with validators. */
  readonly topics: Set<string>;
  readonly waiting: Map<Ref, Waiting>;
  readonly slots: Map<string, readonly Ref[]>;
  readonly queues: Map<string, Queue>;
  accepted: number;
  rejected: number;
  ignored: number;
  /** Of those ignored: no answer came in time. */
  late: number;
  /** Dropped because too many of their topic waited; repair brings them again. */
  dropped: number;
}

export interface Judged {
  readonly check: Check;
  readonly verdict: Validation;
}

export class Validating {
  readonly state: ValidatingState;

  constructor(state?: ValidatingState) {
    this.state = state ?? {
      topics: new Set(),
      waiting: new Map(),
      slots: new Map(),
      queues: new Map(),
      accepted: 0,
      rejected: 0,
      ignored: 0,
      late: 0,
      dropped: 0,
    };
  }

  get deadlineMs(): number {
    // All wait equally long, so the first that came is the first that is due.
    for (const { dueMs } of this.state.waiting.values()) return dueMs;
    return Number.POSITIVE_INFINITY;
  }

  isValidated(topic: string): boolean {
    return this.state.topics.has(topic);
  }

  has(slot: string): boolean {
    return this.state.slots.has(slot);
  }

  *ids(): Generator<Uint8Array> {
    for (const { check } of this.state.waiting.values()) yield check.id;
  }

  /** How many more of this topic may wait. */
  placesOf(topic: string): number {
    if (!this.isValidated(topic)) return Number.POSITIVE_INFINITY;
    const { count, bytes } = this.state.queues.get(topic) ?? { count: 0, bytes: 0 };
    return bytes >= limits.validatingBytesMax ? 0 : limits.validatingMax - count;
  }

  /** Switch the topic's validators on, or off: then what waits for them is accepted, and returned. */
  set(topic: string, on: boolean): readonly Judged[] {
    if (on) {
      this.state.topics.add(topic);
      return [];
    }
    this.state.topics.delete(topic);
    const refs = [...this.state.waiting].filter(([, { check }]) => check.rumor.header.topic === topic);
    return refs.map(([ref]) => this.settle(ref, "accept")!);
  }

  begin(check: Check, now: Moment, out: Outbox): "begun" | "full" {
    const { state } = this;
    const { rumor, id, slot } = check;
    const { topic } = rumor.header;
    const queue = state.queues.get(topic) ?? { count: 0, bytes: 0 };
    if (queue.count >= limits.validatingMax || queue.bytes + rumor.body.length > limits.validatingBytesMax) {
      state.dropped++;
      return "full";
    }
    state.queues.set(topic, { count: queue.count + 1, bytes: queue.bytes + rumor.body.length });
    const ref = out.ref();
    state.waiting.set(ref, { check, dueMs: now.nowMs + limits.validateMs });
    state.slots.set(slot, [...(state.slots.get(slot) ?? []), ref]);
    out.effect({ kind: "validate", ref, rumor, id, hops: check.hops });
    return "begun";
  }

  /** A copy of what waits here? Then its sender need not be sent it. */
  isCopy(link: LinkId, { rumor }: RumorFrame, slot: string): boolean {
    return this.note(link, slot, (check) => sameRumor(check.rumor, rumor));
  }

  /** The same under another signature? */
  isKnown(link: LinkId, slot: string, id: Uint8Array): boolean {
    return this.note(link, slot, (check) => same(check.id, id));
  }

  /** Undefined when the ref is not ours, or was settled before. */
  onValidated(ref: Ref, verdict: Validation): Judged | undefined {
    return this.settle(ref, verdict);
  }

  /** What kept us waiting too long. */
  onDeadline(now: Moment): readonly Judged[] {
    const late: Judged[] = [];
    for (const [ref, { dueMs }] of this.state.waiting) {
      if (dueMs > now.nowMs) break;
      this.state.late++;
      late.push(this.settle(ref, "ignore")!);
    }
    return late;
  }

  private note(link: LinkId, slot: string, is: (check: Check) => boolean): boolean {
    for (const ref of this.state.slots.get(slot) ?? []) {
      const waiting = this.state.waiting.get(ref)!;
      const { check } = waiting;
      if (!is(check)) continue;
      if (!check.knownBy.includes(link)) {
        this.state.waiting.set(ref, { ...waiting, check: { ...check, knownBy: [...check.knownBy, link] } });
      }
      return true;
    }
    return false;
  }

  private settle(ref: Ref, verdict: Validation): Judged | undefined {
    const { state } = this;
    const check = state.waiting.get(ref)?.check;
    if (check === undefined) return undefined;
    state.waiting.delete(ref);
    const refs = state.slots.get(check.slot)!.filter((other) => other !== ref);
    if (refs.length > 0) state.slots.set(check.slot, refs);
    else state.slots.delete(check.slot);
    const { topic } = check.rumor.header;
    const queue = state.queues.get(topic)!;
    if (queue.count === 1) state.queues.delete(topic);
    else state.queues.set(topic, { count: queue.count - 1, bytes: queue.bytes - check.rumor.body.length });
    state[verdict === "accept" ? "accepted" : verdict === "reject" ? "rejected" : "ignored"]++;
    return { check, verdict };
  }
}
