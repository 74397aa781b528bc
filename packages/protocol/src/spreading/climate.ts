/**
 * Fair weather or storm: is the broadcast tree worth its upkeep just now? Measured, in windows, on what this peer sees
 * itself: how many deliveries came by a graft (under a load that delays payloads many are grafted and come by themselves
 * after all: flooding would only add to the load), how many of its links were lost, and, while it floods, how many copies a
 * tree would have saved. A storm lasts some time once it has begun, longer each time that it comes back soon, so that a
 * mesh on the edge does not swing between the two.
 */
import type { Moment } from "../room.ts";

export interface ClimateState {
  stormy: boolean;
  /** When this weather began, and how long a storm lasts at least. */
  sinceMs: number;
  stormMs: number;
  storms: number;
  /** The window under way. */
  windowMs: number;
  deliveries: number;
  grafts: number;
  /** Copies that were not needed: ours, and those of ours that we were pruned for. */
  duplicates: number;
  lost: number;
  /** The last window that was judged, as shares: grafts and duplicates of deliveries, lost links of all. */
  graftShare: number;
  duplicateShare: number;
  lostShare: number;
}

const WINDOW_MS = 5_000;
/** Fewer deliveries in a window say nothing. */
const DELIVERIES_MIN = 8;
/** Above these shares a storm begins. Measured: see ARCHITECTURE.md. */
const GRAFTS_STORMY = 0.25;
const LOST_STORMY = 0.3;
/** Below this share of links lost it may end. */
const LOST_CALM = 0.1;
/** With fewer copies than this for each delivery a flood costs no more than a tree. */
const DUPLICATES_WORTH = 0.25;
const STORM_MS = 10_000;
const STORM_MS_MAX = 160_000;

export class Climate {
  readonly state: ClimateState;

  constructor(state?: ClimateState) {
    this.state = state ?? {
      stormy: false,
      sinceMs: 0,
      stormMs: STORM_MS,
      storms: 0,
      windowMs: 0,
      deliveries: 0,
      grafts: 0,
      duplicates: 0,
      lost: 0,
      graftShare: 0,
      duplicateShare: 0,
      lostShare: 0,
    };
  }

  /** `grafted`: it came from whom it had been grafted from, and so neither by itself nor in vain. */
  onDelivery(grafted: boolean): void {
    this.state.deliveries++;
    if (grafted) this.state.grafts++;
  }

  onDuplicate(): void {
    this.state.duplicates++;
  }

  /** A neighbor says that our copies come too late. */
  onPruned(): void {
    this.state.duplicates++;
  }

  onLinkLost(): void {
    this.state.lost++;
  }

  /** Looks at the window when it is over. `links`: how many there are now. */
  judge(links: number, now: Moment): void {
    const { state } = this;
    const spanMs = now.nowMs - state.windowMs;
    if (spanMs < WINDOW_MS) return;
    const { deliveries, grafts, duplicates, lost } = state;
    Object.assign(state, { windowMs: now.nowMs, deliveries: 0, grafts: 0, duplicates: 0, lost: 0 });
    // Nothing was said for so long that what is counted is no rate.
    const enough = spanMs < 2 * WINDOW_MS && deliveries >= DELIVERIES_MIN;
    if (enough) {
      [state.graftShare, state.duplicateShare] = [grafts / deliveries, duplicates / deliveries];
      state.lostShare = lost / Math.max(1, links + lost);
    }
    if (state.stormy ? this.isOver(enough, now) : enough && this.hasBegun()) this.turn(now);
  }

  private hasBegun(): boolean {
    const { graftShare, lostShare } = this.state;
    return graftShare > GRAFTS_STORMY || lostShare > LOST_STORMY;
  }

  private isOver(enough: boolean, now: Moment): boolean {
    const { sinceMs, stormMs, lostShare, duplicateShare } = this.state;
    if (now.nowMs - sinceMs < stormMs) return false;
    return !enough || (lostShare <= LOST_CALM && duplicateShare > DUPLICATES_WORTH);
  }

  private turn(now: Moment): void {
    const { state } = this;
    if (!state.stormy) {
      // A storm that comes back before the last is long over is the rule here, not the exception.
      const soon = state.storms > 0 && now.nowMs - state.sinceMs < 4 * state.stormMs;
      state.stormMs = soon ? Math.min(2 * state.stormMs, STORM_MS_MAX) : STORM_MS;
      state.storms++;
    }
    state.stormy = !state.stormy;
    state.sinceMs = now.nowMs;
  }
}
