/**
 * Fetching the entries of maps that neighbors said they have. What a neighbor offers is a promise; it is noted, and asked for
 * of one neighbor at a time, for short ids are salted by the round and two lists cannot be compared. A neighbor that has
 * brought nothing for some round trips holds nobody up: the next one is asked too, and whatever still comes is welcome (a
 * hedged request, Dean and Barroso, "The tail at scale", 2013). Who never delivers has broken a promise, and is asked more rarely.
 */
import type { Promises } from "../spreading/missing.ts";
import { limits } from "../limits.ts";
import { isRouted, type LinkId } from "../types.ts";
import type { Moment } from "../room.ts";
import type { MapWantFrame } from "../wire/frames.ts";

/** What was asked of a neighbor and has not all come. */
interface Asked {
  readonly round: number;
  count: number;
  came: number;
  gained: number;
  /** What had been gained from anybody when it was asked. */
  readonly gainedBefore: number;
  /** Until when nobody else is asked; and when what has not come is a promise broken. */
  aloneUntilMs: number;
  readonly dueMs: number;
}

interface FetchLink {
  asked: Asked | undefined;
  /** How often it was asked in vain, and until when it is not asked for that. */
  vain: number;
  shunnedMs: number;
  kept: number;
  broken: number;
}

export interface MapFetchState {
  readonly links: Map<LinkId, FetchLink>;
  /** What neighbors have and we lacked when they said so: short ids under the salt of that round; who said so first stands first. */
  readonly offers: Map<LinkId, { readonly round: number; readonly ids: readonly number[] }>;
  /** Whom entries were asked of last. */
  current: LinkId | undefined;
  /** Before this nobody is asked: what has just come is being verified. */
  waitMs: number;
  gained: number;
}

/** Guess: some round trips, and one fast retransmission; whoever is slower may still bring news, but others are asked too. */
const ALONE_MS = 700;
/** Guess: three retransmissions in a row on each of both ways, at 1, 2 and 3 s. */
const PROMISE_MS = 10_000;
/** Guess: a minute is a fair chance after time. */
const SHUN_MS = 2_000;
const SHUN_MAX_MS = 60_000;
/** Guess: what came is verified by then. */
const VERIFY_MS = 100;

export class MapFetch {
  readonly state: MapFetchState;

  constructor(state?: MapFetchState) {
    this.state = state ?? { links: new Map(), offers: new Map(), current: undefined, waitMs: 0, gained: 0 };
  }

