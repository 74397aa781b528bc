/**
 * Does a neighbor forward? Silence alone does not tell: who sits behind us in a tree has nothing to show that it was not
 * shown first, and how many deliveries to expect cannot be known (the deficit that gossipsub v1.1 calls P3 punishes honest
 * peers at low rates, and is switched off in most networks). So a neighbor that shows little of its own accord is tried:
 * now and then a rumor that somebody else brought is kept back from it. An honest one hears of it elsewhere and brings or
 * announces it to us, for we never told it; one that lacks it asks for it when told at last. Who has it and did neither
 * has kept it from us.
 */
import type { Random } from "../random.ts";
import type { LinkId } from "../types.ts";
import type { Moment } from "../room.ts";
import type { Accepted } from "./strategy.ts";
import { shortId } from "./recent.ts";

/** A rumor that is kept back from one neighbor, to see. */
interface Probe {
  /** Short id, and its slot. */
  readonly id: string;
  readonly slot: string;
  readonly hops: number;
  /** The neighbor was told of it at last. */
  told: boolean;
  shown: boolean;
  asked: boolean;
  dueMs: number;
}

/** What a neighbor did for the spreading of rumors, counted since its link stands. */
export interface Shows {
  /** Rumors that it was the first to bring. */
  first: number;
  /** Rumors that it brought or announced later than others, though we had not shown it that we have them. */
  late: number;
  /** Copies of what it had brought before, or of what was spread long ago. */
  again: number;
  /** Of the rumors that were kept back from it: those that it showed us, kept from us, or turned out to lack. */
  shown: number;
  hidden: number;
  lacked: number;
}

interface Tried extends Shows {
  /** Rumors that others brought, and rumors that it showed, of late: halved again and again. */
  spread: number;
  showed: number;
  /** It tells of rumors, to neighbors drawn by chance. */
  mongers: boolean;
  /** What it named before it was here. */
  readonly named: Set<string>;
  probe: Probe | undefined;
  /** Not tried again before this moment; how long after the next trial that is passed. */
  nextMs: number;
  restMs: number;
  /** Not tried before this with a rumor that it waits for from us, unless it failed the last time. */
  eagerMs: number | undefined;
  failed: boolean;
}

export interface ProbingState {
  readonly links: Map<LinkId, Tried>;
  dueMs: number;
}

/** Guess: a new link has its first rounds behind it. */
const FIRST_MS = 10_000;
/** Others bring a rumor within a second or two, throttled tabs among them within some more. Guess. */
const KEEP_MS = 6_000;
/** From being told to asking. Source: the wait before a graft, 1.5 s at most, a gathering, and a tab's timer of 1 s. */
const TELL_MS = 3_000;
/** From a trial that was not passed to the next. Guess. */
const AGAIN_MS = 2_000;
/** From one that was passed; doubled each time, for a trial costs a honest neighbor some 0.3 s. Guess. */
const REST_MS_MIN = 30_000;
const REST_MS_MAX = 600_000;
/**
 * A rumor of a tree in which we are its parent comes late to all behind it as well. So that is tried rarely, and at first
 * after a time drawn by chance: where somebody else is its parent, others can try it for nothing. Measured among 300 peers:
 * at the periods above the median rose from 180 to 263 ms.
 */
const EAGER_FIRST_MS = 60_000;
const EAGER_SPREAD_MS = 540_000;
const EAGER_REST_MS = 1_800_000;
/** Nothing is concluded of fewer. Guess. */
const SPREAD_MIN = 16;
const WINDOW = 64;
/** Who shows one in so many is not tried. Guess: an honest peer that is no leaf shows one in two. */
const SHOWS_ONE_IN = 8;
/** Who mongers tells of each rumor to few, so silence on one says little. Measured: of eleven neighbors one heard of three in ten. */
const MONGER_SHOWS_ONE_IN = 32;
/** Guess: who is ahead of us by so many at once shows enough without them. */
const NAMED_MAX = 512;
/** A copy of a rumor stamped so long ago that nobody asked for is no part of its spreading. Source: twice `skewMs`. */
const OLD_MS = 60_000;
/** We looked so much later than we wanted to: we slept, and others may not be blamed for it. Guess. */
const SLEPT_MS = 2_000;

export class Probing {
  readonly state: ProbingState;
  private readonly random: Random;

  constructor(random: Random, state: ProbingState = { links: new Map(), dueMs: Number.POSITIVE_INFINITY }) {
    this.random = random;
    this.state = state;
  }

  get deadlineMs(): number {
    return this.state.dueMs;
  }

  showsOf(link: LinkId): Shows {
    const { first, late, again, shown, hidden, lacked } = this.state.links.get(link) ?? fresh(0);
    return { first, late, again, shown, hidden, lacked };
  }

