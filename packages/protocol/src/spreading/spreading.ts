/**
 * Spreading: how a rumor that was accepted goes on to the neighbors. This room keeps the lines and hands everything else
 * to the strategy that the mesh is configured for.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { RumorFrame, SpreadingFrame } from "../wire/frames.ts";
import { Flood } from "./flood.ts";
import type { LinesState } from "./lines.ts";
import { Lines } from "./lines.ts";
import type { Fresh, Strategy } from "./strategy.ts";

export interface SpreadingState {
  readonly lines: LinesState;
}

/**
 * A repaired rumor is passed on at once only while it is younger than this: then its first spreading may have been cut
 * short, and a mesh that has just been mended hears of it quickly. What is older is for rounds, or every joiner's
 * catching up would be flooded anew. Source: `skewMs`, within which mesh times are taken to agree.
 */
const YOUNG_MS: number = limits.skewMs;

export class Spreading {
  readonly state: SpreadingState;
  readonly lines: Lines;
  private readonly strategy: Strategy;

  constructor(_foundation: Foundation, state?: SpreadingState) {
    this.lines = new Lines(state?.lines);
    this.strategy = new Flood(this.lines);
    this.state = { lines: this.lines.state };
  }

  get deadlineMs(): number {
    return this.strategy.deadlineMs;
  }

  onLinkUp(link: LinkId, now: Moment, out: Outbox): void {
    this.lines.onLinkUp(link);
    this.strategy.onLinkUp(link, now, out);
  }

  onLinkDown(link: LinkId, now: Moment, out: Outbox): void {
    this.lines.onLinkDown(link);
    this.strategy.onLinkDown(link, now, out);
  }

  /** Returns true when the link can be written to again, and has missed something meanwhile. */
  onWritable(link: LinkId, writable: boolean, now: Moment, out: Outbox): boolean {
    const owed = this.lines.onWritable(link, writable);
    this.strategy.onWritable(link, writable, now, out);
    return owed;
  }

  onAccepted(fresh: Fresh, now: Moment, out: Outbox): void {
    const young = fresh.rumor.header.timeMs > now.meshMs - YOUNG_MS;
    if (!fresh.repair || young) this.strategy.onAccepted(fresh, now, out);
  }

  onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox): void {
    this.strategy.onDuplicate(link, frame, slot, now, out);
  }

  onFrame(link: LinkId, frame: SpreadingFrame, now: Moment, out: Outbox): void {
    this.strategy.onFrame(link, frame, now, out);
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (now.nowMs >= this.strategy.deadlineMs) this.strategy.onDeadline(now, out);
  }
}
