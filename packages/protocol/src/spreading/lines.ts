/**
 * The lines that rumors are spread over: which links stand, and how much each can carry. What a link cannot take now waits
 * here, by class of traffic and, among fresh and bulk rumors, by author: classes and authors have their turns (`fair-queue.ts`), so
 * that neither a flood of one class nor the loudest author holds up the others. What does not fit is dropped from the
 * longest queue and noted: a repair round makes up for it. So an overload costs whoever causes it, and never memory.
 */
import { limits } from "../limits.ts";
import { RUMOR_KIND_BULK } from "../types.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { Frame, RumorFrame, SegmentFrame } from "../wire/frames.ts";
import type { FairQueueState } from "./fair-queue.ts";
import { bytesOfFlow, newQueue, peek, push, shift } from "./fair-queue.ts";

export type QueuedClass = "fresh" | "repair" | "bulk";

interface Line {
  writable: boolean;
  /** Something was dropped, or not sent, while it could take no more. */
  missed: boolean;
  readonly queues: Record<QueuedClass, FairQueueState<RumorFrame | SegmentFrame>>;
  /** Bytes that each class may still send in its turn, and whose turn it is. */
  readonly deficits: Record<QueuedClass, number>;
  turn: number;
  /** What it may be given now; below zero it waits. As of `givenMs`. */
  tokens: number;
  givenMs: number;
  /** When a rumor of our own was last given to it or queued for it. */
  ownMs: number;
}

export interface LinesState {
  readonly links: Map<LinkId, Line>;
  /** Those that cannot be written to, have something waiting, or missed something. */
  readonly behind: Set<LinkId>;
  nowMs: number;
  /** Rumors sent by way of spreading. */
  sent: number;
  /** Rumors dropped from the queues, by class. */
  readonly dropped: Record<QueuedClass, number>;
  /** The application was told that its rumors outrun the links. */
  saturated: boolean;
}

/** For stats: bytes that wait for links, and rumors that were dropped since the start, by class. */
export interface QueueCounts {
  readonly bytes: Readonly<Record<QueuedClass, number>>;
  readonly dropped: Readonly<Record<QueuedClass, number>>;
  /** More than half of the links that carry our own rumors are behind. */
  readonly saturated: boolean;
}

const CLASSES: readonly QueuedClass[] = ["fresh", "repair", "bulk"];
/** Shares of a link that is behind. Guess: what is fresh counts most, what is large least, and none of them nothing. */
const WEIGHTS: Readonly<Record<QueuedClass, number>> = { fresh: 4, repair: 2, bulk: 1 };
/** One author's turn. Reason: some small rumors, or one that is full, in few turns. */
const QUANTUM_BYTES = 16_384;
/**
 * A link is given at most so much at once, and then so much a millisecond, until it says that it is full: what it holds
 * cannot be overtaken. Measured: a connection between two processes carries up to 55 MB/s, and timers come late by a millisecond.
 */
const BURST_BYTES = 65_536;
const BYTES_PER_MS = 65_536;
/** Counted for a rumor beside its body. Source: header, signature and framing take some 220 B on the wire. */
const RUMOR_COST = 256;
/** Own rumors waiting for one link beyond this are too many. Reason: a full batch. */
const OWN_BEHIND_BYTES = 65_536;
/** A link that carried none of our rumors for so long does not count. Guess. */
const OWN_RECENT_MS = 2_000;

export class Lines {
  readonly state: LinesState;
  self: PeerId;

