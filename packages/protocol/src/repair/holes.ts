/**
 * Holes: a rumor came whose predecessor did not. It may be on its way, so we wait a little; then the last few missing
 * ones are asked for, first of the link that brought the successor, then of others. What is larger is left to a round,
 * which is begun at once.
 */
import { limits } from "../limits.ts";
import type { LinkId, LogId, Range } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Fetch } from "./fetch.ts";
import type { Log, Logs } from "./logs.ts";
import { slotOf } from "./logs.ts";
import { fromMembers, subtract } from "./ranges.ts";

interface Hole {
  readonly log: LogId;
  /** The rumor behind the hole. */
  successor: number;
  /** Who brought it. */
  link: LinkId | undefined;
  tried: LinkId[];
  asked: string[];
  dueMs: number;
}

export interface HolesState {
  readonly holes: Map<string, Hole>;
  dueMs: number;
}

/** The part of a hole asked for at once. Guess: more than a burst loses; live order needs but the last one. */
const TAIL_MAX = 16;
/** Guess: a round trip, and one resend by SCTP. */
const RETRY_MS = 1_000;
/** Guess: after that it is for the rounds. */
const TRIES_MAX = 3;

export class Holes {
  readonly state: HolesState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: HolesState) {
    this.foundation = foundation;
    this.state = state ?? { holes: new Map(), dueMs: Number.POSITIVE_INFINITY };
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  /** A rumor was appended, and the one before it is not there. */
  note(log: Log, successor: number, link: LinkId | undefined, now: Moment): void {
    const { holes } = this.state;
    if (holes.has(log.key) || holes.size >= limits.gapsMax) return;
    const dueMs = now.nowMs + this.foundation.config.tuning.gapFetchMs;
    holes.set(log.key, { log: log.id, successor, link, tried: [], asked: [], dueMs });
    this.state.dueMs = Math.min(this.state.dueMs, dueMs);
  }

  /** Returns links with which a round should begin, for holes too large to be asked for one by one. */
  onDeadline(
    logs: Logs,
    fetch: Fetch,
    links: readonly LinkId[],
    isComing: (key: string, seq: number) => boolean,
    now: Moment,
    out: Outbox,
  ): readonly LinkId[] {
    if (now.nowMs < this.state.dueMs) return [];
    this.state.dueMs = Number.POSITIVE_INFINITY;
    const rounds: LinkId[] = [];
    for (const [key, hole] of this.state.holes) {
      if (now.nowMs >= hole.dueMs) {
        this.release(hole, fetch);
        const log = logs.get(key);
        const tail = log === undefined ? undefined : tailOf(log, hole);
        const link = tail === undefined ? undefined : this.choose(hole, links);
        if (log === undefined || tail === undefined || link === undefined) {
          this.state.holes.delete(key);
          continue;
        }
        this.ask(key, hole, tail, link, fetch, isComing, out);
        hole.dueMs = now.nowMs + RETRY_MS;
        if (tail[0] > log.low && !log.held.has(tail[0] - 1)) rounds.push(link);
      }
      this.state.dueMs = Math.min(this.state.dueMs, hole.dueMs);
    }
    return rounds;
  }

  private ask(
    key: string,
    hole: Hole,
    tail: Range,
    link: LinkId,
    fetch: Fetch,
    isComing: (key: string, seq: number) => boolean,
    out: Outbox,
  ): void {
    hole.tried.push(link);
    const missing: number[] = [];
    for (let seq = tail[0]; seq <= tail[1]; seq++) {
      if (fetch.isAsked(key, seq) || isComing(key, seq)) continue;
      const slot = slotOf(key, seq);
      fetch.state.singles.set(slot, link);
      hole.asked.push(slot);
      missing.push(seq);
    }
    if (missing.length > 0)
      out.frame(link, { kind: "want", round: 0, wants: [{ log: hole.log, ranges: fromMembers(missing) }] }, "control");
  }

  private choose(hole: Hole, links: readonly LinkId[]): LinkId | undefined {
    if (hole.tried.length >= TRIES_MAX) return undefined;
    if (hole.link !== undefined && links.includes(hole.link) && !hole.tried.includes(hole.link)) return hole.link;
    return this.foundation.random.pick(links.filter((link) => !hole.tried.includes(link)));
  }

  private release(hole: Hole, fetch: Fetch): void {
    for (const slot of hole.asked) {
      if (hole.tried.at(-1) === fetch.state.singles.get(slot)) fetch.state.singles.delete(slot);
    }
    hole.asked = [];
  }
}

/** The end of the hole, or of the log's last one when this one is filled; undefined when there is none. */
function tailOf(log: Log, hole: Hole): Range | undefined {
  const before = hole.successor - 1;
  if (before < log.low || log.held.has(before)) {
    if (log.ranges.length < 2) return undefined;
    hole.successor = log.ranges.at(-1)![0];
    hole.tried = [];
  }
  const from = Math.max(log.low, hole.successor - TAIL_MAX);
  return subtract([[from, hole.successor - 1]], log.ranges).at(-1);
}
