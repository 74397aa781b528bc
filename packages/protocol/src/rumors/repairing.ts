/**
 * Repair, of what spreading missed: rounds that compare with one neighbor at a time, the fetching of what it offers, the
 * gaps that cannot wait for a round, and the answers to what others lack. Composes these rooms of `repair/`; `rumors.ts`
 * puts into the logs what comes of it.
 */
import type { Promises } from "../spreading/missing.ts";
import type { LinkId, PeerId, Range, Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Shelf } from "../repair/fetch.ts";
import { Fetch, isAmong } from "../repair/fetch.ts";
import { Backlog } from "../repair/backlog.ts";
import { Holes } from "../repair/holes.ts";
import type { Log, Logs } from "../repair/logs.ts";
import { logKey } from "../repair/logs.ts";
import { Rounds } from "../repair/rounds.ts";
import { isRouted } from "../types.ts";
import { costOf, Serving } from "../repair/serving.ts";
import { Proofs } from "../repair/proofs.ts";
import type { Check } from "../spreading/checking.ts";
import type { RepairState } from "./rumors-state.ts";
import type { Lines } from "../spreading/lines.ts";
import type { DigestFrame, HaveFrame, ReconcileFrame, RumorFrame, SegmentFrame, WantFrame } from "../wire/frames.ts";

/** What repair needs to know of rumors that are not in a log yet. */
export interface Verifier {
  /** It has its hands full: nothing more is asked for now. */
  isBusy(): boolean;
  /** A rumor of this log, with this number, is here, but not appended yet. */
  isComing(key: string, seq: number): boolean;
  /** Bytes that are left of what this neighbor may cost in answers. */
  leftFor(link: LinkId): number;
}

/** After catching up, the round that makes sure. Guess: long enough for what came last to be verified. */
const CONFIRM_MS = 250;

export class Repairing {
  readonly states: Omit<RepairState, "catchingUp">;
  private readonly foundation: Foundation;
  private readonly logs: Logs;
  private readonly lines: Lines;
  private readonly verifier: Verifier;
  private readonly fetch: Fetch;
  private readonly holes: Holes;
  private readonly rounds: Rounds;
  private readonly serving: Serving;
  private readonly proofs: Proofs;
  private readonly backlog: Backlog;

  constructor(
    foundation: Foundation,
    logs: Logs,
    lines: Lines,
    shelf: Shelf,
    verifier: Verifier,
    states: Repairing["states"] | undefined,
  ) {
    this.foundation = foundation;
    this.logs = logs;
    this.lines = lines;
    this.verifier = verifier;
    this.fetch = new Fetch(shelf, states?.fetch);
    this.holes = new Holes(foundation, states?.holes);
    this.rounds = new Rounds(foundation, states?.rounds);
    this.serving = new Serving(states?.serving);
    this.proofs = new Proofs(states?.proofs);
    this.backlog = new Backlog(states?.backlog);
    this.states = {
      fetch: this.fetch.state,
      holes: this.holes.state,
      rounds: this.rounds.state,
      serving: this.serving.state,
      proofs: this.proofs.state,
      backlog: this.backlog.state,
    };
  }

