/**
 * Author logs: what one author wrote in one incarnation to one topic, in the manner of an append-only feed (Secure
 * Scuttlebutt), with retention by headers alone: `low` states the first rumor that its author still keeps, and whatever
 * lies below is forgotten by everyone alike.
 *
 * Order of arrival decides nothing. What a peer offers of a log is a function of the rumors that it has ever verified:
 * those at or above the greatest `low`, below the lowest contested slot. A slot is contested when its author signed two
 * rumors for it, or when its rumor does not name the one before it. What lies at or beyond is withdrawn: held, but
 * neither offered nor delivered, and it comes back should the author's `low` pass the contested slot. A revocation
 * ends a log in the same way (`limit.ts`), wherever that is lower.
 */
import { limits } from "../limits.ts";
import type { Fork, Hash, Head, LogId, PeerId, Range, Rumor } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { rumorId } from "../wire/statements.ts";
import { addId, newSum, tagOf } from "./fingerprint.ts";
import { compare, position, same } from "./ids.ts";
import { largestOf } from "./largest.ts";
import { endBy, NO_LIMIT, type Limit, type LimitOf } from "./limit.ts";
import { endOf, type Held, isVisible, type Log, logIdOf, logKey, type Proof } from "./log.ts";
import { clip, insert, insertAll, nth, remove, removeBelow, subtract } from "./ranges.ts";
import type { Named } from "./segments.ts";

export type { Held, Log, Proof } from "./log.ts";
export { endOf, isVisible, logIdOf, logKey, offered, slotOf } from "./log.ts";

export interface LogsState {
  readonly logs: Map<string, Log>;
  /** Keys of `logs` in order. */
  readonly keys: string[];
  /** Incarnations held of each author in each topic, ascending. */
  readonly incarnations: Map<string, number[]>;
  /** How many logs are held of each author. */
  readonly authors: Map<PeerId, number>;
  /** Evidence: two heads for one slot, each signed by its author. */
  readonly forks: Fork[];
  /** Logs that changed since fingerprints were last brought up to date, as they were then. */
  readonly changed: Map<string, Pick<Log, "tag" | "visible" | "sum">>;
  /** Logs with rumors that may still be unsettled. */
  readonly young: Set<string>;
  /** Counts logs that came or went. */
  turnover: number;
  rumors: number;
  bytes: number;
  /** What all that ever came takes on the wire, about. */
  added: number;
  sweptMs: number;
  sweepDueMs: number;
}

/** What became of a verified rumor. `proof`: it is the second for its slot, and the log is cut shorter by it. */
export type Appended =
  | { readonly outcome: "past" | "refused" | "duplicates"; readonly log: undefined }
  | { readonly outcome: "visible" | "withdrawn" | "proof"; readonly log: Log };

/** Header, signature and framing of a rumor. Measured: 180 to 220 B. */
export const WIRE_OVERHEAD_BYTES = 256;
/** Guess: expiry is a matter of minutes to days, so a second more does not count. */
const SWEEP_PERIOD_MS = 1_000;
/** Mesh time may be set right in between, so a far expiry is looked at anew this often. */
const SWEEP_PERIOD_MAX_MS = 60_000;

export class Logs {
  readonly state: LogsState;
  private readonly foundation: Foundation;
  private readonly limitOf: LimitOf;

  constructor(foundation: Foundation, state?: LogsState, limitOf: LimitOf = () => NO_LIMIT) {
    this.foundation = foundation;
    this.limitOf = limitOf;
    this.state = state ?? {
      logs: new Map(),
      keys: [],
      incarnations: new Map(),
      authors: new Map(),
      forks: [],
      changed: new Map(),
      young: new Set(),
      turnover: 0,
      added: 0,
      rumors: 0,
      bytes: 0,
      sweptMs: 0,
      sweepDueMs: Number.POSITIVE_INFINITY,
    };
  }

  get(key: string): Log | undefined {
    return this.state.logs.get(key);
  }

  /** A rumor that is held and offered. */
  find(key: string, seq: number): Rumor | undefined {
    const log = this.state.logs.get(key);
    const held = log !== undefined && isVisible(log, seq) ? log.held.get(seq) : undefined;
    return held?.mute === false ? held.rumor : undefined;
  }

