/**
 * Rumors that have to wait before they are even verified: their author is not admitted yet, or their stamp lies too far
 * ahead of mesh time. They are not dropped, not asked for again, and never advance a clock. Nothing about them is
 * checked, so places are few, and when they run out the link that fills most of them loses its oldest.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Moment } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";

export interface Parked {
  readonly link: LinkId;
  readonly frame: RumorFrame;
  readonly slot: string;
  readonly reason: "author" | "future";
  /** When it goes on (`future`), or is dropped (`author`). */
  readonly untilMs: number;
}

export interface ParkingState {
  /** By slot and link, oldest first: a link cannot shut out what another brings. */
  readonly parked: Map<string, Parked>;
  /** How many are parked for each slot, of each author for want of its credential, and by each link. */
  readonly slots: Map<string, number>;
  readonly authors: Map<PeerId, number>;
  readonly links: Map<LinkId, number>;
  /** Links that were asked for an author's credential. */
  readonly asked: Map<PeerId, LinkId[]>;
  bytes: number;
  dueMs: number;
  dropped: number;
}

/** Mesh time may be set right in between, so a stamp far ahead is looked at anew this often. */
const RECHECK_MS = 5_000;

export class Parking {
  readonly state: ParkingState;

  constructor(state?: ParkingState) {
    this.state = state ?? {
      parked: new Map(),
      slots: new Map(),
      authors: new Map(),
      links: new Map(),
      asked: new Map(),
      bytes: 0,
      dueMs: Number.POSITIVE_INFINITY,
      dropped: 0,
    };
  }

  get size(): number {
    return this.state.parked.size;
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  has(slot: string): boolean {
    return this.state.slots.has(slot);
  }

  /** Rumors that wait for this author's credential. */
  countOf(author: PeerId): number {
    return this.state.authors.get(author) ?? 0;
  }

  park(link: LinkId, frame: RumorFrame, slot: string, reason: Parked["reason"], now: Moment): void {
    const { state } = this;
    const key = `${slot}@${link}`;
    if (state.parked.has(key)) return;
    const aheadMs = frame.rumor.header.timeMs - limits.skewMs - now.meshMs;
    const untilMs = now.nowMs + (reason === "author" ? limits.parkedMs : Math.min(aheadMs, RECHECK_MS));
    state.parked.set(key, { link, frame, slot, reason, untilMs });
    count(state.slots, slot, 1);
    count(state.links, link, 1);
    if (reason === "author") count(state.authors, frame.rumor.header.author, 1);
    state.bytes += frame.rumor.body.length;
    state.dueMs = Math.min(state.dueMs, untilMs);
    while (state.parked.size > limits.parkedMax || state.bytes > limits.parkedBytesMax) this.dropOne();
  }

  /** True when this link was not yet asked for this author's credential; it counts as asked from now on. */
  ask(author: PeerId, link: LinkId): boolean {
    const asked = this.state.asked.get(author) ?? [];
    if (asked.includes(link)) return false;
    this.state.asked.set(author, [...asked, link]);
    return true;
  }

  /** The author is admitted: its rumors go on, in the order in which they came. */
  onAdmitted(author: PeerId): readonly Parked[] {
    this.state.asked.delete(author);
    if (!this.state.authors.has(author)) return [];
    return this.takeAll(({ frame, reason }) => reason === "author" && frame.rumor.header.author === author);
  }

  onLinkDown(link: LinkId): void {
    for (const [author, asked] of this.state.asked) {
      const rest = asked.filter((other) => other !== link);
      if (rest.length > 0) this.state.asked.set(author, rest);
      else this.state.asked.delete(author);
    }
  }

  /** Those whose time has come go on; those whose author was never admitted go. */
  onDeadline(now: Moment): readonly Parked[] {
    const { state } = this;
    if (now.nowMs < state.dueMs) return [];
    const due = this.takeAll(({ untilMs }) => now.nowMs >= untilMs);
    state.dueMs = Number.POSITIVE_INFINITY;
    for (const { untilMs } of state.parked.values()) state.dueMs = Math.min(state.dueMs, untilMs);
    const ready = due.filter(({ reason }) => reason === "future");
    state.dropped += due.length - ready.length;
    return ready;
  }

  private takeAll(which: (parked: Parked) => boolean): Parked[] {
    const taken: Parked[] = [];
    for (const [key, parked] of this.state.parked) {
      if (!which(parked)) continue;
      this.remove(key, parked);
      taken.push(parked);
    }
    return taken;
  }

  private dropOne(): void {
    const { state } = this;
    let fullest = 0;
    for (const places of state.links.values()) fullest = Math.max(fullest, places);
    for (const [key, parked] of state.parked) {
      if (state.links.get(parked.link) !== fullest) continue;
      state.dropped++;
      return this.remove(key, parked);
    }
  }

  private remove(key: string, parked: Parked): void {
    const { state } = this;
    const { author } = parked.frame.rumor.header;
    state.parked.delete(key);
    count(state.slots, parked.slot, -1);
    count(state.links, parked.link, -1);
    state.bytes -= parked.frame.rumor.body.length;
    if (parked.reason !== "author") return;
    count(state.authors, author, -1);
    // Nothing of this author waits any more; should more come, its credential is worth asking for again.
    if (!state.authors.has(author)) state.asked.delete(author);
  }
}

function count<K>(counts: Map<K, number>, key: K, change: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + change;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
