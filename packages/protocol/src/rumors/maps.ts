/**
 * Replicated maps: from a neighbor's frame, or our own pen, to the set of entries, to the other neighbors and to the
 * application. Composes the rooms of `state/` with those that rumors share: entries are spread and verified as rumors
 * are, but stand in no log, and what has lost is neither kept nor passed on.
 */
import { forgetOldest } from "./oldest.ts";
import type { Promises } from "../spreading/missing.ts";
import { limits } from "../limits.ts";
import { isRouted, type Fork, type Header, type LinkId, type PeerId, type Ref, type Rumor } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { KeptRumor } from "../runs/storage.ts";
import type { ClockState } from "../repair/hybrid-clock.ts";
import { witness } from "../repair/hybrid-clock.ts";
import { compare } from "../repair/ids.ts";
import type { Written } from "../repair/heads.ts";
import { logKey, slotOf } from "../repair/logs.ts";
import { costOf } from "../repair/serving.ts";
import { onward } from "../wire/onward.ts";
import type { Authors } from "../standing/authors.ts";
import type { CheckingState, Check } from "../spreading/checking.ts";
import { Checking } from "../spreading/checking.ts";
import type { ParkingState } from "../spreading/parking.ts";
import { Parking } from "../spreading/parking.ts";
import type { Spreading } from "../spreading/spreading.ts";
import type { Accepted, Origin } from "../spreading/strategy.ts";
import type { EntriesState } from "../state/entries.ts";
import { Entries } from "../state/entries.ts";
import type { EntryFlaw, Held } from "../state/entry.ts";
import { KEY_DIGITS, flawInEntry, headOf, nameOf, writeOf } from "../state/entry.ts";
import type { MapLines, MapRoundsState } from "../state/map-rounds.ts";
import { MapRounds } from "../state/map-rounds.ts";
import type { OwnEntriesState, Write } from "../state/own-entries.ts";
import { OwnEntries } from "../state/own-entries.ts";
import type { MapFrame, RumorFrame } from "../wire/frames.ts";
import { rumorId } from "../wire/statements.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";

/** Entries that came and went no further, by the reason. */
export interface MapTally {
  received: number;
  duplicates: number;
  /** Newer ones of their keys stand, or stood until they ended. */
  older: number;
  /** Of an author that may not write, or whose entries are withdrawn. */
  forbidden: number;
  /** Over a limit of ours. */
  refused: number;
  /** In our name, but not ours; of another version. */
  strange: number;
}

export interface MapsState {
  readonly entries: EntriesState;
  readonly own: OwnEntriesState;
  readonly rounds: MapRoundsState;
  readonly checking: CheckingState;
  readonly parking: ParkingState;
  /** Writes that were accepted lately, and their ids; oldest first. */
  readonly seen: Map<string, Uint8Array>;
  readonly tally: MapTally;
}

/** For stats. Sizes in bytes, the rest in entries. */
export interface MapCounts extends Readonly<MapTally> {
  /** Keys under which something stands, deletions that have not ended yet included. */
  readonly keys: number;
  readonly bytes: number;
  /** Ended, and remembered. */
  readonly dormant: number;
  /** Authors whose entries are withdrawn. */
  readonly withdrawn: number;
  readonly parked: number;
  readonly rounds: number;
  readonly differed: number;
  readonly served: number;
}

/** What stands under a key. */
export interface MapEntry {
  readonly key: string;
  readonly rumor: Rumor;
  readonly id: Uint8Array;
}

/** `"ok"`, or what the neighbor did that no honest one does. */
type MapVerdict = "ok" | EntryFlaw;

const OURS: Origin = { link: undefined, hops: 0, repair: false, knownBy: [] };

export class Maps {
  readonly state: MapsState;
  private readonly foundation: Foundation;
  private readonly authors: Authors;
  private readonly spreading: Spreading;
  private readonly clock: ClockState;
  private readonly entries: Entries;
  private readonly own: OwnEntries;
  private readonly rounds: MapRounds;
  private readonly checking: Checking;
  private readonly parking: Parking;
  /** Within one input. */
  private readonly found: Fork[] = [];

