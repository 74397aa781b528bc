/**
 * Anti-entropy (Demers et al. 1987) in three steps, as in Bayou and Cassandra: a digest; the logs of whoever finds that
 * it differs, page by page; and, for each page, the other's logs of the same span. Then each knows what it lacks. When
 * nothing differs a round costs one frame of some 20 bytes and no answer.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { DigestFrame, HaveFrame, LogHave } from "../wire/frames.ts";
import { fingerprint } from "./fingerprint.ts";
import { same } from "./ids.ts";
import type { Logs } from "./logs.ts";
import { logKey, offered, position } from "./logs.ts";
import { areCanonical } from "./ranges.ts";

/** A round seen from one side: which page comes next. */
interface Progress {
  readonly round: number;
  after: string;
}

interface RoundLink {
  /** When a round of its own is due with this link; Infinity for none. */
  dueMs: number;
  /** We sent a digest, and take pages. */
  asking: Progress | undefined;
  /** We sent pages, and take those of the other side. */
  answering: Progress | undefined;
  /** Digests that come before this moment are not answered: pages may cost much more than a digest. */
  freeMs: number;
}

export interface RoundsState {
  readonly links: Map<LinkId, RoundLink>;
  /** When the next round with some neighbor is due; Infinity without neighbors. */
  dueMs: number;
  rounds: number;
  /** Rounds in which a neighbor held something else than we did. */
  differed: number;
}

/** Of two ends of a new link one begins, for both would tell each other everything; the other makes sure of it. Guess. */
const FIRST_MS = 20;
const SECOND_MS = 600;
/** What is younger may still be on its way. Guess: 8 hops of 100 ms each, and one resend by SCTP among them. */
const SETTLED_MS = 4_000;
/** A digest with pages for an answer buys this much silence, and some for every log in them. Guess: 100 KB a second. */
const ANSWER_MS = 200;
const ANSWER_LOG_MS = 0.5;
/** A digest that leaves out more than this is not answered, for leaving out costs work. Source: twice `skewMs`. */
const UNSETTLED_MAX_MS = 60_000;

export class Rounds {
  readonly state: RoundsState;
  private readonly foundation: Foundation;

  constructor(
    foundation: Foundation,
    state: RoundsState = { links: new Map(), dueMs: Number.POSITIVE_INFINITY, rounds: 0, differed: 0 },
  ) {
    this.foundation = foundation;
    this.state = state;
  }