  get deadlineMs(): number {
    const { links, offers } = this.state;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { asked } of links.values()) if (asked !== undefined) dueMs = Math.min(dueMs, asked.dueMs);
    for (const link of offers.keys()) {
      const { asked, shunnedMs } = links.get(link)!;
      if (asked === undefined) dueMs = Math.min(dueMs, Math.max(shunnedMs, this.freeFor(link)));
    }
    return dueMs;
  }

  onLinkUp(link: LinkId): void {
    this.state.links.set(link, { asked: undefined, vain: 0, shunnedMs: 0, kept: 0, broken: 0 });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    this.state.offers.delete(link);
    if (this.state.current === link) this.state.current = undefined;
  }

  /** Is something asked of it under way? */
  isOwing(link: LinkId): boolean {
    return this.state.links.get(link)?.asked !== undefined;
  }

  /** What became of what this neighbor said that it has, by the wants it was sent. */
  promisesOf(link: LinkId): Promises {
    const { kept, broken } = this.state.links.get(link) ?? { kept: 0, broken: 0 };
    return { kept, broken };
  }

  /** A neighbor has entries that we lack. Those of an earlier round are forgotten: they are among these, or are not there any more. */
  offer(link: LinkId, round: number, ids: readonly number[]): void {
    if (!this.state.links.has(link)) return;
    const before = this.state.offers.get(link);
    const all = before?.round === round ? [...before.ids, ...ids] : ids;
    this.state.offers.set(link, { round, ids: all.slice(0, 2 * limits.mapWantsMax) });
  }

  /** Whom to ask for what, if anybody is to be asked now. `lacking`: of ids under the salt of a round, those not held. */
  next(
    lacking: (round: number, ids: readonly number[]) => readonly number[],
    now: Moment,
  ): { readonly link: LinkId; readonly frame: MapWantFrame } | undefined {
    const { state } = this;
    for (const [link, { round, ids: offered }] of state.offers) {
      const from = state.links.get(link)!;
      // One session says what differs bit by bit.
      const goesOn = (isRouted(link) || state.current === link) && from.asked?.round === round;
      if (!goesOn && (now.nowMs < this.freeFor(link) || from.asked !== undefined || now.nowMs < from.shunnedMs))
        continue;
      state.offers.delete(link);
      const ids = Uint32Array.from(lacking(round, offered));
      if (ids.length === 0) continue;
      const aloneUntilMs = now.nowMs + ALONE_MS;
      if (goesOn) {
        from.asked!.count += ids.length / 2;
        from.asked!.aloneUntilMs = aloneUntilMs;
      } else {
        const dueMs = now.nowMs + PROMISE_MS;
        const gainedBefore = state.gained;
        from.asked = { round, count: ids.length / 2, came: 0, gained: 0, gainedBefore, aloneUntilMs, dueMs };
        if (!isRouted(link)) state.current = link;
      }
      return { link, frame: { kind: "mapWant", round, ids } };
    }
    return undefined;
  }

  /** An entry came as repair, whatever was made of it. True when it was the last one asked for, and something was news. */
  onArrival(link: LinkId, now: Moment): boolean {
    const from = this.state.links.get(link);
    if (from?.asked === undefined) return false;
    from.asked.came++;
    if (from.asked.came < from.asked.count) return false;
    const hasGained = this.state.gained > from.asked.gainedBefore;
    this.settle(link, from, from.asked, now);
    return hasGained;
  }

  /** An entry that this link brought as repair is held now. */
  onGain(link: LinkId, now: Moment): void {
    this.state.gained++;
    const from = this.state.links.get(link);
    if (from === undefined) return;
    if (from.asked !== undefined) {
      from.asked.gained++;
      // What is no news buys no time: else whoever sent something old again and again would keep all others waiting.
      from.asked.aloneUntilMs = now.nowMs + ALONE_MS;
    }
    from.vain = 0;
    from.shunnedMs = 0;
  }

  onDeadline(now: Moment): void {
    for (const [link, from] of this.state.links) {
      if (from.asked !== undefined && now.nowMs >= from.asked.dueMs) this.settle(link, from, from.asked, now);
    }
  }

  /** All has come, or its time is over. What was asked for may have been overtaken meanwhile; something comes of an honest promise. */
  private settle(link: LinkId, from: FetchLink, asked: Asked, now: Moment): void {
    const isKept = asked.gained > 0 || asked.came * 2 >= asked.count;
    if (isKept) from.kept++;
    else from.broken++;
    // Who has what we never take, or says so, is asked more and more rarely.
    from.vain = isKept && this.state.gained > asked.gainedBefore ? 0 : from.vain + 1;
    from.shunnedMs = from.vain === 0 ? 0 : now.nowMs + Math.min(SHUN_MAX_MS, SHUN_MS * 2 ** from.vain);
    from.asked = undefined;
    if (this.state.current !== link) return;
    this.state.current = undefined;
    this.state.waitMs = now.nowMs + VERIFY_MS;
  }

  /** From when on it may be asked. Who is at the end of a route waits for no neighbor: they may all withhold what it has. */
  private freeFor(link: LinkId): number {
    const { current, links, waitMs } = this.state;
    if (isRouted(link)) return 0;
    const asked = current === undefined ? undefined : links.get(current)?.asked;
    return Math.max(waitMs, asked?.aloneUntilMs ?? 0);
  }
}
