/**
 * Rumors that were announced and have not come. Each is waited for as long as payloads usually lag behind announcements
 * (estimated as TCP estimates its retransmission timeout, Jacobson 1988); then it is grafted from one of those who
 * announced it, and, should that one not deliver, from the next. What an announcement promised and a graft did not bring
 * is counted for its link, and who broke more promises than it kept is asked last. Whoever delivers late after all has
 * kept its word.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Moment } from "../room.ts";

interface Missing {
  readonly sinceMs: number;
  /** Whom it counts for: the first to announce it. */
  readonly first: LinkId;
  /** In the order in which they announced it, those who were asked left out. */
  announcers: LinkId[];
  /** Of whom it was grafted last. */
  asked: LinkId | undefined;
  grafts: number;
  dueMs: number;
}

/** What became of what a neighbor announced or said to have, when it was asked for it. */
export interface Promises {
  kept: number;
  broken: number;
}

interface Announcer extends Promises {
  /** Missing rumors that it was the first to announce. */
  open: number;
  /** Grafted of it lately in vain, and until when that may be made good. */
  readonly overdue: Map<string, number>;
}

export interface MissingState {
  readonly missing: Map<string, Missing>;
  readonly links: Map<LinkId, Announcer>;
  /** How much later than the first announcement a payload comes, when it comes by itself: mean and mean deviation. */
  lagMs: number;
  lagDeviationMs: number;
  dueMs: number;
}

/** Guess, until measured: three hops of 50 ms. */
const LAG_MS = 150;
const LAG_DEVIATION_MS = 50;
/** Source: RFC 6298, gains of 1/8 and 1/4, and four deviations. */
const LAG_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATIONS = 4;
/** Guess: sooner than the lazy half of a batch nothing is late; later than this a subscriber notices. */
const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 1_500;
/** Guess: a round trip, and one resend by SCTP. */
const ANSWER_MS = 1_000;
/** Guess: what a link that is full lets through at last. */
const OVERDUE_MS = 10_000;
/** For each link; what is more is broken for good. Guess. */
const OVERDUE_MAX = 512;

export class MissingRumors {
  readonly state: MissingState;

  constructor(state?: MissingState) {
    this.state = state ?? {
      missing: new Map(),
      links: new Map(),
      lagMs: LAG_MS,
      lagDeviationMs: LAG_DEVIATION_MS,
      dueMs: Number.POSITIVE_INFINITY,
    };
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  promisesOf(link: LinkId): Promises {
    const { kept, broken } = this.state.links.get(link) ?? { kept: 0, broken: 0 };
    return { kept, broken };
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { kept: 0, broken: 0, open: 0, overdue: new Map() });
  }

  onLinkDown(link: LinkId, now: Moment): void {
    const { state } = this;
    state.links.delete(link);
    for (const missing of state.missing.values()) {
      missing.announcers = missing.announcers.filter((other) => other !== link);
      if (missing.asked === link) missing.asked = undefined;
      // What may have been on its way over this link is not any more.
      if (missing.asked === undefined) [missing.dueMs, state.dueMs] = [now.nowMs, now.nowMs];
    }
  }

  /** A neighbor announced what is not here. */
  onAnnounced(link: LinkId, id: string, now: Moment): void {
    const { state } = this;
    const announcer = state.links.get(link);
    if (announcer === undefined) return;
    const missing = state.missing.get(id);
    if (missing !== undefined) {
      if (missing.asked !== link && !missing.announcers.includes(link)) missing.announcers.push(link);
      return;
    }
    // One neighbor fills a quarter of the places at most, so that no liar shuts out the others.
    if (state.missing.size >= limits.missingMax || announcer.open >= limits.missingMax / 4) return;
    announcer.open++;
    const dueMs = now.nowMs + this.waitMs;
    const fields = { sinceMs: now.nowMs, first: link, announcers: [link], asked: undefined, grafts: 0, dueMs };
    state.missing.set(id, fields);
    state.dueMs = Math.min(state.dueMs, dueMs);
  }

