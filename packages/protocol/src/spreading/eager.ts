/**
 * Eager push: a fresh rumor goes at once over every link whose peer is not known to have it (flooding; Plumtree's eager
 * links before any was pruned). A link that is not writable is passed over, and noted: a repair round makes up for it.
 */
import type { LinkId, Rumor } from "../types.ts";
import type { Outbox } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";

interface EagerLink {
  writable: boolean;
  /** Something was not sent while it was not writable. */
  missed: boolean;
}

export interface EagerState {
  readonly links: Map<LinkId, EagerLink>;
  sent: number;
}

/** The frame counts hops in one byte; more links than that no rumor crosses. */
const HOPS_MAX = 255;

export class Eager {
  readonly state: EagerState;

  constructor(state: EagerState = { links: new Map(), sent: 0 }) {
    this.state = state;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { writable: true, missed: false });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  /** Returns true when the link can be written to again, and has missed something meanwhile. */
  onWritable(link: LinkId, writable: boolean): boolean {
    const state = this.state.links.get(link);
    if (state === undefined) return false;
    state.writable = writable;
    const owed = writable && state.missed;
    if (owed) state.missed = false;
    return owed;
  }

  isWritable(link: LinkId): boolean {
    return this.state.links.get(link)?.writable === true;
  }

  /** `hops`: links it crossed to come here. `repair`: it came as an answer, and goes on as one. */
  spread(rumor: Rumor, hops: number, repair: boolean, knows: (link: LinkId) => boolean, out: Outbox): void {
    const frame: RumorFrame = { kind: "rumor", hops: Math.min(hops + 1, HOPS_MAX), repair, rumor };
    for (const [link, state] of this.state.links) {
      if (knows(link)) continue;
      if (!state.writable) {
        state.missed = true;
        continue;
      }
      this.state.sent++;
      out.frame(link, frame, "fresh");
    }
  }
}
