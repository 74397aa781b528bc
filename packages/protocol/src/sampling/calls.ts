/**
 * A call is the way from "we should be linked" to a link: sealed request, offer and answer, over the seed or along a
 * circuit. Whoever may count on an answer makes the offer at once; along a route that may lead nowhere only the lower id
 * does, and the higher one asks it to. Every signal names its call, calls are few at once, and each has a deadline.
 */
import { limits } from "../limits.ts";
import { forgetOldest } from "../rumors/oldest.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Purpose } from "../effect.ts";
import type { Foundation, Moment } from "../room.ts";
import { toHex } from "../wire/hex.ts";

/** How signals of a call travel. `route` lays a circuit, on which the rest goes. */
export type Path =
  | { readonly kind: "route" }
  | { readonly kind: "circuit"; readonly circuit: string }
  | { readonly kind: "seed"; readonly seed: number; readonly seat: string };

export interface Call {
  /** 8 random bytes as 16 hex digits, chosen by the caller. */
  readonly id: string;
  readonly peer: PeerId;
  readonly boxKey: Uint8Array;
  readonly ours: boolean;
  readonly purpose: Purpose;
  readonly ring: number;
  readonly epoch: number;
  path: Path;
  link: LinkId | undefined;
  /** Who makes the offer of its link; undefined while there is none. */
  role: "offer" | "answer" | undefined;
  /** A link of ours that gives way when this one stands. */
  readonly replace: LinkId | undefined;
  deadlineMs: number;
  /** Our first signal went along a route of descriptors, for no neighbor could introduce the callee. */
  routed: boolean;
}

interface Backoff {
  failures: number;
  untilMs: number;
  /** True after misbehaviour: then its own calls are refused too. */
  readonly shunned: boolean;
}

export interface CallsState {
  readonly calls: Map<string, Call>;
  readonly byLink: Map<LinkId, string>;
  readonly backoffs: Map<PeerId, Backoff>;
  /** Of others whose calls were taken of late: how many more are, as of then. */
  readonly callers: Map<PeerId, { calls: number; atMs: number }>;
  /** Calls of others that were taken, by name: who carried one's first word may play it again. Oldest dropped first. */
  readonly taken: Set<string>;
  failed: number;
  made: number;
  /** Calls whose first signal was routed, and those of them to which any answer came. */
  routed: number;
  arrived: number;
}

export class Calls {
  readonly state: CallsState;
  private readonly foundation: Foundation;

  constructor(
    foundation: Foundation,
    state: CallsState = {
      calls: new Map(),
      byLink: new Map(),
      backoffs: new Map(),
      callers: new Map(),
      taken: new Set(),
      failed: 0,
      made: 0,
      routed: 0,
      arrived: 0,
    },
  ) {
    this.foundation = foundation;
    this.state = state;
  }

  get(id: string): Call | undefined {
    return this.state.calls.get(id);
  }

  byLink(link: LinkId): Call | undefined {
    const id = this.state.byLink.get(link);
    return id === undefined ? undefined : this.state.calls.get(id);
  }

  with(peer: PeerId): Call | undefined {
    for (const call of this.state.calls.values()) if (call.peer === peer) return call;
    return undefined;
  }

  count(ours: boolean): number {
    let count = 0;
    for (const call of this.state.calls.values()) if (call.ours === ours) count++;
    return count;
  }

  get mayBegin(): boolean {
    return this.count(true) < limits.callsMax;
  }

  /** Of ours, those along routes for which no neighbor vouched and to which nobody has answered: perhaps to the dead. */
  get unsure(): number {
    let count = 0;
    for (const { ours, routed, path } of this.state.calls.values()) {
      if (ours && (routed || path.kind === "route")) count++;
    }
    return count;
  }

  get mayTake(): boolean {
    return this.count(false) < limits.inboundCallsMax;
  }

  /** A connection costs us as much as its caller, and there are few: no single one takes them all. */
  mayTakeOf(peer: PeerId, now: Moment): boolean {
    return this.callsLeft(peer, now) >= 1;
  }

  private callsLeft(peer: PeerId, now: Moment): number {
    const { calls, atMs } = this.state.callers.get(peer) ?? { calls: limits.callerBurst, atMs: now.nowMs };
    const earned = (Math.max(0, now.nowMs - atMs) * limits.callerPerMinute) / 60_000;
    return Math.min(limits.callerBurst, calls + earned);
  }