  onLinkUp(link: LinkId, now: Moment): void {
    this.state.links.set(link, fresh(now.nowMs + FIRST_MS));
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  /**
   * A neighbor brought a rumor that is passed on now; returns the link that it is to be kept back from, if any.
   * `isWaiting`: that one has it from nobody else soon.
   */
  onSpread(accepted: Accepted, now: Moment, isWaiting: (link: LinkId) => boolean = () => false): LinkId | undefined {
    const { id, slot, hops, link, knownBy, rumor } = accepted;
    if (link === undefined) return undefined;
    const { expiryMs } = rumor.header;
    // What expires meanwhile may be forgotten by whoever is tried.
    const lasts = expiryMs === 0 || expiryMs > now.meshMs + KEEP_MS + TELL_MS + OLD_MS;
    const name = shortId(id);
    const due: LinkId[] = [];
    for (const [other, tried] of this.state.links) {
      const named = tried.named.size > 0 && tried.named.delete(name);
      if (other === link || named || knownBy.includes(other)) {
        if (other === link) tried.first++;
        else if (!named) tried.late++;
        if (!named) tried.showed++;
        continue;
      }
      if (++tried.spread >= WINDOW) [tried.spread, tried.showed] = [tried.spread / 2, tried.showed / 2];
      if (!lasts || !isDue(tried, now) || accepted.knows(other)) continue;
      const mayWait = tried.failed || !isWaiting(other);
      if (!mayWait) tried.eagerMs ??= now.nowMs + EAGER_FIRST_MS + this.random.below(EAGER_SPREAD_MS);
      if (mayWait || now.nowMs >= tried.eagerMs!) due.push(other);
    }
    // By chance, or all neighbors of one peer might keep one rumor from it.
    const chosen = this.random.pick(due);
    if (chosen === undefined) return undefined;
    const dueMs = now.nowMs + KEEP_MS;
    const probe = { id: name, slot, hops, told: false, shown: false, asked: false, dueMs };
    const tried = this.state.links.get(chosen)!;
    tried.probe = probe;
    if (!tried.failed && isWaiting(chosen)) tried.eagerMs = now.nowMs + EAGER_REST_MS;
    this.state.dueMs = Math.min(this.state.dueMs, dueMs);
    return chosen;
  }

  /**
   * A copy came. `before`: this link has brought it before; undefined when that is not remembered. `isEcho`: we had sent
   * it there.
   */
  onCopy(link: LinkId, slot: string, timeMs: number, before: boolean | undefined, isEcho: boolean, now: Moment): void {
    const tried = this.state.links.get(link);
    if (tried === undefined) return;
    if (tried.probe?.slot === slot) tried.probe.shown = true;
    if (before ?? timeMs < now.meshMs - OLD_MS) tried.again++;
    else {
      tried.late++;
      if (!isEcho) tried.showed++;
    }
  }

  /** A neighbor announced a rumor, or told of it, for the first time. An echo of what it was shown here shows nothing. */
  onNamed(link: LinkId, id: string, isHere: boolean, isEcho: boolean, isTold: boolean): void {
    const tried = this.state.links.get(link);
    if (tried === undefined || tried.named.has(id)) return;
    tried.mongers ||= isTold;
    if (tried.probe?.id === id) tried.probe.shown = true;
    if (isHere) tried.late++;
    if (isEcho) return;
    // Of somebody who mongers any will do.
    if (tried.probe !== undefined && isTold && isHere) tried.probe.shown = true;
    tried.showed++;
    if (isHere) return;
    if (tried.named.size < NAMED_MAX) tried.named.add(id);
    else tried.named.clear();
  }

  /** A neighbor asked for these: it cannot have kept them from us. */
  onAsked(link: LinkId, isAmong: (probe: { readonly id: string; readonly slot: string }) => boolean): void {
    const probe = this.state.links.get(link)?.probe;
    if (probe !== undefined && isAmong(probe)) probe.asked = true;
  }

  /** Ends trials that are over; returns whom to tell now of what was kept back. */
  onDeadline(now: Moment): readonly (Pick<Probe, "id" | "hops"> & { readonly link: LinkId })[] {
    const { state } = this;
    if (now.nowMs < state.dueMs) return [];
    const slept = now.nowMs - state.dueMs > SLEPT_MS;
    const tell: { link: LinkId; id: string; hops: number }[] = [];
    state.dueMs = Number.POSITIVE_INFINITY;
    for (const [link, tried] of state.links) {
      const { probe } = tried;
      if (probe === undefined) continue;
      if (now.nowMs >= probe.dueMs) {
        if (!probe.told) tell.push({ link, id: probe.id, hops: probe.hops });
        if (probe.told || probe.shown || probe.asked || slept) {
          end(tried, probe, slept, now);
          continue;
        }
        probe.told = true;
        probe.dueMs = now.nowMs + TELL_MS;
      }
      state.dueMs = Math.min(state.dueMs, probe.dueMs);
    }
    return tell;
  }
}

function fresh(nextMs: number): Tried {
  const counts = { first: 0, late: 0, again: 0, shown: 0, hidden: 0, lacked: 0 };
  return {
    ...counts,
    spread: 0,
    showed: 0,
    mongers: false,
    named: new Set(),
    probe: undefined,
    nextMs,
    restMs: REST_MS_MIN,
    eagerMs: undefined,
    failed: false,
  };
}

function isDue({ probe, nextMs, spread, showed, mongers }: Tried, now: Moment): boolean {
  if (probe !== undefined || now.nowMs < nextMs || spread < SPREAD_MIN) return false;
  const oneIn = mongers ? MONGER_SHOWS_ONE_IN : SHOWS_ONE_IN;
  return showed * oneIn < spread && (!mongers || spread >= oneIn);
}

function end(tried: Tried, probe: Probe, slept: boolean, now: Moment): void {
  tried.probe = undefined;
  const hid = !probe.shown && !probe.asked && !slept;
  tried.failed = hid;
  if (hid) {
    tried.hidden++;
    tried.nextMs = now.nowMs + AGAIN_MS;
    tried.restMs = REST_MS_MIN;
    return;
  }
  if (probe.shown) tried.shown++;
  else if (probe.asked) tried.lacked++;
  tried.nextMs = now.nowMs + tried.restMs;
  tried.restMs = Math.min(REST_MS_MAX, tried.restMs * 2);
}