  /** Of these ranges, what is not held and would be taken. */
  lacking(log: LogId, ranges: readonly Range[]): Range[] {
    const held = this.get(logKey(log));
    const to = Math.min(held?.limit.seq ?? this.limitOf(log).seq, Number.MAX_SAFE_INTEGER);
    if (held !== undefined) return subtract(clip(ranges, held.low, to), held.ranges);
    // Of a log that is new to us, only when there is room for whatever it may hold.
    return this.place(log, 1, limits.rumorBodyBytesMax) === "open" ? clip(ranges, 1, to) : [];
  }

  /** Bytes of the bodies held of a log. */
  bodyBytesOf({ bytes, held }: Log): number {
    return bytes - held.size * limits.heldOverheadBytes;
  }

  /** Is there a rumor in this slot? */
  holds(slot: LogId & { readonly seq: number }): boolean {
    return this.state.logs.get(logKey(slot))?.held.has(slot.seq) === true;
  }

  *inOrder(): Generator<Log> {
    for (const key of this.state.keys) yield this.state.logs.get(key)!;
  }

  ofTopic(topic: string): Log[] {
    return [...this.inOrder()].filter((log) => log.id.topic === topic);
  }

  /** Is there a place for this slot? `past`: forgotten by all, or of an old incarnation. `full`: our own limits. */
  place(slot: LogId, seq: number, bytes: number): "open" | "past" | "full" {
    const log = this.state.logs.get(logKey(slot));
    if (log !== undefined) return seq < log.low ? "past" : "open";
    if (this.isOwn(slot)) return "open";
    const siblings = this.state.incarnations.get(siblingsKey(slot)) ?? [];
    if (siblings.length >= limits.incarnationsMax && slot.incarnation < siblings[0]!) return "past";
    if (this.state.bytes + limits.heldOverheadBytes + bytes > limits.heldBytesMax) return "full";
    if ((this.state.authors.get(slot.author) ?? 0) >= limits.logsPerAuthorMax) return "full";
    if (this.state.logs.size >= limits.logsHeldMax && this.emptiest() === undefined) return "full";
    return "open";
  }

  /** Append a rumor that is proved to be its author's. Its log may now be due for `settle`. */
  append(
    rumor: Rumor,
    id: Uint8Array,
    hops: number,
    fresh: boolean,
    now: Moment,
    mute = false,
    proof: Proof = "signature",
  ): Appended {
    const { header } = rumor;
    const { seq } = header;
    const place = this.place(header, seq, rumor.body.length);
    if (place !== "open") return { outcome: place === "past" ? "past" : "refused", log: undefined };
    const log = this.state.logs.get(logKey(header)) ?? this.create(header);
    log.lowStated = Math.max(log.lowStated, header.low);
    const held = log.held.get(seq);
    if (held !== undefined) return this.contest(log, held, rumor, id, proof);

    log.held.set(seq, { rumor, proof, id, hops, fresh, mute, order: 0 });
    insert(log.ranges, seq);
    if (mute) insert(log.mute, seq);
    log.bytes += weightOf(rumor);
    this.state.bytes += weightOf(rumor);
    this.state.rumors++;
    this.state.added += rumor.body.length + WIRE_OVERHEAD_BYTES;
    if (header.expiryMs !== 0) {
      log.expiryMs = Math.min(log.expiryMs, header.expiryMs);
      this.sweepBy(header.expiryMs, now);
    }
    if (seq < log.cut) this.show(log, [seq, seq], 1);
    const before = log.held.get(seq - 1);
    if (before !== undefined && !same(before.id, header.prev)) this.cutAt(log, seq);
    const after = log.held.get(seq + 1);
    if (after !== undefined && !same(after.rumor.header.prev, id)) this.cutAt(log, seq + 1);
    if (seq === log.limit.seq) this.recut(log);
    return { outcome: seq < log.cut ? "visible" : "withdrawn", log };
  }