  /** It is here; true when it came from whom it was grafted from. */
  onArrived(id: string, link: LinkId | undefined, now: Moment): boolean {
    const { state } = this;
    const missing = state.missing.get(id);
    if (missing === undefined) return false;
    this.remove(id, missing);
    // Karn's rule: the answer to a graft does not say how late the payload would have come by itself. What comes by another
    // link does, and was grafted too soon: without it a wait that has become too short would never be found to be so.
    const byItself = missing.grafts === 0 || (missing.grafts === 1 && missing.asked !== link);
    if (byItself && link !== undefined) this.learn(now.nowMs - missing.sinceMs);
    const asked = link !== undefined && missing.asked === link ? state.links.get(link) : undefined;
    if (asked !== undefined) asked.kept++;
    else if (link !== undefined) this.onLate(id, link, now);
    return asked !== undefined;
  }

  /** A copy came of what is here already: better late than never. */
  onLate(id: string, link: LinkId, now: Moment): void {
    const announcer = this.state.links.get(link);
    const untilMs = announcer?.overdue.get(id);
    if (announcer === undefined || untilMs === undefined) return;
    announcer.overdue.delete(id);
    if (now.nowMs > untilMs) return;
    announcer.broken--;
    announcer.kept++;
  }

  /** Whom to graft which rumors from, now. `isComing`: it is here, and being verified. */
  onDeadline(now: Moment, isComing: (id: string) => boolean): ReadonlyMap<LinkId, string[]> {
    const { state } = this;
    const grafts = new Map<LinkId, string[]>();
    if (now.nowMs < state.dueMs) return grafts;
    state.dueMs = Number.POSITIVE_INFINITY;
    for (const [id, missing] of state.missing) {
      if (now.nowMs >= missing.dueMs && !this.ask(id, missing, isComing(id), now, grafts)) continue;
      state.dueMs = Math.min(state.dueMs, missing.dueMs);
    }
    return grafts;
  }

  private get waitMs(): number {
    const { lagMs, lagDeviationMs } = this.state;
    return Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, lagMs + DEVIATIONS * lagDeviationMs));
  }

  /** False when it is given up: nobody is left who announced it, and it is for the rounds. */
  private ask(id: string, missing: Missing, isComing: boolean, now: Moment, grafts: Map<LinkId, string[]>): boolean {
    if (isComing) {
      missing.dueMs = now.nowMs + ANSWER_MS;
      return true;
    }
    const late = missing.asked === undefined ? undefined : this.state.links.get(missing.asked);
    if (late !== undefined) {
      late.broken++;
      if (late.overdue.size >= OVERDUE_MAX) late.overdue.clear();
      late.overdue.set(id, now.nowMs + OVERDUE_MS);
    }
    const link = this.choose(missing.announcers);
    if (link === undefined) {
      this.remove(id, missing);
      return false;
    }
    missing.announcers = missing.announcers.filter((other) => other !== link);
    missing.asked = link;
    missing.grafts++;
    missing.dueMs = now.nowMs + ANSWER_MS;
    const ids = grafts.get(link);
    if (ids === undefined) grafts.set(link, [id]);
    else ids.push(id);
    return true;
  }

  /** The first who announced it, those who broke more than they kept after all others. */
  private choose(announcers: readonly LinkId[]): LinkId | undefined {
    const keeps = (link: LinkId): boolean => {
      const { kept, broken } = this.promisesOf(link);
      return broken <= kept;
    };
    return announcers.find((link) => keeps(link)) ?? announcers[0];
  }

  private remove(id: string, missing: Missing): void {
    this.state.missing.delete(id);
    const first = this.state.links.get(missing.first);
    if (first !== undefined) first.open--;
  }

  private learn(lagMs: number): void {
    const { state } = this;
    state.lagDeviationMs += DEVIATION_GAIN * (Math.abs(lagMs - state.lagMs) - state.lagDeviationMs);
    state.lagMs += LAG_GAIN * (lagMs - state.lagMs);
  }
}
