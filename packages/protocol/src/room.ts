/**
 * What the rooms of the core share: the moment in which an input is handled, and the tray on which they lay what
 * should be done. Rooms never call each other; `peer.ts` composes them.
 */
import type { Effect, TrafficClass } from "./effect.ts";
import type { Hash, LinkId, PeerId, Ref } from "./types.ts";
import type { Random } from "./random.ts";
import type { Config } from "./config.ts";
import type { Frame } from "./wire/frames.ts";

/** Two readings of one instant. */
export interface Moment {
  /** Never goes back, whatever the driver's clock does: all deadlines and ages are counted in it. */
  readonly nowMs: number;
  /** Own wall clock plus the median offset of the neighbors: what stamps, slots and epochs are counted in. */
  readonly meshMs: number;
}

/** Where a room lays its effects. */
export interface Outbox {
  /** Encode a frame and queue it on a link; the channel follows from the class: control, else data. */
  frame(link: LinkId, frame: Frame, traffic: TrafficClass): void;
  effect(effect: Effect): void;
  /** A fresh name for an effect that will be answered. */
  ref(): Ref;
}

/** What every room is made from. */
export interface Foundation {
  readonly self: PeerId;
  readonly config: Config;
  readonly random: Random;
  readonly hash: Hash;
}
