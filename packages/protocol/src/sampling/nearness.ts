/**
 * Near and far: on some rings the first two peers that chance assigns are tried, and the link of the shorter round trip
 * stays, which makes the graph a small world: most hops short, and long ones enough that few are needed (Watts and
 * Strogatz 1998; as Vivaldi's and HyParView's successors bias views by latency). Only round trips that we measured
 * ourselves count, and only between the two that chance named, once in an epoch: a colluder that stands near its victim
 * gets a second draw on this one ring, and nothing on the others.
 */
import type { PeerId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import type { Turn } from "./neighbors.ts";

interface Trials {
  readonly epoch: number;
  /** Peers tried beside whoever serves, the last one now if `sinceMs` is set. */
  readonly rivals: PeerId[];
  sinceMs: number | undefined;
  decided: boolean;
}

export interface NearnessState {
  readonly trials: Map<number, Trials>;
}

/** What is known of the two links between which a ring chooses; undefined for what is not there yet. */
export interface Pair {
  readonly servingRttMs: number | undefined;
  readonly rivalRttMs: number | undefined;
  /** The rival has a link, or a call to it is under way. */
  readonly alive: boolean;
}

/** Guess: two pings, so that the handshake's own load is not what is measured. */
const MEASURED_MS = 6_000;

export class Nearness {
  readonly state: NearnessState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state: NearnessState = { trials: new Map() }) {
    this.foundation = foundation;
    this.state = state;
  }

  /** Near rings that have not chosen yet in this epoch, once their link has settled: a mesh that forms is left alone. */
  undecided(served: readonly (Turn & { readonly sinceMs: number })[], now: Moment): readonly Turn[] {
    const { rings, nearRings, ringHoldMs } = this.foundation.config.tuning;
    return served.filter(({ ring, epoch, sinceMs }) => {
      const trials = this.of(ring, epoch);
      const settled = trials !== undefined || now.nowMs - sinceMs >= ringHoldMs;
      return ring >= rings - nearRings && settled && trials?.decided !== true;
    });
  }

  /** Whom a ring tries now; undefined when another is to be named. */
  rival(ring: number, epoch: number): PeerId | undefined {
    const trials = this.of(ring, epoch);
    return trials?.sinceMs === undefined ? undefined : trials.rivals.at(-1);
  }

  /** Who has been tried in this epoch. */
  tried(ring: number, epoch: number): readonly PeerId[] {
    return this.of(ring, epoch)?.rivals ?? [];
  }

  /** Try that peer beside the one that serves; without one there is nothing more to choose. */
  challenge(ring: number, epoch: number, peer: PeerId | undefined, now: Moment): void {
    const trials = this.of(ring, epoch) ?? { epoch, rivals: [], sinceMs: undefined, decided: false };
    this.state.trials.set(ring, trials);
    if (peer === undefined) trials.decided = true;
    else {
      trials.rivals.push(peer);
      trials.sinceMs = now.nowMs;
    }
  }

  /** Whether the rival takes the ring over. Not before both have been measured, and not when the rival did not come. */
  decide(ring: number, epoch: number, pair: Pair, now: Moment): boolean {
    const trials = this.of(ring, epoch);
    if (trials?.sinceMs === undefined) return false;
    const { servingRttMs, rivalRttMs, alive } = pair;
    const measured = servingRttMs !== undefined && rivalRttMs !== undefined;
    if (alive && !(measured && now.nowMs - trials.sinceMs >= MEASURED_MS)) return false;
    trials.sinceMs = undefined;
    trials.decided = trials.rivals.length >= this.foundation.config.tuning.nearTrials;
    return alive && measured && rivalRttMs < servingRttMs;
  }

  private of(ring: number, epoch: number): Trials | undefined {
    const trials = this.state.trials.get(ring);
    return trials?.epoch === epoch ? trials : undefined;
  }
}