  /** `clock`: that of all that this peer writes. */
  constructor(foundation: Foundation, authors: Authors, spreading: Spreading, clock: ClockState, state?: MapsState) {
    this.foundation = foundation;
    this.authors = authors;
    this.spreading = spreading;
    this.clock = clock;
    this.entries = new Entries(foundation, state?.entries);
    this.own = new OwnEntries(foundation, clock, state?.own);
    this.rounds = new MapRounds(foundation, state?.rounds);
    this.checking = new Checking(state?.checking);
    this.parking = new Parking(state?.parking);
    this.state = {
      entries: this.entries.state,
      own: this.own.state,
      rounds: this.rounds.state,
      checking: this.checking.state,
      parking: this.parking.state,
      seen: state?.seen ?? new Map(),
      tally: state?.tally ?? { received: 0, duplicates: 0, older: 0, forbidden: 0, refused: 0, strange: 0 },
    };
  }

  // --- links ------------------------------------------------------------------------------------------------------

  /** An authenticated neighbor; what both hold is compared at once. */
  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    this.rounds.onLinkUp(link, peer, now);
  }

  /** A peer at the end of a route: compared with once. */
  onRoutedUp(link: LinkId, ours: boolean, now: Moment, out: Outbox): void {
    this.rounds.onRoutedUp(link, ours, this.entries, now, out);
  }

  onLinkDown(link: LinkId): void {
    this.rounds.onLinkDown(link);
    this.parking.onLinkDown(link);
  }

  /** What became of the entries that this neighbor said it has, and was asked for. */
  promisesOf(link: LinkId): Promises {
    return this.rounds.promisesOf(link);
  }

  /** True when this neighbor and we hold the same. */
  onFrame(link: LinkId, frame: MapFrame, now: Moment, out: Outbox): boolean {
    if (frame.kind === "mapDigest") {
      return this.rounds.onDigest(link, frame, this.entries, this.lines(out), now, out);
    }
    this.rounds.onWant(link, frame, this.entries, this.lines(out), now);
    return false;
  }

  // --- the way of an entry ----------------------------------------------------------------------------------------

  /** From a neighbor to the `verify` effect: the cheap checks, cheapest first. */
  onRumor(link: LinkId, frame: RumorFrame, now: Moment, out: Outbox): MapVerdict {
    const { rumor } = frame;
    const { header } = rumor;
    this.state.tally.received++;
    if (frame.repair) this.rounds.onArrival(link, this.entries, now, out);
    if (header.version !== RUMOR_VERSION) return this.count("strange");
    const flaw = flawInEntry(rumor);
    if (flaw !== undefined) return flaw;
    const slot = writeOf(header);
    if (this.checking.isCopy(link, frame, slot)) return this.onDuplicate(link, frame, slot, now, out);
    switch (this.entries.judge(rumor, now.meshMs)) {
      case "duplicate":
        return this.onDuplicate(link, frame, slot, now, out, this.entries.byWrite(slot)?.id);
      case "older": {
        // Replaced meanwhile, and a copy too many all the same: else a key that is written often would always be flooded.
        const seen = this.state.seen.get(slot);
        return seen === undefined ? this.count("older") : this.onDuplicate(link, frame, slot, now, out, seen);
      }
      case "ended":
        return this.count("older");
      case "buried":
        this.answerBuried(link, frame, out);
        return this.count("older");
      case "withdrawn":
        this.answerWithdrawn(link, frame, out);
        return this.count("forbidden");
      case "full":
        return this.count("refused");
      case "newer":
      case "spare":
      case "end":
      case "contest":
        return this.consider(link, frame, slot, now, out);
    }
  }

  private consider(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox): "ok" {
    const { rumor } = frame;
    const { header } = rumor;
    const { self, hash, config } = this.foundation;
    const isOwn = header.author === self && header.incarnation === config.incarnation;
    if (isOwn && this.entries.byWrite(slot) === undefined) return this.count("strange");
    if (header.timeMs > now.meshMs + limits.skewMs) {
      this.parking.park(link, frame, slot, "future", now);
      return "ok";
    }
    if (header.author !== self && !this.authors.isAdmitted(header.author)) {
      this.parking.park(link, frame, slot, "author", now);
      if (this.parking.countOf(header.author) > 0 && this.parking.ask(header.author, link)) {
        out.frame(link, { kind: "credentialsWant", peers: [header.author] }, "control");
      }
      return "ok";
    }
    if (!this.stands(header)) return this.count("forbidden");
    const id = rumorId(hash, config.meshId, header, hash(rumor.body));
    if (this.checking.begin(link, frame, slot, id, out) === "duplicate") {
      return this.onDuplicate(link, frame, slot, now, out);
    }
    return "ok";
  }

  /** `id`: of what was accepted; undefined while it is being verified. */
  private onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox, id?: Uint8Array): "ok" {
    if (!isRouted(link)) this.spreading.onDuplicate(link, frame, slot, now, out, id);
    return this.count("duplicates");
  }

  /** Whoever offers what was ended later is told so; else a deletion that some have forgotten would be undone. */
  private answerBuried(link: LinkId, { rumor, repair }: RumorFrame, out: Outbox): void {
    const buried = this.entries.dormantAt(nameOf(rumor.header));
    if (!repair || buried === undefined) return;
    this.lines(out).answer(link, onward({ rumor: buried.rumor, hops: buried.hops, repair: true }));
  }

  /** Whoever offers entries of an author that is proved to have lied has not heard of the proof. */
  private answerWithdrawn(link: LinkId, { rumor, repair }: RumorFrame, out: Outbox): void {
    const proof = this.entries.proofAgainst(rumor.header.author);
    if (!repair || proof === undefined) return;
    out.frame(link, { kind: "evidence", evidence: { kind: "fork", ...proof } }, "control");
  }

  /** `false` when the ref is not ours; blame when the signature was bad. */
  onVerified(ref: Ref, ok: boolean, now: Moment, out: Outbox): boolean | { link: LinkId; what: string } {
    const verified = this.checking.onVerified(ref, ok, out);
    if (verified === undefined) return false;
    if (!verified.ok) return { link: verified.check.link, what: "an entry with a bad signature" };
    const { check } = verified;
    this.accept({ rumor: check.rumor, id: check.id, hops: check.hops }, check, now, out);
    return true;
  }

  /** An entry that is proved to be its author's. */
  private accept(held: Held, origin: Origin | Check, now: Moment, out: Outbox): void {
    const { rumor, id } = held;
    const { header } = rumor;
    const prospect = this.entries.judge(rumor, now.meshMs);
    if (prospect === "contest") return this.contest(held, origin, now, out);
    if (prospect !== "newer" && prospect !== "spare" && prospect !== "end") return void this.count("older");
    witness(this.clock, header, now.meshMs);
    this.entries.insert(held, now);
    this.see(writeOf(header), id);
    if (origin.repair && origin.link !== undefined) this.rounds.onGain(origin.link, now);
    const accepted = this.accepted(held, origin);
    if (prospect === "newer") {
      this.spreading.onAccepted(accepted, now, out);
    } else this.spreading.onMute(accepted, now);
    // What has ended already is kept all the same: it is to outlive this run.
    if (prospect === "end") out.effect({ kind: "persistEntry", rumor, id, hops: held.hops });
    this.tell(out);
  }

  /** A second entry of one number proves that its author tells two stories. Whoever has the first learns it so. */
  private contest(held: Held, origin: Origin, now: Moment, out: Outbox): void {
    const first = this.entries.byWrite(writeOf(held.rumor.header))!;
    // The same entry under another signature proves nothing.
    if (compare(first.id, held.id) === 0) return void this.count("duplicates");
    const heads = [first, held].map(({ rumor }) => headOf(rumor, this.foundation.hash));
    const [a, b] = compare(first.id, held.id) < 0 ? heads : heads.toReversed();
    const fork = { a: a!, b: b! };
    this.onFork(fork, out);
    this.found.push(fork);
    this.spreading.onAccepted(this.accepted(held, origin), now, out);
  }

  private accepted({ rumor, id }: Held, origin: Origin): Accepted {
    const key = logKey(rumor.header);
    // Spreading knows of neighbors only.
    const link = origin.link === undefined || isRouted(origin.link) ? undefined : origin.link;
    return { ...origin, link, rumor, id, key, slot: slotOf(key, rumor.header.seq), knows: () => false };
  }

  private see(write: string, id: Uint8Array): void {
    const { seen } = this.state;
    seen.set(write, id);
    forgetOldest(seen, limits.writesSeenMax);
  }

  /** The author of parked entries was found to be admitted. */
  onAdmitted(author: PeerId, now: Moment, out: Outbox): void {
    for (const { link, frame } of this.parking.onAdmitted(author)) this.onRumor(link, frame, now, out);
  }

  // --- our own ----------------------------------------------------------------------------------------------------

  /** Write an entry; the event `published` follows once it is signed, stored and queued. */
  onWrite(command: Write, now: Moment, out: Outbox): void {
    this.own.write(command, this.entries.lastAt(command.key + command.map), now, out);
  }

  /** Another key writes from now on; what the old one has not signed it writes anew. */
  onRekey(now: Moment, out: Outbox): void {
    for (const write of this.own.rekey()) this.onWrite(write, now, out);
  }

  /** False when the ref is not ours. */
  onSigned(sign: Ref, signature: Uint8Array, now: Moment, out: Outbox): boolean {
    const signed = this.own.onSigned(sign, signature);
    if (signed === undefined) return false;
    const { ref, rumor, id } = signed;
    this.accept({ rumor, id, hops: 0 }, OURS, now, out);
    out.effect({ kind: "emit", event: { type: "published", ref, id, seq: rumor.header.seq } });
    return true;
  }

  // --- what earlier runs kept, and what is proved -----------------------------------------------------------------

  /** What has no place any more is forgotten; nobody is told of the rest. */
  onRestored(entries: readonly KeptRumor[], now: Moment, out: Outbox): void {
    for (const held of entries) {
      if (!this.entries.restore(held, now)) out.effect({ kind: "forgetEntry", rumor: held.rumor });
      else witness(this.clock, held.rumor.header, now.meshMs);
    }
    const { gone } = this.entries.takeChanges();
    for (const { rumor } of gone) out.effect({ kind: "forgetEntry", rumor });
  }

  /** Would it withdraw anything? Asked before its signatures are checked. */
  isForkNews({ a }: Fork): boolean {
    return this.entries.proofAgainst(a.header.author) === undefined;
  }

  /** Two statements for one slot of a log or a map are proved: nothing that their author wrote to maps stands. */
  onFork(fork: Fork, out: Outbox): boolean {
    const isNews = this.entries.withdraw(fork);
    if (isNews) out.effect({ kind: "persistFork", fork });
    this.tell(out);
    return isNews;
  }

  /** What this author may write has changed: what it may not have written goes. */
  onStanding(author: PeerId, out: Outbox): void {
    this.entries.drop(author, (header: Header) => !this.stands(header));
    this.tell(out);
  }

  /** Somebody was revoked: of its entries those stand that it wrote before the named ones, run by run and map by map. */
  onLimits(out: Outbox): void {
    for (const author of [...this.state.entries.authors.keys()]) this.onStanding(author, out);
  }

  /** May it stand, by its author's role, and as far as its author was not revoked? */
  private stands(header: Header): boolean {
    return this.authors.mayWrite(header) && header.seq <= this.authors.limitOf(header).seq;
  }

  /** Would an entry with this header stand now, if its signature and nothing newer stood beside it? For claims of others. */
  mayStand(header: Header, { meshMs }: Moment): boolean {
    const { author, timeMs, expiryMs } = header;
    if (timeMs > meshMs + limits.skewMs || (expiryMs !== 0 && expiryMs <= meshMs)) return false;
    const isKnown = author === this.foundation.self || this.authors.isAdmitted(author);
    return isKnown && this.stands(header) && this.entries.proofAgainst(author) === undefined;
  }

  /** What is held of these authors, in the order of their numbers. */
  written(isMeant: (author: PeerId) => boolean): Written[] {
    return [...this.state.entries.entries.values()]
      .flat()
      .map(({ rumor: { header }, id }) => ({ header, id }))
      .filter(({ header }) => isMeant(header.author))
      .toSorted((a, b) => a.header.seq - b.header.seq);
  }

  /** Forks that were found since the last time: evidence, to be told. */
  takeForks(): readonly Fork[] {
    return this.found.splice(0);
  }

  // --- time -------------------------------------------------------------------------------------------------------

  get deadlineMs(): number {
    return Math.min(this.entries.state.sweepDueMs, this.parking.deadlineMs, this.rounds.deadlineMs);
  }

  onDeadline(now: Moment, out: Outbox): void {
    this.entries.sweep(now);
    this.tell(out);
    for (const { link, frame } of this.parking.onDeadline(now)) this.onRumor(link, frame, now, out);
    this.rounds.onDeadline(this.entries, this.lines(out), now, out);
  }

  // --- what is held -----------------------------------------------------------------------------------------------

  /** A write that is held, by its log and number: for whoever is asked for it again. */
  find(key: string, seq: number): Rumor | undefined {
    return this.entries.byWrite(slotOf(key, seq))?.rumor;
  }

  /** Ids of entries that are being verified. */
  verifying(): Iterable<Uint8Array> {
    return this.checking.ids();
  }

  /** Everything that stands in a map, deletions that have not ended yet included. */
  entriesOf(map: string): MapEntry[] {
    const found: MapEntry[] = [];
    for (const [name, [held]] of this.entries.state.entries) {
      if (name.endsWith(map)) found.push({ ...held!, key: name.slice(0, KEY_DIGITS) });
    }
    return found;
  }

  entryAt(map: string, key: string): MapEntry | undefined {
    const held = this.entries.get(key + map);
    return held && { ...held, key };
  }

  /** 32 bytes over all that stands in a map, or in all of them: equal at two peers exactly when the same stands there. */
  digest(map = ""): Uint8Array {
    const names = [...this.entries.state.entries.keys()].filter((name) => name.endsWith(map)).toSorted();
    const bytes = new Uint8Array(32 * names.length);
    for (const [at, name] of names.entries()) bytes.set(this.entries.get(name)!.id, 32 * at);
    return this.foundation.hash(bytes);
  }

  counts(): MapCounts {
    const { entries, rounds, parking, tally } = this.state;
    const { served, differed } = rounds;
    return {
      ...tally,
      keys: entries.entries.size,
      bytes: entries.bytes,
      dormant: entries.dormant.size,
      withdrawn: entries.withdrawn.size,
      parked: parking.parked.size,
      rounds: rounds.rounds,
      differed,
      served,
    };
  }

  /** The application, and what keeps entries, hear what changed. */
  private tell(out: Outbox): void {
    const { changes, gone } = this.entries.takeChanges();
    for (const { after } of changes) if (after !== undefined) out.effect({ kind: "persistEntry", ...after });
    for (const { rumor } of gone) {
      // What has ended is remembered, also when this peer starts anew.
      if (this.entries.dormantAt(nameOf(rumor.header))?.rumor !== rumor) out.effect({ kind: "forgetEntry", rumor });
    }
    for (const { name, after } of changes) {
      const [key, map] = [name.slice(0, KEY_DIGITS), name.slice(KEY_DIGITS)];
      out.effect({ kind: "entry", map, key, rumor: after?.rumor, id: after?.id });
    }
  }

  private lines(out: Outbox): MapLines {
    const { lines } = this.spreading;
    return {
      mayServe: (link) => isRouted(link) || lines.mayServe(link),
      // Along a route there is a budget, and nothing that waits.
      answer: (link, frame) =>
        isRouted(link) ? out.frame(link, frame, "repair") : lines.answer(link, frame, costOf(frame.rumor), out),
    };
  }

  private count(reason: keyof MapTally): "ok" {
    this.state.tally[reason]++;
    return "ok";
  }
}