  mayCall(peer: PeerId, now: Moment): boolean {
    return now.nowMs >= (this.state.backoffs.get(peer)?.untilMs ?? 0);
  }

  /** `id` is given for a call that another peer began. */
  begin(
    call: Omit<Call, "id" | "link" | "role" | "deadlineMs" | "routed"> & { readonly id?: string },
    now: Moment,
  ): Call {
    const id = call.id ?? toHex(this.foundation.random.bytes(8));
    const deadlineMs = now.nowMs + this.foundation.config.tuning.callMs;
    const begun: Call = { ...call, id, link: undefined, role: undefined, deadlineMs, routed: false };
    this.state.calls.set(id, begun);
    if (call.ours) this.state.made++;
    else this.take(id, call.peer, now);
    return begun;
  }

  private take(id: string, peer: PeerId, now: Moment): void {
    const { callers, taken } = this.state;
    taken.add(id);
    forgetOldest(taken, limits.callsTakenMax);
    callers.set(peer, { calls: this.callsLeft(peer, now) - 1, atMs: now.nowMs });
  }

  /** Was this call of another taken before, whatever became of it? */
  wasTaken(id: string): boolean {
    return this.state.taken.has(id);
  }

  /** The call got a link of its own. */
  attach(call: Call, link: LinkId, role: "offer" | "answer"): void {
    call.link = link;
    call.role = role;
    this.state.byLink.set(link, call.id);
  }

  /** Our signal left: somebody who is there answers it soon, and a seat or a path may lead to nobody. */
  onAsked(call: Call, now: Moment): void {
    call.deadlineMs = Math.min(call.deadlineMs, now.nowMs + this.foundation.config.tuning.answerMs);
  }

  onRouted(call: Call): void {
    call.routed = true;
    this.state.routed++;
  }

  private countArrival(call: Call): void {
    if (call.routed) this.state.arrived++;
    call.routed = false;
  }

  /** The other side said a word about the call: it is there, and connections take their time. */
  onAnswered(call: Call, now: Moment): void {
    this.countArrival(call);
    call.deadlineMs = now.nowMs + this.foundation.config.tuning.callMs;
  }

  /** The call is over, well or badly; a bad end of our own call puts its callee off for a growing while. */
  end(call: Call, outcome: "linked" | "failed" | "refused" | "dropped", now: Moment): void {
    const { state, foundation } = this;
    state.calls.delete(call.id);
    if (outcome === "linked" || outcome === "refused") this.countArrival(call);
    if (call.link !== undefined) state.byLink.delete(call.link);
    if (outcome === "linked") state.backoffs.delete(call.peer);
    else if (call.ours && outcome !== "dropped") {
      state.failed++;
      const failures = (state.backoffs.get(call.peer)?.failures ?? 0) + 1;
      // A refusal is a clear word, so it is not worth asking again soon; a failure may pass.
      const firstMs = outcome === "refused" ? 8_000 : 2_000;
      const waitMs = Math.min(120_000, firstMs * 2 ** Math.min(failures - 1, 6));
      state.backoffs.set(call.peer, {
        failures,
        untilMs: now.nowMs + foundation.random.jitter(waitMs),
        shunned: false,
      });
    }
  }

  /** Neither call this peer nor take its calls for a while: it broke the rules. */
  shun(peer: PeerId, forMs: number, now: Moment): void {
    this.state.backoffs.set(peer, { failures: 1, untilMs: now.nowMs + forMs, shunned: true });
  }

  isShunned(peer: PeerId, now: Moment): boolean {
    const backoff = this.state.backoffs.get(peer);
    return backoff?.shunned === true && now.nowMs < backoff.untilMs;
  }

  /** Forget what was held against a peer: it called us, so it is there. */
  forgive(peer: PeerId): void {
    this.state.backoffs.delete(peer);
  }

  onDeadline(now: Moment): readonly Call[] {
    for (const [peer, backoff] of this.state.backoffs) {
      if (now.nowMs > backoff.untilMs + 300_000) this.state.backoffs.delete(peer);
    }
    for (const peer of this.state.callers.keys()) {
      if (this.callsLeft(peer, now) >= limits.callerBurst) this.state.callers.delete(peer);
    }
    return [...this.state.calls.values()].filter((call) => now.nowMs >= call.deadlineMs);
  }

  get deadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.state.calls.values()) next = Math.min(next, call.deadlineMs);
    return next;
  }
}
