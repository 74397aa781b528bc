/**
 * Catching up by segments. What a neighbor answers with is believed from the newest rumor down: its signature is checked, or
 * one that is held names it, and all before it are named by what comes after them (`repair/segments.ts`). So a history of
 * 50 000 rumors costs a signature for each want. Their own signatures are kept, and checked when they have to stand for
 * themselves (`repair/proofs.ts`); what is young is checked one by one as ever, for it is passed on at once.
 *
 * Who serves checks the signature where an answer begins. Further down a bad one is nobody's fault but the first server's.
 */
import { limits } from "../limits.ts";
import type { LinkId, Range, Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { SegmentFrame } from "../wire/frames.ts";
import type { Appending } from "./appending.ts";
import { clip } from "../repair/ranges.ts";
import { same } from "../repair/ids.ts";
import { isRouted } from "../types.ts";
import type { Log, Logs } from "../repair/logs.ts";
import { logKey, slotOf } from "../repair/logs.ts";
import { verifyOf } from "../repair/proofs.ts";
import { type Named, unfold } from "../repair/segments.ts";
import type { Repairing } from "./repairing.ts";
import type { Authors } from "../standing/authors.ts";
import type { Blame, Tally, Verdict } from "./rumors-state.ts";
import type { Arrival } from "../spreading/checking.ts";
import { flawIn } from "../spreading/flaws.ts";
import { YOUNG_MS } from "../spreading/spreading.ts";
import type { Validating } from "../spreading/validating.ts";

/** How far down a link's answer has come: the next segment may go on there. */
interface Run {
  readonly key: string;
  /** The number of what comes next, and its id. */
  readonly below: number;
  readonly prev: Uint8Array;
  /** The check of the signature on which it rests, while that is under way. */
  trial: Ref | undefined;
}

interface Piece {
  readonly hops: number;
  readonly named: readonly Named[];
}

/** Segments that wait for the signature of the newest rumor in the first of them. */
interface Trial {
  readonly link: LinkId;
  readonly key: string;
  /** An answer begins here: a bad signature is held against who sent it. */
  readonly isTop: boolean;
  readonly pieces: Piece[];
}

export interface CatchingUpState {
  readonly runs: Map<LinkId, Run>;
  readonly trials: Map<Ref, Trial>;
  /** What waits, and its body bytes. */
  rumors: number;
  bytes: number;
  /** Since the start: believed for their chain; signatures checked for that; those that were bad. */
  chained: number;
  verified: number;
  bad: number;
}

interface Rooms {
  readonly foundation: Foundation;
  readonly authors: Authors;
  readonly logs: Logs;
  readonly validating: Validating;
  readonly repairing: Repairing;
  readonly appending: Appending;
  readonly tally: Tally;
  /** One by one, as if they had come alone. */
  consider(link: LinkId, frame: Arrival, now: Moment, out: Outbox): Verdict;
}

export class CatchingUp {
  readonly state: CatchingUpState;
  private readonly rooms: Rooms;

  constructor(rooms: Rooms, state?: CatchingUpState) {
    this.rooms = rooms;
    this.state = state ?? { runs: new Map(), trials: new Map(), rumors: 0, bytes: 0, chained: 0, verified: 0, bad: 0 };
  }

  get isBusy(): boolean {
    return this.state.rumors >= limits.verifyingMax / 2 || this.state.bytes >= limits.verifyingBytesMax / 2;
  }

  /** Waits it here for a signature? */
  has(key: string, seq: number): boolean {
    for (const trial of this.state.trials.values()) {
      if (trial.key !== key) continue;
      for (const { named } of trial.pieces) {
        const { seq: first } = named[0]!.rumor.header;
        if (seq >= first && seq < first + named.length) return true;
      }
    }
    return false;
  }

  onLinkDown(link: LinkId): void {
    this.state.runs.delete(link);
  }

  onSegment(link: LinkId, frame: SegmentFrame, now: Moment, out: Outbox): Verdict {
    const { repairing, tally } = this.rooms;
    const { entries, first } = frame;
    tally.received += entries.length;
    const key = logKey(frame.log);
    const range: Range = [first, first + entries.length - 1];
    const { asked, top } = repairing.awaits(link, key, range);
    if (!asked) {
      tally.stale += entries.length;
      return "ok";
    }
    const verdict = this.consider(link, frame, key, top, now, out);
    repairing.onSegment(link, key, range, frame, now, out);
    return verdict;
  }

  /** `isTop`: here an answer begins. */
  private consider(link: LinkId, frame: SegmentFrame, key: string, isTop: boolean, now: Moment, out: Outbox): Verdict {
    const { foundation, authors, logs, tally, repairing } = this.rooms;
    const { self, config, hash } = foundation;
    const { log: id, hops, entries, first } = frame;
    const count = (reason: "past" | "refused" | "strange"): "ok" => {
      tally[reason] += entries.length;
      return "ok";
    };
    if (id.author === self && id.incarnation === config.incarnation) return count("strange");
    const place = logs.place(id, first + entries.length - 1, 0);
    if (place !== "open") return count(place === "past" ? "past" : "refused");
    const named = unfold(frame, hash, config.meshId);
    for (const { rumor } of named) {
      const flaw = flawIn(rumor);
      if (flaw !== undefined) return flaw;
    }
    const top = named.at(-1)!;
    if (id.author !== self && !authors.isAdmitted(id.author)) {
      // One is enough to ask for what admits its author: the others are fetched again.
      return this.rooms.consider(link, arrival(top, hops, isTop ? undefined : "served"), now, out);
    }
    if (named.some(({ rumor }) => rumor.header.timeMs > now.meshMs + limits.skewMs)) {
      for (const one of named) {
        this.rooms.consider(link, arrival(one, hops, isTop && one === top ? undefined : "served"), now, out);
      }
      return "ok";
    }
    const run = this.state.runs.get(link);
    const goesOn = run?.key === key && run.below === top.rumor.header.seq && same(run.prev, top.id);
    const log = logs.get(key);
    const trial = goesOn ? run.trial : undefined;
    const next = { key, below: first - 1, prev: frame.prev };
    const piece = { hops, named };
    if (trial === undefined && (goesOn || (log !== undefined && isNamed(log, top)))) {
      this.state.runs.set(link, { ...next, trial: undefined });
      this.take(link, piece, false, now, out);
      // So that somewhere in each answer a signature is known to be good, whoever is to be served from here.
      const taken = isTop ? logs.get(key) : undefined;
      if (taken?.held.get(top.rumor.header.seq)?.proof === "chain") repairing.prove(taken, top.rumor.header.seq, out);
      return "ok";
    }
    const bytes = bodyBytesOf(piece.named);
    if (this.state.rumors + named.length > limits.verifyingMax || this.state.bytes + bytes > limits.verifyingBytesMax) {
      this.state.runs.delete(link);
      return count("refused");
    }
    this.state.rumors += named.length;
    this.state.bytes += bytes;
    if (trial !== undefined) {
      this.state.trials.get(trial)!.pieces.push(piece);
      this.state.runs.set(link, { ...next, trial });
      return "ok";
    }
    const ref = out.ref();
    this.state.trials.set(ref, { link, key, isTop, pieces: [piece] });
    this.state.runs.set(link, { ...next, trial: ref });
    out.effect(verifyOf(ref, id.author, top.id, top.rumor.signature));
    return "ok";
  }

  /** `false` when the ref is not ours; blame when the signature was bad where it must not be. */
  onVerified(ref: Ref, ok: boolean, now: Moment, out: Outbox): boolean | Blame {
    const trial = this.state.trials.get(ref);
    if (trial === undefined) return false;
    const { link, pieces, isTop } = trial;
    this.state.trials.delete(ref);
    for (const piece of pieces) {
      this.state.rumors -= piece.named.length;
      this.state.bytes -= bodyBytesOf(piece.named);
    }
    const run = this.state.runs.get(link);
    if (run?.trial === ref) {
      if (ok) run.trial = undefined;
      else this.state.runs.delete(link);
    }
    if (!ok) {
      this.state.bad++;
      return isTop ? { link, what: "a rumor with a bad signature" } : true;
    }
    this.state.verified++;
    for (const [i, piece] of pieces.entries()) this.take(link, piece, i === 0, now, out);
    this.rooms.repairing.pull(link, now, out);
    return true;
  }

  /** These are their author's. `isChecked`: the signature of the newest was checked just now. */
  private take(link: LinkId, { hops, named }: Piece, isChecked: boolean, now: Moment, out: Outbox): void {
    const { authors, logs, validating, repairing, appending, tally } = this.rooms;
    const { header } = named[0]!.rumor;
    const { final } = logs.get(logKey(header))?.limit ?? authors.limitOf(header);
    const origin = { link: isRouted(link) ? undefined : link, hops, repair: true, knownBy: [link] };
    let hasFork = false;
    let gained = false;
    // What was checked itself goes on by itself, for it may have to be passed on.
    const chained = isChecked ? named.slice(0, -1) : named;
    const isPlain = this.isPlain(chained, final, now);
    if (isPlain && !authors.charge(header.author, bodyBytesOf(chained), chained.length))
      tally.refused += chained.length;
    else if (isPlain && appending.acceptRun(chained, hops, now, out)) {
      gained = true;
      this.state.chained += chained.length;
    }
    for (let i = isPlain ? chained.length : 0; i < named.length; i++) {
      const one = named[i]!;
      const { header } = one.rumor;
      const { seq } = header;
      const log = logs.get(logKey(header));
      if ((header.expiryMs !== 0 && header.expiryMs <= now.meshMs) || (log !== undefined && seq < log.low)) {
        tally.past++;
        continue;
      }
      if (seq > final || !authors.mayWrite(header)) {
        tally.forbidden++;
        continue;
      }
      const proof = isChecked && i === named.length - 1 ? "signature" : "chain";
      const held = log?.held.get(seq);
      if (held !== undefined && !same(held.id, one.id) && !hasFork) {
        // The lowest contested slot is where the log ends: both signatures are looked at, for evidence.
        hasFork = true;
        this.rooms.consider(link, arrival(one, hops, "proved"), now, out);
      } else if (
        held === undefined &&
        !authors.charge(header.author, one.rumor.body.length, Number(proof === "chain"))
      ) {
        tally.refused++;
      } else if (held === undefined && validating.isValidated(header.topic)) {
        const slot = slotOf(logKey(header), seq);
        validating.begin({ ...origin, link, ...one, slot, proof, others: [] }, now, out);
      } else if (held === undefined && proof === "chain" && header.timeMs > now.meshMs - YOUNG_MS) {
        this.rooms.consider(link, arrival(one, hops, "proved"), now, out);
      } else if (appending.accept(one, { ...origin, proof }, now, out)) {
        gained = true;
        if (proof === "chain") this.state.chained++;
      }
    }
    if (gained) repairing.onGain(link);
  }

  /** Are these old rumors that stand, of a topic that nobody validates, and is none of them held? */
  private isPlain(named: readonly Named[], final: number, { meshMs }: Moment): boolean {
    const { authors, logs, validating } = this.rooms;
    if (named.length === 0) return false;
    const { header: first } = named[0]!.rumor;
    const to = first.seq + named.length - 1;
    const log = logs.get(logKey(first));
    if (to > final || validating.isValidated(first.topic)) return false;
    if (log !== undefined && (first.seq < log.low || clip(log.ranges, first.seq, to).length > 0)) return false;
    let timeMs = 0;
    for (const { rumor } of named) {
      timeMs = Math.max(timeMs, rumor.header.timeMs);
      if (rumor.header.expiryMs !== 0 && rumor.header.expiryMs <= meshMs) return false;
    }
    // A role that lasts until the newest lasts for all of them.
    return timeMs <= meshMs - YOUNG_MS && authors.mayWrite({ author: first.author, timeMs });
  }
}

/** Does a rumor that is held name this one, or is it held itself? */
function isNamed(log: Log, { rumor, id }: Named): boolean {
  const { seq } = rumor.header;
  const [held, after] = [log.held.get(seq), log.held.get(seq + 1)];
  return (held !== undefined && same(held.id, id)) || (after !== undefined && same(after.rumor.header.prev, id));
}

function arrival({ rumor }: Named, hops: number, vouched: Arrival["vouched"]): Arrival {
  return { kind: "rumor", hops, repair: true, rumor, vouched };
}

function bodyBytesOf(named: readonly Named[]): number {
  return named.reduce((sum, { rumor }) => sum + rumor.body.length, 0);
}