  /**
   * Append rumors in a row, each named by the next one and the last by what is believed, where nothing is held yet from the
   * first to the last: what `append` would do, from the oldest on. Undefined when there is no place for them.
   */
  appendRun(named: readonly Named[], hops: number, now: Moment): Log | undefined {
    const [{ header: first }, bytes] = [named[0]!.rumor, named.reduce((sum, { rumor }) => sum + weightOf(rumor), 0)];
    if (this.place(first, first.seq, bytes) !== "open") return undefined;
    const log = this.state.logs.get(logKey(first)) ?? this.create(first);
    for (const { rumor, id } of named) {
      const { seq, low, expiryMs } = rumor.header;
      log.held.set(seq, { rumor, proof: "chain", id, hops, fresh: false, mute: false, order: 0 });
      if (low > log.lowStated) log.lowStated = low;
      if (expiryMs !== 0) {
        log.expiryMs = Math.min(log.expiryMs, expiryMs);
        this.sweepBy(expiryMs, now);
      }
      this.state.added += rumor.body.length + WIRE_OVERHEAD_BYTES;
    }
    const run: Range = [first.seq, first.seq + named.length - 1];
    insertAll(log.ranges, run);
    log.bytes += bytes;
    this.state.bytes += bytes;
    this.state.rumors += named.length;
    this.show(log, [run[0], Math.min(run[1], log.cut - 1)], 1);
    const [before, after] = [log.held.get(run[0] - 1), log.held.get(run[1] + 1)];
    if (before !== undefined && !same(before.id, first.prev)) this.cutAt(log, run[0]);
    if (after !== undefined && !same(after.rumor.header.prev, named.at(-1)!.id)) this.cutAt(log, run[1] + 1);
    if (log.limit.seq >= run[0] && log.limit.seq <= run[1]) this.recut(log);
    return log;
  }

  /**
   * Forget everything below `low`. Returns the rumors that became visible by it, when the contested slot that hid them
   * is among what is forgotten.
   */
  forgetBelow(log: Log, low: number, out: Outbox): readonly Held[] {
    if (low <= log.low) return [];
    for (const [from, to] of clip(log.ranges, log.low, low - 1)) {
      for (let seq = from; seq <= to; seq++) this.take(log, seq);
    }
    removeBelow(log.ranges, low);
    log.low = low;
    // A fork that was restored contests a slot of which nothing is held.
    for (const seq of log.contested) if (seq < low) log.contested.delete(seq);
    for (const seq of log.rivals.keys()) if (seq < low) log.rivals.delete(seq);
    out.effect({ kind: "forget", ...log.id, below: low });
    return this.recut(log);
  }

  /** The part of a log that its author, or our limits, say is to go: everything below the result. */
  lowDue(log: Log): number {
    let low = Math.max(log.low, log.lowStated);
    const over = log.held.size - limits.rumorsPerLogMax;
    if (over > 0) low = Math.max(low, nth(log.ranges, over));
    return low;
  }

  /** While too much is held: the largest log of whose author most is held, and below which of its rumors it has to shrink. */
  excess(): { readonly log: Log; readonly low: number } | undefined {
    const { state } = this;
    if (state.bytes <= limits.heldBytesMax) return undefined;
    const largest = largestOf(state.logs.values());
    if (largest === undefined) return undefined;
    let spared = 0;
    for (const [from, to] of largest.ranges) {
      for (let seq = from; seq <= to; seq++) {
        spared += weightOf(largest.held.get(seq)!.rumor);
        if (state.bytes - spared <= limits.heldBytesMax) return { log: largest, low: seq + 1 };
      }
    }
    return { log: largest, low: endOf(largest) };
  }

  /** Logs of incarnations beyond the newest few of this one's author and topic, which are to be dropped. */
  superseded(log: Log): readonly Log[] {
    const siblings = this.state.incarnations.get(siblingsKey(log.id))!;
    return siblings
      .slice(0, -limits.incarnationsMax)
      .map((incarnation) => this.state.logs.get(logKey({ ...log.id, incarnation }))!)
      .filter(({ id }) => !this.isOwn(id));
  }

  /** Drop a log with everything in it. */
  drop(log: Log, out: Outbox): void {
    this.forgetBelow(log, endOf(log), out);
    this.remove(log);
  }

  /** Take out what has expired. Returns the logs that changed, with what became visible. */
  sweep(now: Moment, out: Outbox): readonly { readonly log: Log; readonly revealed: readonly Held[] }[] {
    const { state } = this;
    if (now.nowMs < state.sweepDueMs) return [];
    state.sweptMs = now.nowMs;
    state.sweepDueMs = Number.POSITIVE_INFINITY;
    const changed: { log: Log; revealed: readonly Held[] }[] = [];
    for (const log of state.logs.values()) {
      if (log.expiryMs <= now.meshMs) changed.push({ log, revealed: this.expire(log, now.meshMs, out) });
      if (log.expiryMs !== Number.POSITIVE_INFINITY) this.sweepBy(log.expiryMs, now);
    }
    return changed;
  }

