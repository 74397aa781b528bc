/**
 * Direct messages: sealed for one peer, sent along the routes of the overlay, acknowledged by the recipient, tried
 * again until their time is over, and delivered once. What is acknowledged was handed to the recipient's application.
 */
import { limits } from "../limits.ts";
import type { PeerId, Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { toHex } from "../wire/hex.ts";

interface Message {
  /** 8 random bytes as 16 hex digits. */
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
  /** `sender/incarnation/id` of what was delivered. Insertion order is age. */
  readonly seen: Set<string>;
}

export class Direct {
  readonly state: DirectState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state: DirectState = { pending: new Map(), seen: new Set() }) {
    this.foundation = foundation;
    this.state = state;
  }

  /** Returns the message to send now, or undefined when too many are on their way. */
  begin(command: Ref, to: PeerId, data: Uint8Array, timeoutMs: number, now: Moment, out: Outbox): Message | undefined {
    if (this.state.pending.size >= limits.directPendingMax) {
      out.effect({ kind: "emit", event: { type: "unsent", ref: command, reason: "unreachable" } });
      return undefined;
    }
    const message: Message = {
      id: toHex(this.foundation.random.bytes(8)),
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

  /** Returns true when this message was not delivered before. */
  isNew(from: PeerId, incarnation: number, id: string): boolean {
    const { seen } = this.state;
    const key = `${from}/${incarnation}/${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (seen.size > limits.directSeenMax) {
      const oldest = seen.values().next().value;
      if (oldest !== undefined) seen.delete(oldest);
    }
    return true;
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

  private tried(message: Message, now: Moment): void {
    message.tries++;
    // Doubling from a second: a route takes a few hops of some 100 ms, and SCTP recovers a lost packet in a second.
    message.retryMs = now.nowMs + this.foundation.random.jitter(Math.min(8_000, 500 * 2 ** message.tries));
  }
}
