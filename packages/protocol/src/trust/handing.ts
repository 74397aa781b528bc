/**
 * Who is asked for keys, and who asked. One neighbor at a time is asked for what is lacking; one that says no, or nothing,
 * is followed by another, and after all of them comes a pause. What neighbors ask waits here until it can be answered:
 * whoever lacks a key itself hands it on as soon as it has it, so that keys flow the way announcements did.
 */
import type { LinkId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import type { KeyWantFrame } from "../wire/frames.ts";

/** A neighbor that does not answer by then is passed over for now. Guess: several round trips; it may answer later. */
const ANSWER_MS = 1_500;
/** After all neighbors were asked in vain, and doubled each time. Guesses. */
const PAUSE_MS = 2_000;
const PAUSE_MS_MAX = 300_000;
/** One question of a link is answered in this time. Reason: an answer costs a seal, some 0.1 ms; a question nothing. */
const SERVE_MS = 200;

interface Asked {
  readonly frame: KeyWantFrame;
  /** When it may be answered. */
  dueMs: number;
}

export interface HandingState {
  /** What neighbors wait for: each its latest question. */
  readonly wants: Map<LinkId, Asked>;
  readonly servedMs: Map<LinkId, number>;
  /** Whose answer we wait for. */
  asking: { readonly link: LinkId; readonly untilMs: number } | undefined;
  /** Were asked on this link ever, so that what they give is looked at; were asked in this turn. */
  readonly asked: Set<LinkId>;
  readonly tried: Set<LinkId>;
  /** There is something to ask for, and somebody to ask. */
  wanting: boolean;
  nextMs: number;
  pauseMs: number;
}

export class Handing {
  readonly state: HandingState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: HandingState) {
    this.foundation = foundation;
    this.state = state ?? {
      wants: new Map(),
      servedMs: new Map(),
      asking: undefined,
      asked: new Set(),
      tried: new Set(),
      wanting: false,
      nextMs: 0,
      pauseMs: PAUSE_MS,
    };
  }

  /** When to ask again; never when there is nothing to ask for, or nobody. */
  get askMs(): number {
    const { wanting, asking, nextMs } = this.state;
    return wanting ? (asking?.untilMs ?? nextMs) : Number.POSITIVE_INFINITY;
  }

  get deadlineMs(): number {
    let due = this.askMs;
    for (const { dueMs } of this.state.wants.values()) due = Math.min(due, dueMs);
    return due;
  }

  onLinkDown(link: LinkId): void {
    const { wants, servedMs, asked, tried, asking } = this.state;
    for (const links of [wants, servedMs, asked, tried]) links.delete(link);
    if (asking?.link === link) this.state.asking = undefined;
  }

  /** Something changed: there is a new link, or a new key to ask for. */
  hurry(): void {
    this.state.tried.clear();
    this.state.nextMs = 0;
    this.state.pauseMs = PAUSE_MS;
  }

  /** Whom to ask now; undefined for nobody yet. `links`: none when there is nothing to ask for. */
  next(links: readonly LinkId[], now: Moment): LinkId | undefined {
    const { state } = this;
    if (state.asking !== undefined && now.nowMs < state.asking.untilMs) return undefined;
    state.asking = undefined;
    state.wanting = links.length > 0;
    if (now.nowMs < state.nextMs || links.length === 0) return undefined;
    const link = this.foundation.random.pick(links.filter((link) => !state.tried.has(link)));
    if (link === undefined) {
      state.tried.clear();
      state.nextMs = now.nowMs + this.foundation.random.jitter(state.pauseMs);
      state.pauseMs = Math.min(2 * state.pauseMs, PAUSE_MS_MAX);
      return undefined;
    }
    state.tried.add(link);
    state.asked.add(link);
    state.asking = { link, untilMs: now.nowMs + ANSWER_MS };
    return link;
  }

  /** An answer came. False when this link was not asked. */
  onGive(link: LinkId): boolean {
    if (this.state.asking?.link === link) this.state.asking = undefined;
    return this.state.asked.has(link);
  }

  onWant(link: LinkId, frame: KeyWantFrame, now: Moment): void {
    const servedMs = this.state.servedMs.get(link) ?? Number.NEGATIVE_INFINITY;
    this.state.wants.set(link, { frame, dueMs: Math.max(now.nowMs, servedMs + SERVE_MS) });
  }

  /** Questions whose time has come. They stay until `served`. */
  due(now: Moment): readonly (readonly [LinkId, KeyWantFrame])[] {
    const due = [...this.state.wants].filter(([, { dueMs }]) => dueMs <= now.nowMs);
    for (const [, asked] of due) asked.dueMs = Number.POSITIVE_INFINITY;
    return due.map(([link, { frame }]) => [link, frame]);
  }

  /** Keys came: what waited for them can be answered. */
  wake(now: Moment): void {
    for (const asked of this.state.wants.values()) asked.dueMs = Math.min(asked.dueMs, now.nowMs);
  }

  served(link: LinkId, now: Moment): void {
    this.state.wants.delete(link);
    this.state.servedMs.set(link, now.nowMs);
  }
}
