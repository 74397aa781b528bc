/**
 * Is the other end of a link still there? A ping every few seconds measures round-trip time and clock offset, and a
 * neighbor unheard for too long is hung up: SCTP and ICE notice a silent crash far too late. A peer that was itself
 * asleep forgives everyone's silence once, for it is the one who did not listen. Long before that a link counts as quiet:
 * nothing is sent over it that somebody waits for, and repair does not count on it. (Failure detection among members, by
 * SWIM, is another room.)
 */
import type { LinkId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";

interface Pulse {
  heardMs: number;
  pingedMs: number;
  /** Nonce of the ping on its way; 0 for none. */
  nonce: number;
  rttMs: number | undefined;
  /** The least that was measured: how far it is, whatever queued or was lost on the way (TCP Vegas, Brakmo et al. 1994). */
  rttLeastMs: number | undefined;
  /** A ping went unanswered for a whole period, and nothing else has come since. */
  quiet: boolean;
  /** Pings that were answered, and those after which nothing came at all for a period. */
  answered: number;
  missed: number;
}

export interface LivenessState {
  readonly pulses: Map<LinkId, Pulse>;
  /** Last time that anything was looked at; a long gap means that we slept. */
  lookedMs: number;
}

export class Liveness {
  readonly state: LivenessState;
  private readonly foundation: Foundation;
  /** When the first ping is due; undefined after a change. Derived, so no part of the state. */
  private nextMs: number | undefined;

  constructor(foundation: Foundation, state: LivenessState = { pulses: new Map(), lookedMs: 0 }) {
    this.foundation = foundation;
    this.state = state;
  }

  onLinkUp(link: LinkId, now: Moment, out: Outbox): void {
    const pulse: Pulse = {
      heardMs: now.nowMs,
      pingedMs: 0,
      nonce: 0,
      rttMs: undefined,
      rttLeastMs: undefined,
      quiet: false,
      answered: 0,
      missed: 0,
    };
    this.state.pulses.set(link, pulse);
    this.ping(link, pulse, now, out);
  }

  onLinkDown(link: LinkId): void {
    this.state.pulses.delete(link);
    this.nextMs = undefined;
  }

  onHeard(link: LinkId, now: Moment): void {
    const pulse = this.state.pulses.get(link);
    if (pulse === undefined) return;
    pulse.heardMs = now.nowMs;
    pulse.quiet = false;
  }

  isQuiet(link: LinkId): boolean {
    return this.state.pulses.get(link)?.quiet === true;
  }

  /** Returns the round-trip time, or undefined when the pong answers no ping of ours. */
  onPong(link: LinkId, nonce: number, now: Moment): number | undefined {
    const pulse = this.state.pulses.get(link);
    if (pulse === undefined || nonce === 0 || pulse.nonce !== nonce) return undefined;
    const sampleMs = Math.max(0, now.nowMs - pulse.pingedMs);
    // Smoothed as TCP does (RFC 6298, alpha 1/8), so that one queueing delay does not change who is near.
    pulse.rttMs = pulse.rttMs === undefined ? sampleMs : pulse.rttMs + (sampleMs - pulse.rttMs) / 8;
    pulse.rttLeastMs = Math.min(pulse.rttLeastMs ?? sampleMs, sampleMs);
    pulse.nonce = 0;
    pulse.answered++;
    return sampleMs;
  }

  /** Pings answered, and missed. */
  answersOf(link: LinkId): { readonly answered: number; readonly missed: number } {
    const { answered, missed } = this.state.pulses.get(link) ?? { answered: 0, missed: 0 };
    return { answered, missed };
  }

  rttMs(link: LinkId): number | undefined {
    return this.state.pulses.get(link)?.rttMs;
  }

  rttLeastMs(link: LinkId): number | undefined {
    return this.state.pulses.get(link)?.rttLeastMs;
  }

  /** Pings what is due; returns the links that have been silent for too long, and whether others became quiet. */
  onDeadline(now: Moment, out: Outbox): { readonly silent: readonly LinkId[]; readonly quieter: boolean } {
    const { pingPeriodMs, silenceMs } = this.foundation.config.tuning;
    const slept = this.state.lookedMs !== 0 && now.nowMs - this.state.lookedMs > silenceMs / 2;
    this.state.lookedMs = now.nowMs;
    const silent: LinkId[] = [];
    let quieter = false;
    for (const [link, pulse] of this.state.pulses) {
      if (slept) pulse.heardMs = now.nowMs;
      if (now.nowMs - pulse.heardMs >= silenceMs) silent.push(link);
      else if (now.nowMs - pulse.pingedMs >= pingPeriodMs || slept) {
        if (!slept && pulse.nonce !== 0 && pulse.heardMs < pulse.pingedMs) {
          pulse.missed++;
          quieter ||= !pulse.quiet;
          pulse.quiet = true;
        }
        this.ping(link, pulse, now, out);
      }
    }
    return { silent, quieter };
  }

  get deadlineMs(): number {
    if (this.nextMs === undefined) {
      let firstMs = Number.POSITIVE_INFINITY;
      for (const { pingedMs } of this.state.pulses.values()) firstMs = Math.min(firstMs, pingedMs);
      this.nextMs = firstMs + this.foundation.config.tuning.pingPeriodMs;
    }
    return this.nextMs;
  }

  private ping(link: LinkId, pulse: Pulse, now: Moment, out: Outbox): void {
    pulse.pingedMs = now.nowMs;
    this.nextMs = undefined;
    pulse.nonce = 1 + this.foundation.random.below(0xffff_fffe);
    out.frame(link, { kind: "ping", nonce: pulse.nonce }, "control");
  }
}
