/**
 * Lazy push (Plumtree): ids of rumors that are here, gathered for a moment so that many travel in one frame. What a
 * neighbor announces itself meanwhile need not be announced to it, so of two lazy ends mostly one speaks.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Announced } from "../wire/frames.ts";
import type { Lines } from "./lines.ts";

export interface AnnouncingState {
  /** By link: short ids and the hops that each would have had. */
  readonly pending: Map<LinkId, Map<string, number>>;
  dueMs: number;
  announced: number;
}

/** Guess: short against the wait before a graft, long enough to gather some at ten rumors a second and more. */
const GATHER_MS = 100;

export class Announcing {
  readonly state: AnnouncingState;
  private readonly foundation: Foundation;
  private readonly lines: Lines;

  constructor(foundation: Foundation, lines: Lines, state?: AnnouncingState) {
    this.foundation = foundation;
    this.lines = lines;
    this.state = state ?? { pending: new Map(), dueMs: Number.POSITIVE_INFINITY, announced: 0 };
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  add(link: LinkId, id: string, hops: number, now: Moment): void {
    const { state } = this;
    let ids = state.pending.get(link);
    if (ids === undefined) state.pending.set(link, (ids = new Map()));
    // Whoever has so much to hear of learns the rest from a round.
    if (ids.size >= limits.announcementsMax) return;
    ids.set(id, hops);
    if (state.dueMs === Number.POSITIVE_INFINITY) state.dueMs = now.nowMs + this.foundation.random.jitter(GATHER_MS);
  }

  /** Is it about to be announced to this neighbor, and has not been yet? */
  isPending(link: LinkId, id: string): boolean {
    return this.state.pending.get(link)?.has(id) === true;
  }

  /** This neighbor has it, so it need not hear of it. */
  drop(link: LinkId, id: string): void {
    this.state.pending.get(link)?.delete(id);
  }

  onLinkDown(link: LinkId): void {
    this.state.pending.delete(link);
  }

  onDeadline(now: Moment, out: Outbox): void {
    const { state } = this;
    if (now.nowMs < state.dueMs) return;
    state.dueMs = Number.POSITIVE_INFINITY;
    for (const [link, ids] of state.pending) {
      const rumors = Array.from(ids, ([id, hops]): Announced => ({ id, hops }));
      for (let at = 0; at < rumors.length; at += limits.announcedMax) {
        const page = rumors.slice(at, at + limits.announcedMax);
        if (!this.lines.send(link, { kind: "iHave", rumors: page }, out)) break;
        state.announced += page.length;
      }
    }
    state.pending.clear();
  }
}