  /** `self`: whose rumors tell that the application outruns the links. */
  constructor(self: PeerId = "", state?: LinesState) {
    this.self = self;
    this.state = state ?? {
      links: new Map(),
      behind: new Set(),
      nowMs: 0,
      sent: 0,
      dropped: { fresh: 0, repair: 0, bulk: 0 },
      saturated: false,
    };
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

  /** When something that waits may be sent. */
  get deadlineMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const link of this.state.behind) {
      const line = this.state.links.get(link)!;
      if (!line.writable || isEmpty(line)) continue;
      dueMs = Math.min(dueMs, line.givenMs + Math.max(1, (BURST_BYTES / 4 - line.tokens) / BYTES_PER_MS));
    }
    return dueMs;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, {
      writable: true,
      missed: false,
      queues: { fresh: newQueue(), repair: newQueue(), bulk: newQueue() },
      deficits: { fresh: 0, repair: 0, bulk: 0 },
      turn: 0,
      tokens: BURST_BYTES,
      givenMs: this.state.nowMs,
      ownMs: Number.NEGATIVE_INFINITY,
    });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    this.state.behind.delete(link);
  }

  /** Returns true when the link can be written to again, and has missed something that does not wait here. */
  onWritable(link: LinkId, writable: boolean): boolean {
    const line = this.state.links.get(link);
    if (line === undefined) return false;
    line.writable = writable;
    const owed = writable && line.missed && isEmpty(line);
    if (owed) line.missed = false;
    if (writable && !line.missed && isEmpty(line)) this.state.behind.delete(link);
    else this.state.behind.add(link);
    return owed;
  }

  isWritable(link: LinkId): boolean {
    return this.state.links.get(link)?.writable === true;
  }

  /** Can it take the answer to another want? */
  mayServe(link: LinkId): boolean {
    const line = this.state.links.get(link);
    return line?.writable === true && line.queues.repair.bytes === 0;
  }

  /** Time has come so far. */
  onMoment({ nowMs }: Moment): void {
    this.state.nowMs = nowMs;
  }

  /** Send a frame that is part of spreading, or queue it. False when the link misses it. */
  send(link: LinkId, frame: Frame, out: Outbox, traffic: "urgent" | "fresh" = "fresh"): boolean {
    const line = this.state.links.get(link);
    if (line === undefined) return false;
    if (frame.kind === "rumor" && traffic === "fresh") {
      this.state.sent++;
      const { body, header } = frame.rumor;
      const own = header.kind === RUMOR_KIND_BULK ? "bulk" : "fresh";
      if (header.author === this.self) line.ownMs = this.state.nowMs;
      return this.give(link, line, frame, body.length + RUMOR_COST, own, header.author, out);
    }
    if (!line.writable) {
      line.missed = true;
      this.state.behind.add(link);
      return false;
    }
    // A datagram leaves now or not at all: its channel has a bound of its own.
    if (frame.kind === "rumor") this.state.sent++;
    out.frame(link, frame, traffic);
    return true;
  }

  /** Send what was asked for, behind all that was before. `bytes`: what it counts. */
  answer(link: LinkId, frame: RumorFrame | SegmentFrame, bytes: number, out: Outbox): void {
    const line = this.state.links.get(link);
    // Answers keep their order, by which the asker knows what will not come; and nobody asks for more than two at a time.
    if (line !== undefined) this.give(link, line, frame, bytes, "repair", "", out);
  }

  /** Send what waits, as far as the links take it. */
  drain(out: Outbox): void {
    for (const link of this.state.behind) {
      const line = this.state.links.get(link)!;
      if (line.writable && !isEmpty(line)) this.drainLine(link, line, out);
      if (line.writable && !line.missed && isEmpty(line)) this.state.behind.delete(link);
    }
  }

  /** Links that have caught up since the last time, and have missed something. */
  takeOwed(): readonly LinkId[] {
    const owed: LinkId[] = [];
    for (const link of this.state.behind) {
      const line = this.state.links.get(link)!;
      if (!line.writable || !line.missed || !isEmpty(line)) continue;
      line.missed = false;
      this.state.behind.delete(link);
      owed.push(link);
    }
    return owed;
  }

  /** Tell the application when its rumors begin to outrun the links, and when they do no longer. */
  tellPressure(out: Outbox): void {
    const saturated = this.isSaturated;
    if (saturated === this.state.saturated) return;
    this.state.saturated = saturated;
    out.effect({ kind: "emit", event: { type: "pressure", saturated } });
  }

  counts(): QueueCounts {
    const bytes = { fresh: 0, repair: 0, bulk: 0 };
    for (const { queues } of this.state.links.values()) for (const one of CLASSES) bytes[one] += queues[one].bytes;
    return { bytes, dropped: { ...this.state.dropped }, saturated: this.state.saturated };
  }

  /** Most of the links that carry our own rumors are behind: one that is slow alone slows nobody down. */
  private get isSaturated(): boolean {
    if (this.state.behind.size === 0) return false;
    let [carrying, behind] = [0, 0];
    for (const { writable, queues, ownMs } of this.state.links.values()) {
      const own = bytesOfFlow(queues.fresh, this.self) + bytesOfFlow(queues.bulk, this.self);
      if (own === 0 && this.state.nowMs - ownMs > OWN_RECENT_MS) continue;
      carrying++;
      if (!writable || own > OWN_BEHIND_BYTES) behind++;
    }
    return behind * 2 > carrying;
  }

  private give(
    link: LinkId,
    line: Line,
    frame: RumorFrame | SegmentFrame,
    bytes: number,
    traffic: QueuedClass,
    flow: string,
    out: Outbox,
  ): boolean {
    this.refill(line);
    if (line.writable && line.tokens > 0 && isEmpty(line)) {
      line.tokens -= bytes;
      out.frame(link, frame, traffic);
      return true;
    }
    const bytesMax = traffic === "repair" ? 2 * limits.repairBytesMax : limits.backlogBytesMax;
    const { dropped, kept } = push(line.queues[traffic], flow, { item: frame, bytes }, bytesMax);
    this.state.dropped[traffic] += dropped;
    this.state.behind.add(link);
    if (dropped > 0) line.missed = true;
    return kept;
  }

  private drainLine(link: LinkId, line: Line, out: Outbox): void {
    this.refill(line);
    while (line.tokens > 0 && !isEmpty(line)) {
      const traffic = CLASSES[line.turn]!;
      const queue = line.queues[traffic];
      const next = peek(queue, QUANTUM_BYTES);
      if (next !== undefined && next.bytes <= line.deficits[traffic]) {
        shift(queue);
        line.deficits[traffic] -= next.bytes;
        line.tokens -= next.bytes;
        out.frame(link, next.item, traffic);
        continue;
      }
      // What is empty saves nothing for later.
      line.deficits[traffic] = next === undefined ? 0 : line.deficits[traffic] + QUANTUM_BYTES * WEIGHTS[traffic];
      line.turn = (line.turn + 1) % CLASSES.length;
    }
  }

  private refill(line: Line): void {
    const { nowMs } = this.state;
    line.tokens = Math.min(BURST_BYTES, line.tokens + Math.max(0, nowMs - line.givenMs) * BYTES_PER_MS);
    line.givenMs = nowMs;
  }
}

function isEmpty({ queues }: Line): boolean {
  return queues.fresh.bytes === 0 && queues.repair.bytes === 0 && queues.bulk.bytes === 0;
}
