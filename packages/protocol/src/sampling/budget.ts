/**
 * A budget of connections, as a token bucket: making one costs a token, whoever asked for it, and tokens come back with
 * time. Chromium allows 500 RTCPeerConnections to a page and counts closed ones until it collects garbage, and each costs
 * a Node process some 16 descriptors and two threads while it stands: so what others make a peer do, or a fault of its
 * own, must not create them without end. Out of tokens it calls later and refuses politely; links that stand are not
 * touched.
 */
import { limits } from "../limits.ts";
import type { Moment } from "../room.ts";

export interface BudgetState {
  tokens: number;
  atMs: number;
  spent: number;
  /** Calls, own and others', that had to wait or were refused for want of tokens. */
  denied: number;
}

/** Kept for own calls: no number of callers can keep us from repairing our links. Guess. */
const OWN_SHARE = 0.5;

export class Budget {
  readonly state: BudgetState;

  constructor(state: BudgetState = { tokens: limits.connectionsBurst, atMs: 0, spent: 0, denied: 0 }) {
    this.state = state;
  }

  /** May a connection be made, for a call of ours or of another's? Counts a denial. */
  allows(ours: boolean, now: Moment): boolean {
    this.refill(now);
    const floor = ours ? 1 : 1 + limits.connectionsBurst * OWN_SHARE;
    if (this.state.tokens >= floor) return true;
    this.state.denied++;
    return false;
  }

  spend(now: Moment): void {
    this.refill(now);
    this.state.tokens = Math.max(0, this.state.tokens - 1);
    this.state.spent++;
  }

  private refill(now: Moment): void {
    const { state } = this;
    const earned = (Math.max(0, now.nowMs - state.atMs) * limits.connectionsPerMinute) / 60_000;
    state.tokens = Math.min(limits.connectionsBurst, state.tokens + earned);
    state.atMs = now.nowMs;
  }
}
