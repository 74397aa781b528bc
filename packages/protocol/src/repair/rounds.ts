/**
 * Anti-entropy (Demers et al. 1987) in steps, as in Bayou and Cassandra: a digest; who finds that it differs says more;
 * and by a few messages in turn (`reconcile/comparing.ts`) each learns what it lacks. When nothing differs a round costs
 * one frame of some 30 bytes and no answer. This room knows when, with whom, and which round a word belongs to.
 */
import type { LinkId, LogId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { DigestFrame, HaveFrame, LogHave, LogName, ReconcileFrame, WantFrame } from "../wire/frames.ts";
import { forgetOldest } from "../rumors/oldest.ts";
import { nameOf } from "./fingerprint.ts";
import { same } from "./ids.ts";
import type { Log, Logs } from "./logs.ts";
import { logKey } from "./logs.ts";
import type { PrintsState } from "./prints.ts";
import { Prints } from "./prints.ts";
import { areCanonical } from "./ranges.ts";
import { isRouted } from "../types.ts";
import type { Saying } from "./reconcile/comparing.ts";
import { answer, match, open } from "./reconcile/comparing.ts";
import { LogIndex } from "./reconcile/log-index.ts";

/** A round seen from one side. */
interface Talk {
  readonly round: number;
  readonly beforeMs: number;
  /** How many more of the other end's words are heard. */
  left: number;
}

interface RoundLink {
  /** When a round of its own is due with this link; Infinity for none. */
  dueMs: number;
  /** Our digests' round, for as long as nothing differs. */
  salt: number | undefined;
  /** We sent a digest. */
  asking: Talk | undefined;
  /** We found that a digest differs. */
  answering: Talk | undefined;
  /** Rounds in which a `have` went either way, the latest last: logs are named under these. */
  readonly spoken: number[];
  /** Digests that come before this moment are not answered: answers may cost much more than a digest. */
  freeMs: number;
}

export interface RoundsState {
  readonly links: Map<LinkId, RoundLink>;
  readonly prints: PrintsState;
  /** When the next round with some neighbor is due; Infinity without neighbors. */
  dueMs: number;
  rounds: number;
  /** Rounds in which a neighbor held something else than we did. */
  differed: number;
}

/** What a neighbor said it has. */
export interface Offered {
  readonly log: LogId;
  readonly low: number;
  readonly ranges: LogHave["ranges"];
}

/** Of two ends of a new link one begins, for both would tell each other everything; the other makes sure of it. Guess. */
const FIRST_MS = 20;
const SECOND_MS = 600;
/** Guess: some round trips. */
const NEWS_MS = 500;
/** What is younger may still be on its way. Guess: 8 hops of 100 ms each, and one resend by SCTP among them. */
const SETTLED_MS = 4_000;
/** A digest that is answered buys this much silence, and some for every byte of the answer. Guess: 100 KB a second. */
const ANSWER_MS = 200;
const ANSWER_BYTE_MS = 0.01;
/** A digest that leaves out more than this is not answered, for leaving out costs work. Source: twice `skewMs`. */
const UNSETTLED_MAX_MS = 60_000;
/** Words of the other end that are heard in a round. Reason: an honest one has at most four, and some have a name asked for. */
const WORDS_MAX = 6;
/** Rounds under whose salts logs may be named. Reason: a want may be a round or two behind. */
const SPOKEN_MAX = 4;
/** Salts under which all logs' names are kept. Reason: some ms of work for 4 096 logs, which whoever asks in its few rounds in turn has done once. */
const NAMED_MAX = 8;
/** Logs whose newest rumor is asked for in a round, though it is here. Reason: a fork shows in any, and they are rare. */
const SUSPECTS_MAX = 8;
/** What a log, a print and a symbol cost in an answer, for the silence that it buys. Source of the latter: the grammar. */
const LOG_BYTES = 50;
const PRINT_BYTES = 3;
const SYMBOL_BYTES = 13;

export class Rounds {
  readonly state: RoundsState;
  readonly prints: Prints;
  private readonly foundation: Foundation;
  /** Derived, so no part of the state. */
  private nextMs: number | undefined;
  /** Logs by their names under the salts that were needed last: made anew at any time. Oldest first. */
  private readonly named = new Map<number, { readonly turnover: number; readonly keys: ReadonlyMap<number, string> }>();

  constructor(foundation: Foundation, state?: RoundsState) {
    this.foundation = foundation;
    this.prints = new Prints(state?.prints);
    this.state = state ?? {
      links: new Map(),
      prints: this.prints.state,
      dueMs: Number.POSITIVE_INFINITY,
      rounds: 0,
      differed: 0,
    };
  }

  get deadlineMs(): number {
    return Math.min(this.state.dueMs, this.linksDueMs);
  }

  /** The first of the links' own times, remembered until one changes: it is asked for after every input. */
  private get linksDueMs(): number {
    if (this.nextMs === undefined) {
      this.nextMs = Number.POSITIVE_INFINITY;
      for (const { dueMs } of this.state.links.values()) this.nextMs = Math.min(this.nextMs, dueMs);
    }
    return this.nextMs;
  }

  private due(state: RoundLink, atMs: number): void {
    state.dueMs = atMs;
    this.nextMs = undefined;
  }

  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    const { random, self, config } = this.foundation;
    const waitMs = random.jitter(self < peer ? FIRST_MS : SECOND_MS);
    this.state.links.set(link, {
      dueMs: now.nowMs + waitMs,
      salt: undefined,
      asking: undefined,
      answering: undefined,
      spoken: [],
      freeMs: 0,
    });
    this.nextMs = undefined;
    if (this.state.links.size === 1) this.state.dueMs = now.nowMs + random.jitter(config.tuning.repairPeriodMs);
  }

  /** A peer at the end of a route: one round, ours or theirs. */
  onRoutedUp(link: LinkId, peer: PeerId, ours: boolean, logs: Logs, now: Moment, out: Outbox): void {
    const { dueMs } = this.state;
    this.onLinkUp(link, peer, now);
    this.state.dueMs = dueMs;
    const state = this.state.links.get(link)!;
    this.due(state, Number.POSITIVE_INFINITY);
    if (ours) this.begin(link, state, Math.max(0, Math.round(now.meshMs - SETTLED_MS)), logs, now, out);
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    this.nextMs = undefined;
    if (this.state.links.size === 0) this.state.dueMs = Number.POSITIVE_INFINITY;
  }

  /** Begin a round with this link soon, over everything. */
  soon(link: LinkId, atMs: number): void {
    const state = isRouted(link) ? undefined : this.state.links.get(link);
    if (state !== undefined) this.due(state, Math.min(state.dueMs, atMs));
  }

  /** All that a neighbor offered has come, and something of it was new: tell another one without waiting for the period's end. */
  onNews(now: Moment): void {
    if (this.state.links.size < 2) return;
    this.state.dueMs = Math.min(this.state.dueMs, now.nowMs + this.foundation.random.jitter(NEWS_MS));
  }

  /** `isReady`: the link can be written to, and nothing is being fetched from it. */
  onDeadline(logs: Logs, isReady: (link: LinkId) => boolean, now: Moment, out: Outbox): void {
    const { random, config } = this.foundation;
    const periodMs = config.tuning.repairPeriodMs;
    for (const [link, state] of this.state.links) {
      if (now.nowMs < state.dueMs) continue;
      if (isReady(link)) this.begin(link, state, 0, logs, now, out);
      else this.due(state, now.nowMs + random.jitter(periodMs));
    }
    if (now.nowMs < this.state.dueMs) return;
    this.state.dueMs = now.nowMs + random.jitter(periodMs);
    const link = random.pick([...this.state.links.keys()].filter((link) => isReady(link)));
    const state = link === undefined ? undefined : this.state.links.get(link);
    if (link !== undefined && state !== undefined) {
      this.begin(link, state, Math.max(0, Math.round(now.meshMs - SETTLED_MS)), logs, now, out);
    }
  }

  /** Not called while the link cannot be written to: the other side tries again. True when both hold the same. */
  onDigest(link: LinkId, frame: DigestFrame, logs: Logs, now: Moment, out: Outbox): boolean {
    const state = this.state.links.get(link);
    if (state === undefined || now.nowMs < state.freeMs) return false;
    const { round, beforeMs } = frame;
    if (beforeMs !== 0 && beforeMs < now.meshMs - UNSETTLED_MAX_MS) return false;
    // Whatever we were about to tell them, this round does it.
    if (beforeMs === 0) this.due(state, Number.POSITIVE_INFINITY);
    state.freeMs = now.nowMs + ANSWER_MS;
    if (same(frame.fingerprint, this.prints.of(logs, round, beforeMs, now))) return true;
    this.state.differed++;
    this.prints.forget(round);
    state.answering = { round, beforeMs, left: WORDS_MAX };
    this.say(link, state, state.answering, open(new LogIndex(logs.inOrder(), round, beforeMs), frame.logs), out);
    return false;
  }

  /** Where two peers differ, closer. False when it is of no round that is under way. */
  onReconcile(link: LinkId, frame: ReconcileFrame, logs: Logs, out: Outbox): boolean {
    const state = this.state.links.get(link);
    const talk = state === undefined ? undefined : this.hear(state, frame.round);
    if (state === undefined || talk === undefined) return false;
    this.say(link, state, talk, answer(new LogIndex(logs.inOrder(), talk.round, talk.beforeMs), frame.part), out);
    return true;
  }

  /**
   * Logs of theirs, and what we answer where that is wanted and the link can be written to. `stale`: of no round that is
   * under way, so nothing follows from it.
   */
  onHave(
    link: LinkId,
    frame: HaveFrame,
    logs: Logs,
    isWritable: boolean,
    out: Outbox,
  ): readonly Offered[] | "stale" | "a have that is out of order" {
    if (!isInOrder(frame)) return "a have that is out of order";
    const state = this.state.links.get(link);
    const talk = state === undefined ? undefined : this.hear(state, frame.round);
    if (state === undefined || talk === undefined) return "stale";
    remember(state, talk.round);
    const offers: Offered[] = [];
    const known = new Map<Log, LogHave>();
    const nameless: number[] = [];
    const keys = this.namesUnder(talk.round, logs);
    for (const have of frame.logs) {
      const key = typeof have.log === "number" ? keys.get(have.log) : logKey(have.log);
      const log = key === undefined ? undefined : logs.get(key);
      if (log !== undefined) known.set(log, have);
      if (log !== undefined || typeof have.log !== "number")
        offers.push({ ...have, log: log?.id ?? (have.log as LogId) });
      else nameless.push(have.log);
    }
    if (!isWritable) return offers;
    const ask = { kind: "reconcile", part: { step: "names", names: nameless } } as const;
    if (nameless.length > 0) this.say(link, state, talk, ask, out);
    if (frame.covers.kind === "none") return offers;
    const found = match(new LogIndex(logs.inOrder(), talk.round, talk.beforeMs), frame.covers, known);
    this.say(link, state, talk, found.lacks, out);
    this.probe(link, talk.round, found.suspect, logs, out);
    return offers;
  }

  /** How a want names logs to this link: those that we hold too, under the latest round in which both named some. */
  naming(link: LinkId, logs: Logs): { readonly round: number; readonly nameOf: (log: LogId) => LogName } {
    const round = this.state.links.get(link)?.spoken.at(-1);
    if (round === undefined) return { round: 0, nameOf: (log) => log };
    return {
      round,
      nameOf: (id) => {
        const log = logs.get(logKey(id));
        return log === undefined ? id : this.callOf(log, round, logs);
      },
    };
  }

  /** Keys of the logs that a want of this link names; undefined for those that mean nothing. */
  resolve(link: LinkId, { round, wants }: WantFrame, logs: Logs): (string | undefined)[] {
    const isKnown = this.state.links.get(link)?.spoken.includes(round) === true;
    return wants.map(({ log }) => {
      if (typeof log !== "number") return logKey(log);
      return isKnown ? this.namesUnder(round, logs).get(log) : undefined;
    });
  }

  private begin(link: LinkId, state: RoundLink, beforeMs: number, logs: Logs, now: Moment, out: Outbox): void {
    state.salt ??= this.foundation.random.uint32();
    const round = state.salt;
    this.state.rounds++;
    if (beforeMs === 0) this.due(state, Number.POSITIVE_INFINITY);
    state.asking = { round, beforeMs, left: WORDS_MAX };
    const fingerprint = this.prints.of(logs, round, beforeMs, now);
    out.frame(link, { kind: "digest", round, beforeMs, logs: logs.state.logs.size, fingerprint }, "control");
  }

  /** The round that a word belongs to, if it may still be heard. */
  private hear(state: RoundLink, round: number): Talk | undefined {
    const talk = state.asking?.round === round ? state.asking : state.answering;
    if (talk?.round !== round || talk.left <= 0) return undefined;
    talk.left--;
    if (talk === state.asking && state.salt === round) {
      state.salt = undefined;
      this.prints.forget(round);
    }
    return talk;
  }

  private say(link: LinkId, state: RoundLink, talk: Talk, saying: Saying | undefined, out: Outbox): void {
    if (saying === undefined) return;
    const { round } = talk;
    out.frame(link, { ...saying, round }, "repair");
    if (saying.kind === "have") remember(state, round);
    state.freeMs += bytesOf(saying) * ANSWER_BYTE_MS;
  }

  /** They hold rumors of the same numbers, and not the same: the last of them shows the fork. */
  private probe(link: LinkId, round: number, suspect: readonly Log[], logs: Logs, out: Outbox): void {
    const wants = suspect
      .filter(({ ranges, cut }) => ranges.length > 0 && cut === Number.POSITIVE_INFINITY)
      .slice(0, SUSPECTS_MAX)
      .map((log) => ({ log: this.callOf(log, round, logs), last: log.ranges.at(-1)![1] }))
      .toSorted((a, b) => Number(typeof a.log !== "number") - Number(typeof b.log !== "number"))
      .map(({ log, last }) => ({ log, ranges: [[last, last]] as const }));
    if (wants.length > 0) out.frame(link, { kind: "want", round, wants }, "control");
  }

  /** By its name in this round, or in full where another log has the same one. */
  private callOf(log: Log, round: number, logs: Logs): LogName {
    const name = nameOf(round, log);
    return this.namesUnder(round, logs).get(name) === log.key ? name : log.id;
  }

  private namesUnder(round: number, logs: Logs): ReadonlyMap<number, string> {
    const { turnover } = logs.state;
    const known = this.named.get(round);
    if (known?.turnover === turnover) return known.keys;
    const keys = new Map<number, string>();
    const twice = new Set<number>();
    for (const log of logs.inOrder()) {
      const name = nameOf(round, log);
      if (keys.has(name)) twice.add(name);
      keys.set(name, log.key);
    }
    for (const name of twice) keys.delete(name);
    this.named.delete(round);
    this.named.set(round, { turnover, keys });
    forgetOldest(this.named, NAMED_MAX);
    return keys;
  }
}

/** About what it takes on the wire. A word of a few bytes may be answered with thousands of prints. */
function bytesOf(saying: Saying): number {
  if (saying.kind === "have") return LOG_BYTES * saying.logs.length;
  const { part } = saying;
  if (part.step === "prints") return PRINT_BYTES * part.prints.length;
  return part.step === "symbols" ? SYMBOL_BYTES * part.symbols.counts.length : 0;
}

function remember({ spoken }: RoundLink, round: number): void {
  if (spoken.at(-1) === round) return;
  spoken.push(round);
  if (spoken.length > SPOKEN_MAX) spoken.shift();
}

/** Names ascend, then keys; and every log's ranges are in their one form. */
function isInOrder({ logs }: HaveFrame): boolean {
  let name = -1;
  let key = "";
  for (const { log, low, ranges } of logs) {
    if (ranges.length === 0 || !areCanonical(ranges) || low < 1 || low > ranges[0]![0]) return false;
    if (typeof log === "number") {
      if (log <= name) return false;
      name = log;
    } else {
      if (logKey(log) <= key) return false;
      key = logKey(log);
    }
  }
  return true;
}
