/**
 * The lines that rumors are spread over: which links stand, and which of them can be written to. A link that cannot is
 * passed over and noted, never queued for: a repair round makes up for what it missed.
 */
import type { LinkId } from "../types.ts";
import type { Outbox } from "../room.ts";
import type { Frame } from "../wire/frames.ts";

interface Line {
  writable: boolean;
  /** Something was not sent while it was not writable. */
  missed: boolean;
}

export interface LinesState {
  readonly links: Map<LinkId, Line>;
  /** Rumors sent by way of spreading. */
  sent: number;
}

export class Lines {
  readonly state: LinesState;

  constructor(state: LinesState = { links: new Map(), sent: 0 }) {
    this.state = state;
  }

  get all(): Iterable<LinkId> {
    return this.state.links.keys();
  }

  get size(): number {
    return this.state.links.size;
  }

  has(link: LinkId): boolean {
    return this.state.links.has(link);
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { writable: true, missed: false });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  /** Returns true when the link can be written to again, and has missed something meanwhile. */
  onWritable(link: LinkId, writable: boolean): boolean {
    const line = this.state.links.get(link);
    if (line === undefined) return false;
    line.writable = writable;
    const owed = writable && line.missed;
    if (owed) line.missed = false;
    return owed;
  }

  isWritable(link: LinkId): boolean {
    return this.state.links.get(link)?.writable === true;
  }

  /** Queue a frame that is part of spreading. False when the link cannot be written to, and so misses it. */
  send(link: LinkId, frame: Frame, out: Outbox, traffic: "urgent" | "fresh" = "fresh"): boolean {
    const line = this.state.links.get(link);
    if (line === undefined) return false;
    if (!line.writable) {
      line.missed = true;
      return false;
    }
    if (frame.kind === "rumor") this.state.sent++;
    out.frame(link, frame, traffic);
    return true;
  }
}