  private expire(log: Log, meshMs: number, out: Outbox): readonly Held[] {
    let low = log.low;
    log.expiryMs = Number.POSITIVE_INFINITY;
    for (const seq of [...log.held.keys()].toSorted((a, b) => a - b)) {
      const { expiryMs } = log.held.get(seq)!.rumor.header;
      if (expiryMs === 0) continue;
      if (expiryMs > meshMs) {
        log.expiryMs = Math.min(log.expiryMs, expiryMs);
        continue;
      }
      // An honest author's rumors expire in order, so that what goes is a prefix.
      if (log.ranges[0]![0] === seq) low = seq + 1;
      this.take(log, seq);
      remove(log.ranges, seq);
    }
    const revealed = this.forgetBelow(log, low, out);
    return [...revealed, ...this.recut(log)];
  }

  private create(id: LogId): Log {
    const { state } = this;
    const empty = state.logs.size >= limits.logsHeldMax ? this.emptiest() : undefined;
    if (empty !== undefined) this.remove(empty);
    const { author, incarnation } = id;
    const key = logKey(id);
    const limit = this.limitOf(id);
    const log: Log = {
      id: logIdOf(id),
      key,
      tag: tagOf(this.foundation.hash, key),
      low: 1,
      lowStated: 1,
      cut: endBy(limit, undefined),
      limit,
      contested: new Set(),
      rivals: new Map(),
      held: new Map(),
      ranges: [],
      mute: [],
      bytes: 0,
      visible: 0,
      sum: newSum(),
      newestMs: 0,
      expiryMs: Number.POSITIVE_INFINITY,
      cursor: undefined,
    };
    state.logs.set(key, log);
    state.turnover++;
    state.keys.splice(position(state.keys, key), 0, key);
    state.authors.set(author, (state.authors.get(author) ?? 0) + 1);
    const family = siblingsKey(id);
    const siblings = state.incarnations.get(family) ?? [];
    state.incarnations.set(
      family,
      [...siblings, incarnation].toSorted((a, b) => a - b),
    );
    return log;
  }

  /** What we write now has always a place. */
  private isOwn({ author, incarnation }: LogId): boolean {
    return author === this.foundation.self && incarnation === this.foundation.config.incarnation;
  }

  private remove(log: Log): void {
    const { state } = this;
    state.logs.delete(log.key);
    state.young.delete(log.key);
    state.turnover++;
    state.keys.splice(position(state.keys, log.key), 1);
    const logs = state.authors.get(log.id.author)! - 1;
    if (logs > 0) state.authors.set(log.id.author, logs);
    else state.authors.delete(log.id.author);
    const family = siblingsKey(log.id);
    const siblings = state.incarnations.get(family)!.filter((incarnation) => incarnation !== log.id.incarnation);
    if (siblings.length > 0) state.incarnations.set(family, siblings);
    else state.incarnations.delete(family);
  }

  /** A log of which nothing is left; it stood only to remember its `low`. */
  private emptiest(): Log | undefined {
    for (const log of this.state.logs.values()) if (log.held.size === 0) return log;
    return undefined;
  }

  /** Where a log ends by what is proved so far, and how many forks are known: what `append` may change. */
  contestedIn(log: LogId): { readonly cut: number; readonly forks: number } {
    const cut = this.get(logKey(log))?.cut ?? endBy(this.limitOf(log), undefined);
    return { cut, forks: this.state.forks.length };
  }

  /** Of a convict's slots that nobody holds there is no end: after some of them, others' evidence counts for those that are held. */
  mayContest(slot: LogId & { readonly seq: number }): boolean {
    const log = this.get(logKey(slot));
    return log === undefined || log.rivals.size < limits.rivalsMax || log.held.has(slot.seq);
  }

  /** A fork that an earlier run, or somebody else, found. Returns its log, cut; undefined when it has no place any more. */
  restoreFork(fork: Fork): Log | undefined {
    const { header } = fork.a;
    if (this.place(header, header.seq, 0) !== "open") return undefined;
    const log = this.get(logKey(header)) ?? this.create(header);
    // As if both rumors had come.
    log.lowStated = Math.max(log.lowStated, header.low, fork.b.header.low);
    if (log.rivals.has(header.seq)) return log;
    if (this.state.forks.length < limits.forksMax) this.state.forks.push(fork);
    const held = log.held.get(header.seq);
    const [a, b] = [fork.a, fork.b].map((head) => this.idOf(head));
    log.rivals.set(header.seq, held !== undefined && same(held.id, b!) ? a! : b!);
    this.cutAt(log, header.seq);
    return log;
  }

