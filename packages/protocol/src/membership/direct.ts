/**
 * Direct messages: sealed for one peer, sent along the routes of the overlay, acknowledged by the recipient, tried
 * again until their time is over, and delivered once. What is acknowledged was handed to the recipient's application.
 */
import { limits } from "../limits.ts";
import type { PeerId, Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { Heard } from "./heard.ts";
import type { HeardState } from "./heard.ts";

interface Message {
  /** 8 bytes as 16 hex digits: they ascend, and begin with a time (`heard.ts`). */
  readonly id: string;
  readonly command: Ref;
  readonly to: PeerId;
  readonly data: Uint8Array;
  readonly deadlineMs: number;
  retryMs: number;
  tries: number;
  /** True once it left this peer: then its silence is a time-out, not a missing way. */
  travelled: boolean;
}

export interface DirectState {
  readonly pending: Map<string, Message>;
  readonly heard: HeardState;
  /** Of the last own id. */
  lastMs: number;
  lastCount: number;
}

const COUNT_MAX = 0xffff;

export class Direct {
  readonly state: DirectState;
  /** What was delivered. */
  readonly heard: Heard;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: DirectState) {
    this.foundation = foundation;
    this.heard = new Heard(state?.heard);
    this.state = state ?? { pending: new Map(), heard: this.heard.state, lastMs: 0, lastCount: 0 };
  }

  /** Returns the message to send now, or undefined when too many are on their way. */
  begin(command: Ref, to: PeerId, data: Uint8Array, timeoutMs: number, now: Moment, out: Outbox): Message | undefined {
    if (this.state.pending.size >= limits.directPendingMax) {
      out.effect({ kind: "emit", event: { type: "unsent", ref: command, reason: "unreachable" } });
      return undefined;
    }
    const message: Message = {
      id: this.nextId(now),
      command,
      to,
      data,
      deadlineMs: now.nowMs + timeoutMs,
      retryMs: now.nowMs,
      tries: 0,
      travelled: false,
    };
    this.state.pending.set(message.id, message);
    this.tried(message, now);
    return message;
  }

  onTravelled(id: string): void {
    const message = this.state.pending.get(id);
    if (message !== undefined) message.travelled = true;
  }

  onAck(id: string, from: PeerId, out: Outbox): void {
    const message = this.state.pending.get(id);
    if (message === undefined || message.to !== from) return;
    this.state.pending.delete(id);
    out.effect({ kind: "emit", event: { type: "sent", ref: message.command } });
  }

  /** Ends what is out of time; returns what should be tried again. */
  onDeadline(now: Moment, out: Outbox): readonly Message[] {
    const again: Message[] = [];
    for (const message of this.state.pending.values()) {
      if (now.nowMs >= message.deadlineMs) {
        this.state.pending.delete(message.id);
        const reason = message.travelled ? "timeout" : "unreachable";
        out.effect({ kind: "emit", event: { type: "unsent", ref: message.command, reason } });
      } else if (now.nowMs >= message.retryMs) {
        this.tried(message, now);
        again.push(message);
      }
    }
    return again;
  }

  onLeave(out: Outbox): void {
    for (const message of this.state.pending.values()) {
      out.effect({ kind: "emit", event: { type: "unsent", ref: message.command, reason: "left" } });
    }
    this.state.pending.clear();
  }

  get deadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const message of this.state.pending.values()) next = Math.min(next, message.retryMs, message.deadlineMs);
    return next;
  }

  private nextId(now: Moment): string {
    const { state } = this;
    const meshMs = Math.floor(now.meshMs);
    if (meshMs > state.lastMs || state.lastCount >= COUNT_MAX) {
      state.lastMs = Math.max(meshMs, state.lastMs + 1);
      state.lastCount = 0;
    } else state.lastCount++;
    return state.lastMs.toString(16).padStart(12, "0") + state.lastCount.toString(16).padStart(4, "0");
  }

  private tried(message: Message, now: Moment): void {
    message.tries++;
    // Doubling from a second: a route takes a few hops of some 100 ms, and SCTP recovers a lost packet in a second.
    message.retryMs = now.nowMs + this.foundation.random.jitter(Math.min(8_000, 500 * 2 ** message.tries));
  }
}