  /** A round with a new neighbor begins at once, so that a joiner catches up. */
  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    this.fetch.onLinkUp(link);
    this.serving.onLinkUp(link);
    this.rounds.onLinkUp(link, peer, now);
  }

  /** A peer at the end of a route: compared with once. */
  onRoutedUp(link: LinkId, peer: PeerId, ours: boolean, now: Moment, out: Outbox): void {
    this.fetch.onLinkUp(link);
    this.serving.onLinkUp(link);
    this.rounds.onRoutedUp(link, peer, ours, this.logs, now, out);
  }

  onLinkDown(link: LinkId, now: Moment, out: Outbox): void {
    this.fetch.onLinkDown(link);
    this.serving.onLinkDown(link);
    this.rounds.onLinkDown(link);
    if (this.lines.size === 0) this.backlog.onAlone(out);
    // What it was asked for is asked of others.
    this.pullAll(now, out);
  }

  /** Compare with this neighbor at that time, or before. */
  soon(link: LinkId, atMs: number): void {
    this.rounds.soon(link, atMs);
  }

  onDigest(link: LinkId, frame: DigestFrame, now: Moment, out: Outbox): void {
    if (!this.isWritable(link) || !this.rounds.onDigest(link, frame, this.logs, now, out)) return;
    this.backlog.onEqual(this.logs, out);
  }

  /** False when it is of no round. */
  onReconcile(link: LinkId, frame: ReconcileFrame, out: Outbox): boolean {
    return !this.isWritable(link) || this.rounds.onReconcile(link, frame, this.logs, out);
  }

  onHave(link: LinkId, frame: HaveFrame, now: Moment, out: Outbox): "taken" | "stale" | "a have that is out of order" {
    const offered = this.rounds.onHave(link, frame, this.logs, this.isWritable(link), out);
    if (typeof offered === "string") return offered;
    this.fetch.onHave(link, offered, frame.covers.kind !== "none");
    this.pull(link, now, out);
    return "taken";
  }

  /** What a neighbor asks for; what it names without a meaning is left out. Returns which slots it names. */
  onWant(link: LinkId, frame: WantFrame, now: Moment, out: Outbox): (slot: string) => boolean {
    const keys = this.rounds.resolve(link, frame, this.logs);
    const wanted = frame.wants.flatMap(({ ranges }, i) => (keys[i] === undefined ? [] : [{ key: keys[i], ranges }]));
    this.serving.onWant(link, wanted);
    this.serve(now, out);
    return (slot) => isAmong(wanted, slot);
  }

  /** A rumor came, whatever was made of it. */
  onArrival(link: LinkId, { rumor, repair }: RumorFrame, now: Moment, out: Outbox): void {
    const { seq } = rumor.header;
    this.fetch.onArrival(link, logKey(rumor.header), [seq, seq], costOf(rumor), repair, now);
    if (repair) this.pull(link, now, out);
  }

  /** Was this link asked for some of it? And does an answer begin there? */
  awaits(link: LinkId, key: string, range: Range): { readonly asked: boolean; readonly top: boolean } {
    return this.fetch.awaits(link, key, range);
  }

  /** A segment came that was asked for, whatever was made of it. */
  onSegment(link: LinkId, key: string, range: Range, { entries }: SegmentFrame, now: Moment, out: Outbox): void {
    const cost = entries.reduce((sum, entry) => sum + costOf(entry), 0);
    this.fetch.onArrival(link, key, range, cost, true, now);
    this.pull(link, now, out);
  }

  /** Have a signature checked that was not looked at yet. */
  prove(log: Log, seq: number, out: Outbox, ...rivals: Check[]): void {
    this.proofs.begin(log, seq, out, ...rivals);
  }

  /** Undefined when the ref is not ours, else what contradicts the rumor whose signature it was. */
  onVerified(ref: Ref, ok: boolean, now: Moment, out: Outbox): readonly Check[] | undefined {
    const proved = this.proofs.onVerified(ref, ok, this.logs);
    if (proved !== undefined && this.serving.onProved(proved.slot)) this.serve(now, out);
    return proved?.rivals;
  }

  /** Wants that this neighbor answered, and did not. */
  promisesOf(link: LinkId): Promises {
    return this.fetch.promisesOf(link);
  }

  /** What this link brought was new. */
  onGain(link: LinkId): void {
    this.fetch.onGain(link);
  }

  /** This neighbor has said that it has that rumor. */
  isOffered(link: LinkId, key: string, seq: number): boolean {
    return this.fetch.isOffered(link, key, seq);
  }

  /** A rumor whose predecessor is not here. */
  onGap(log: Log, seq: number, link: LinkId | undefined, now: Moment): void {
    this.holes.note(log, seq, link, now);
  }

  get deadlineMs(): number {
    return Math.min(
      this.holes.deadlineMs,
      this.fetch.deadlineMs,
      this.rounds.deadlineMs,
      this.serving.deadlineMs((link) => this.mayServe(link)),
    );
  }

  onDeadline(now: Moment, out: Outbox): void {
    const { lines, logs, fetch } = this;
    const isComing = (key: string, seq: number): boolean => this.verifier.isComing(key, seq);
    for (const link of this.holes.onDeadline(logs, fetch, [...lines.all], isComing, now, out)) {
      this.rounds.soon(link, now.nowMs);
    }
    fetch.onDeadline(now);
    this.rounds.onDeadline(logs, (link) => !isRouted(link) && lines.isWritable(link) && !fetch.isBusy(link), now, out);
    this.serve(now, out);
    this.pullAll(now, out);
  }

  /** Ask a neighbor for what it offered, unless the verifier has its hands full. */
  pull(link: LinkId, now: Moment, out: Outbox): void {
    this.backlog.onProgress(this.logs, () => this.fetch.missing(), now, out);
    if (this.verifier.isBusy()) return;
    if (this.fetch.ask(link, () => this.rounds.naming(link, this.logs), now, out) === "drained") {
      this.rounds.soon(link, now.nowMs + this.foundation.random.jitter(CONFIRM_MS));
      this.rounds.onNews(now);
    }
  }

  pullAll(now: Moment, out: Outbox): void {
    for (const link of this.lines.all) this.pull(link, now, out);
  }

  private isWritable(link: LinkId): boolean {
    return isRouted(link) || this.lines.isWritable(link);
  }

  private mayServe(link: LinkId): boolean {
    return isRouted(link) || this.lines.mayServe(link);
  }

  private serve(now: Moment, out: Outbox): void {
    const { lines } = this;
    lines.onMoment(now);
    const frame = (link: LinkId, answer: RumorFrame | SegmentFrame, bytes: number): void => {
      // Along a route there is a budget, and nothing that waits.
      if (isRouted(link)) out.frame(link, answer, "repair");
      else lines.answer(link, answer, bytes, out);
    };
    const left = (link: LinkId): number => this.verifier.leftFor(link);
    const prove = (log: Log, seq: number): void => this.proofs.begin(log, seq, out);
    this.serving.serve(this.logs, (link) => this.mayServe(link), left, now, { frame, prove });
  }
}