  private idOf({ header, bodyHash }: Head): Uint8Array {
    const { hash, config } = this.foundation;
    return rumorId(hash, config.meshId, header, bodyHash);
  }

  /** Evidence takes two good signatures; without them the slot is contested all the same, for both are its author's. */
  private contest(log: Log, held: Held, rumor: Rumor, id: Uint8Array, proof: Proof): Appended {
    const { seq } = rumor.header;
    if (same(held.id, id)) {
      if (proof === "signature") Object.assign(held, { rumor, proof });
      return { outcome: "duplicates", log: undefined };
    }
    // A third rumor for the slot proves nothing new; of it only the `low` counts.
    if (log.rivals.has(seq)) return { outcome: "withdrawn", log };
    log.rivals.set(seq, id);
    const isEvidence = held.proof === "signature" && proof === "signature";
    if (isEvidence && this.state.forks.length < limits.forksMax) {
      const heads = [headOf(held.rumor, this.foundation.hash), headOf(rumor, this.foundation.hash)];
      const [a, b] = compare(held.id, id) < 0 ? heads : heads.toReversed();
      this.state.forks.push({ a: a!, b: b! });
    }
    const shorter = seq < log.cut;
    this.cutAt(log, seq);
    return { outcome: shorter && isEvidence ? "proof" : "withdrawn", log };
  }

  private cutAt(log: Log, seq: number): void {
    log.contested.add(seq);
    this.recut(log);
  }

  /** Others say where this log ends, or no longer. Returns what became visible by it. */
  limit(log: Log, limit: Limit): readonly Held[] {
    log.limit = limit;
    return this.recut(log);
  }

  /** What ends a log came or went: set right what of it is visible, and return what became so. */
  private recut(log: Log): readonly Held[] {
    const before = log.cut;
    let cut = endBy(log.limit, log.held.get(log.limit.seq));
    for (const seq of log.contested) cut = Math.min(cut, seq);
    log.cut = cut;
    const revealed: Held[] = [];
    for (const [from, to] of clip(log.ranges, Math.min(cut, before), Math.max(cut, before) - 1)) {
      this.show(log, [from, to], cut > before ? 1 : -1);
      for (let seq = from; seq <= to && cut > before; seq++) revealed.push(log.held.get(seq)!);
    }
    return revealed;
  }

  /** Take one rumor out; `ranges` and `cut` are its callers' to set right. */
  private take(log: Log, seq: number): void {
    const held = log.held.get(seq)!;
    if (seq < log.cut) this.show(log, [seq, seq], -1);
    log.held.delete(seq);
    if (held.mute) remove(log.mute, seq);
    log.bytes -= weightOf(held.rumor);
    this.state.bytes -= weightOf(held.rumor);
    this.state.rumors--;
    log.rivals.delete(seq);
    log.contested.delete(seq);
    // With this rumor gone nobody can tell any more that the next one does not follow it.
    if (!log.rivals.has(seq + 1)) log.contested.delete(seq + 1);
  }

  /** These are held, and visible from now on, or no longer. */
  private show(log: Log, [from, to]: Range, sign: 1 | -1): void {
    if (from > to) return;
    const { changed, young } = this.state;
    if (!changed.has(log.key)) changed.set(log.key, { tag: log.tag, visible: log.visible, sum: log.sum.slice() });
    young.add(log.key);
    log.visible += sign * (to - from + 1);
    for (let seq = from; seq <= to; seq++) {
      const { rumor, id } = log.held.get(seq)!;
      addId(log.sum, id, sign);
      if (rumor.header.timeMs > log.newestMs) log.newestMs = rumor.header.timeMs;
    }
  }

  private sweepBy(expiryMs: number, now: Moment): void {
    const waitMs = Math.min(expiryMs - now.meshMs, SWEEP_PERIOD_MAX_MS);
    const dueMs = Math.max(now.nowMs + waitMs, this.state.sweptMs + SWEEP_PERIOD_MS);
    this.state.sweepDueMs = Math.min(this.state.sweepDueMs, dueMs);
  }
}

function siblingsKey(log: LogId): string {
  return `${log.author}/${log.topic}`;
}

function weightOf(rumor: Rumor): number {
  return rumor.body.length + limits.heldOverheadBytes;
}

function headOf(rumor: Rumor, hash: Hash): Head {
  return { header: rumor.header, bodyHash: hash(rumor.body), signature: rumor.signature };
}
