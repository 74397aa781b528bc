/**
 * When the rooms of a peer want to be asked next. Drivers ask after every input, and most rooms are cold then; so the answer
 * is kept over pings and pongs, which are half of all that comes and move nothing that is due, but by ending their link.
 */
import type { Input } from "./input.ts";
import type { LinkId } from "./types.ts";
import type { Rooms } from "./rooms.ts";
import { isPulseFrame } from "./wire/codec.ts";

export class Due {
  private readonly rooms: Rooms;
  /** Undefined after a change. Derived, so no part of the state. */
  private knownMs: number | undefined;
  /** The link of the ping or pong that is being handled. */
  private pulse: LinkId | undefined;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
  }

  /** On the never-returning clock; keys are not among the rooms that are asked. */
  get firstMs(): number {
    this.knownMs ??= this.ask();
    return this.knownMs;
  }

  /** An input is about to be handled. */
  before(input: Input): void {
    const isPulse = input.kind === "received" && isPulseFrame(input.bytes) && this.isLinked(input.link);
    this.pulse = isPulse ? input.link : undefined;
    if (!isPulse) this.knownMs = undefined;
  }

  /** It was. */
  after(): void {
    if (this.pulse !== undefined && !this.isLinked(this.pulse)) this.knownMs = undefined;
  }

  private ask(): number {
    const { overlay, liveness, handshakes, direct, rumors, scores, routed } = this.rooms;
    const first = Math.min(overlay.deadlineMs, liveness.deadlineMs, handshakes.deadlineMs, direct.deadlineMs);
    return Math.min(first, rumors.deadlineMs, scores.deadlineMs, routed?.deadlineMs ?? first);
  }

  private isLinked(link: LinkId): boolean {
    return this.rooms.overlay.neighbors.get(link) !== undefined;
  }
}
