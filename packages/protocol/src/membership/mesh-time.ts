/**
 * Two clocks from one. A driver hands in its wall clock, which may jump either way; deadlines are counted on a clock
 * that never goes back, and stamps on mesh time: the own clock plus the median offset of the neighbors (the idea of
 * Marzullo-style clock selection, reduced to a median, for a minority of liars cannot move it past an honest reading).
 */
import type { LinkId } from "../types.ts";
import type { Moment } from "../room.ts";

export interface MeshTimeState {
  lastWallMs: number;
  nowMs: number;
  offsetMs: number;
  /** Each neighbor's clock minus ours, as last measured. */
  readonly offsets: Map<LinkId, number>;
}

/** Reason: neighbors that lie together must not drive a stamp, or an expiry behind it, beyond what 48 bits hold. */
const MESH_MS_MAX: number = 2 ** 47;

export class MeshTime {
  readonly state: MeshTimeState;

  constructor(state: MeshTimeState = { lastWallMs: Number.NaN, nowMs: 0, offsetMs: 0, offsets: new Map() }) {
    this.state = state;
  }

  /** Take in a reading of the driver's clock. A step back stops the clock of deadlines for this once, no more. */
  read(wallMs: number): Moment {
    const state = this.state;
    if (Number.isNaN(state.lastWallMs)) state.nowMs = wallMs;
    else if (wallMs > state.lastWallMs) state.nowMs += wallMs - state.lastWallMs;
    else if (wallMs < state.lastWallMs) this.onStepBack(state.lastWallMs - wallMs);
    state.lastWallMs = wallMs;
    const meshMs = Math.round(wallMs + state.offsetMs);
    return { nowMs: state.nowMs, meshMs: Math.min(Math.max(0, meshMs), MESH_MS_MAX) };
  }

  /** When, on the driver's clock, the never-returning clock reads `deadlineMs`. */
  toWallMs(deadlineMs: number): number {
    return deadlineMs - this.state.nowMs + this.state.lastWallMs;
  }

  /**
   * A pong: the neighbor's clock read `timeMs` at some moment of the last `rttMs`. Half of that is the best guess, and
   * the other half what it may be wrong by (NTP, RFC 5905); of an offset only what lies beyond that error is taken, for
   * clocks that agree must not be driven apart by a slow first round trip.
   */
  onPong(link: LinkId, timeMs: number, rttMs: number): void {
    const offsetMs = timeMs + rttMs / 2 - this.state.lastWallMs;
    const beyondMs = Math.max(0, Math.abs(offsetMs) - rttMs / 2);
    this.state.offsets.set(link, Math.sign(offsetMs) * beyondMs);
    this.settle();
  }

  onLinkDown(link: LinkId): void {
    // The offset learned so far stays: a peer that has lost all links must not jump back to a wrong clock.
    if (this.state.offsets.size > 1) {
      this.state.offsets.delete(link);
      this.settle();
    }
  }

  /**
   * Our clock was set back, so every other is now as much further ahead of it, and mesh time stays where it was. Until the
   * next pong said so, our stamps would be history before they are written. (A leap forward may be a sleep as well: that
   * takes a pong to tell.)
   */
  private onStepBack(byMs: number): void {
    const { offsets } = this.state;
    if (offsets.size === 0) return;
    for (const [link, offsetMs] of offsets) offsets.set(link, offsetMs + byMs);
    this.settle();
  }

  private settle(): void {
    // Our own clock votes too, so that one neighbor alone moves us half way and two peers meet in the middle.
    const votes = [0, ...this.state.offsets.values()].toSorted((a, b) => a - b);
    const middle = votes.length >> 1;
    this.state.offsetMs = votes.length % 2 === 1 ? votes[middle]! : (votes[middle - 1]! + votes[middle]!) / 2;
  }
}