  get deadlineMs(): number {
    let dueMs = this.state.dueMs;
    for (const link of this.state.links.values()) dueMs = Math.min(dueMs, link.dueMs);
    return dueMs;
  }

  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    const { random, self, config } = this.foundation;
    const waitMs = random.jitter(self < peer ? FIRST_MS : SECOND_MS);
    this.state.links.set(link, { dueMs: now.nowMs + waitMs, asking: undefined, answering: undefined, freeMs: 0 });
    if (this.state.links.size === 1) this.state.dueMs = now.nowMs + random.jitter(config.tuning.repairPeriodMs);
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    if (this.state.links.size === 0) this.state.dueMs = Number.POSITIVE_INFINITY;
  }

  /** Begin a round with this link soon, over everything. */
  soon(link: LinkId, atMs: number): void {
    const state = this.state.links.get(link);
    if (state !== undefined) state.dueMs = Math.min(state.dueMs, atMs);
  }

  /** `isReady`: the link can be written to, and nothing is being fetched from it. */
  onDeadline(logs: Logs, isReady: (link: LinkId) => boolean, now: Moment, out: Outbox): void {
    const { random, config } = this.foundation;
    const periodMs = config.tuning.repairPeriodMs;
    for (const [link, state] of this.state.links) {
      if (now.nowMs < state.dueMs) continue;
      if (isReady(link)) this.begin(link, state, 0, logs, out);
      else state.dueMs = now.nowMs + random.jitter(periodMs);
    }
    if (now.nowMs < this.state.dueMs) return;
    this.state.dueMs = now.nowMs + random.jitter(periodMs);
    const link = random.pick([...this.state.links.keys()].filter((link) => isReady(link)));
    const state = link === undefined ? undefined : this.state.links.get(link);
    if (link !== undefined && state !== undefined) {
      this.begin(link, state, Math.max(0, Math.round(now.meshMs - SETTLED_MS)), logs, out);
    }
  }

  /** Not called while the link cannot be written to: the other side tries again. */
  onDigest(link: LinkId, frame: DigestFrame, logs: Logs, now: Moment, out: Outbox): void {
    const state = this.state.links.get(link);
    if (state === undefined || now.nowMs < state.freeMs) return;
    if (frame.beforeMs !== 0 && frame.beforeMs < now.meshMs - UNSETTLED_MAX_MS) return;
    // Whatever we were about to tell them, this round does it.
    if (frame.beforeMs === 0) state.dueMs = Number.POSITIVE_INFINITY;
    state.freeMs = now.nowMs + ANSWER_MS;
    if (same(frame.fingerprint, fingerprint(logs.inOrder(), frame.round, frame.beforeMs))) return;
    this.state.differed++;
    state.answering = { round: frame.round, after: "" };
    for (const page of pages(logs, "", "")) {
      out.frame(link, { kind: "have", round: frame.round, reply: true, ...page }, "repair");
      state.freeMs += page.logs.length * ANSWER_LOG_MS;
    }
  }

  /**
   * Take a page, and answer it with our logs of the same span when that is wanted and the link can be written to. `stale`: of no round that is under
   * way, so nothing follows from it.
   */
  onHave(
    link: LinkId,
    frame: HaveFrame,
    logs: Logs,
    isWritable: boolean,
    out: Outbox,
  ): "taken" | "stale" | "a have that is out of order" {
    if (!isInOrder(frame)) return "a have that is out of order";
    const state = this.state.links.get(link);
    const progress = frame.reply ? state?.asking : state?.answering;
    if (state === undefined || progress?.round !== frame.round || progress.after !== frame.after) return "stale";
    progress.after = frame.last;
    if (frame.last === "") {
      if (frame.reply) state.asking = undefined;
      else state.answering = undefined;
    }
    if (frame.reply && isWritable) {
      for (const page of pages(logs, frame.after, frame.last)) {
        out.frame(link, { kind: "have", round: frame.round, reply: false, ...page }, "repair");
      }
    }
    return "taken";
  }

  private begin(link: LinkId, state: RoundLink, beforeMs: number, logs: Logs, out: Outbox): void {
    const round = this.foundation.random.uint32();
    this.state.rounds++;
    if (beforeMs === 0) state.dueMs = Number.POSITIVE_INFINITY;
    state.asking = { round, after: "" };
    const print = fingerprint(logs.inOrder(), round, beforeMs);
    out.frame(link, { kind: "digest", round, beforeMs, fingerprint: print }, "control");
  }
}

/** The logs behind `after`, up to `last`, in pages whose spans meet. There is always one, for silence says nothing. */
function* pages(logs: Logs, after: string, last: string): Generator<Pick<HaveFrame, "after" | "last" | "logs">> {
  const { keys } = logs.state;
  let page: LogHave[] = [];
  let from = after;
  for (let at = after === "" ? 0 : position(keys, after); at < keys.length; at++) {
    const key = keys[at]!;
    if (key === after) continue;
    if (last !== "" && key > last) break;
    const log = logs.get(key)!;
    const ranges = offered(log).slice(0, limits.rangesMax);
    if (ranges.length === 0) continue;
    page.push({ log: log.id, low: log.low, ranges });
    if (page.length === limits.logsMax && key !== last) {
      yield { after: from, last: key, logs: page };
      from = key;
      page = [];
    }
  }
  yield { after: from, last, logs: page };
}

/** Keys ascend within the span, and every log's ranges are in their one form. */
function isInOrder({ after, last, logs }: HaveFrame): boolean {
  if (last !== "" && last <= after) return false;
  let before = after;
  for (const { log, low, ranges } of logs) {
    const key = logKey(log);
    if (key <= before || ranges.length === 0 || !areCanonical(ranges) || low < 1 || low > ranges[0]![0]) return false;
    before = key;
  }
  return last === "" || before <= last;
}
