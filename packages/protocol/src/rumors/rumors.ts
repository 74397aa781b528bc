/**
 * The way of a rumor: from a neighbor's frame, or our own pen, to the logs, to the other neighbors and to the subscribers.
 * Each station of it is a room of its own under `spreading/` and `repair/`, and knows nothing of the others.
 */
import { limits } from "../limits.ts";
import type { KeptRumor } from "../runs/storage.ts";
import type { Fork, LinkId, LogId, PeerId, Ref, Rumor, Validation } from "../types.ts";
import { isRouted, RUMOR_KIND_PROFILE, RUMOR_KIND_STATE } from "../types.ts";
import type { Command } from "../input.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { GossipFrame, RumorFrame } from "../wire/frames.ts";
import { rumorId } from "../wire/statements.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";
import { Delivery } from "../repair/delivery.ts";
import { contentsDigest } from "../repair/fingerprint.ts";
import { witness } from "../repair/hybrid-clock.ts";
import { same } from "../repair/ids.ts";
import { relimit } from "../repair/heads.ts";
import { type Held, Logs, logIdOf, logKey, slotOf } from "../repair/logs.ts";
import { OwnLogs } from "../repair/own-logs.ts";
import { absentCatchingUp, absentMaps, absentProfiles, absentRepair } from "../parts/absent.ts";
import type { CatchingUpRoom, MapRoom, ProfileRoom, RepairRoom } from "../parts/absent.ts";
import { Appending } from "./appending.ts";
import type { LaterRooms } from "../parts/later-rooms.ts";
import { type Arrival, type Check, Checking } from "../spreading/checking.ts";
import type { Authors } from "../standing/authors.ts";
import { countsOf, isOfLog, newTally, type RumorCounts, type RumorsState, type Tally } from "./rumors-state.ts";
import type { Blame, Retained, Verdict } from "./rumors-state.ts";
import { flawIn } from "../spreading/flaws.ts";
import { type Judged, Validating } from "../spreading/validating.ts";
import { Parking } from "../spreading/parking.ts";
import type { Promises } from "../spreading/missing.ts";
import { Spreading } from "../spreading/spreading.ts";
import type { Origin, Stock } from "../spreading/strategy.ts";

export type { Blame, Retained, RumorCounts, RumorsState, Verdict } from "./rumors-state.ts";

const OURS: Origin = { link: undefined, hops: 0, repair: false, knownBy: [] };
/** A link that has caught up is told by a round what it missed, this much later. Guess: a busy one falls behind again and again. */
const OWED_MS = 1_000;

export class Rumors {
  readonly state: { -readonly [K in keyof RumorsState]: RumorsState[K] };
  private readonly foundation: Foundation;
  private readonly authors: Authors;
  readonly logs: Logs;
  readonly own: OwnLogs;
  private readonly delivery: Delivery;
  readonly spreading: Spreading;
  maps: MapRoom;
  profiles: ProfileRoom;
  private readonly checking: Checking;
  private readonly validating: Validating;
  private readonly parking: Parking;
  repairing: RepairRoom = absentRepair;
  private readonly appending: Appending;
  private catchingUp: CatchingUpRoom = absentCatchingUp;
  readonly isBusy = (): boolean => this.checking.isBusy || this.catchingUp.isBusy;
  readonly leftFor = (link: LinkId): number => this.authors.leftFor(link);

  /** `later`: rooms that are there from the beginning; a state says by itself whether they are. */
  constructor(foundation: Foundation, authors: Authors, state?: RumorsState, later?: LaterRooms) {
    this.foundation = foundation;
    this.authors = authors;
    this.logs = new Logs(foundation, state?.logs, (log) => this.authors.limitOf(log));
    this.own = new OwnLogs(foundation, state?.own);
    this.delivery = new Delivery(foundation, state?.delivery);
    const stock: Stock = {
      find: (key, seq) => this.logs.find(key, seq) ?? this.maps.find(key, seq) ?? this.profiles.find(key, seq),
      verifying: () => [
        ...this.checking.ids(),
        ...this.validating.ids(),
        ...this.maps.verifying(),
        ...this.profiles.verifying(),
      ],
    };
    this.spreading = new Spreading(foundation, stock, state?.spreading, later);
    this.maps = absentMaps(foundation.hash);
    this.profiles = absentProfiles(foundation.hash);
    this.checking = new Checking(state?.checking);
    this.validating = new Validating(state?.validating);
    this.parking = new Parking(state?.parking);
    const { logs, validating, delivery, spreading } = this;
    const maps = (): MapRoom => this.maps;
    const repairing = (): RepairRoom => this.repairing;
    const { clock } = this.own.state;
    const tally = state?.tally ?? newTally();
    this.appending = new Appending({ clock, logs, delivery, spreading, maps, repairing, validating, tally });
    this.state = {
      logs: this.logs.state,
      own: this.own.state,
      delivery: this.delivery.state,
      spreading: this.spreading.state,
      checking: this.checking.state,
      validating: this.validating.state,
      parking: this.parking.state,
      repair: undefined,
      maps: undefined,
      profiles: undefined,
      tally,
    };
    if (later !== undefined && (state === undefined || state.maps !== undefined)) this.open(later, state);
  }

  /** From now on this peer takes part in maps, profiles and repair. Once. */
  open(later: LaterRooms, state?: RumorsState): void {
    const { Maps, Profiles, CatchingUp, Repairing, shelfOf } = later;
    const { foundation, authors, logs, validating, parking, appending, spreading } = this;
    const { clock } = this.own.state;
    const maps = new Maps(foundation, authors, spreading, clock, state?.maps);
    const onFork = (fork: Fork, out: Outbox): unknown => appending.found.push(fork) && maps.onFork(fork, out);
    const profiles = new Profiles(foundation, authors, spreading, clock, onFork, state?.profiles);
    [this.maps, this.state.maps] = [maps, maps.state];
    [this.profiles, this.state.profiles] = [profiles, profiles.state];
    const isComing = (key: string, seq: number): boolean => this.isComing(key, seq);
    const shelf = shelfOf(foundation, { logs, authors, validating, parking, isComing });
    const repairing = new Repairing(foundation, logs, spreading.lines, shelf, this, state?.repair);
    const consider = this.consider.bind(this);
    const { tally } = this.state;
    const catchingUp = new CatchingUp(
      { foundation, authors, logs, validating, repairing, appending, tally, consider },
      state?.repair?.catchingUp,
    );
    [this.repairing, this.catchingUp] = [repairing, catchingUp];
    this.state.repair = { ...repairing.states, catchingUp: catchingUp.state };
  }

  // --- links ------------------------------------------------------------------------------------------------------
  /** An authenticated neighbor. A round with it begins at once, so that a joiner catches up. */
  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    this.spreading.onLinkUp(link, now);
    this.repairing.onLinkUp(link, peer, now);
    this.maps.onLinkUp(link, peer, now);
    this.profiles.onLinkUp(link, peer, now);
  }

  onLinkDown(link: LinkId, now: Moment, out: Outbox): void {
    this.spreading.onLinkDown(link, now);
    this.onRoutedDown(link, now, out);
  }

  /** A peer at the end of a route, with whom logs, maps and profiles are compared once. */
  onRoutedUp(link: LinkId, peer: PeerId, ours: boolean, now: Moment, out: Outbox): void {
    this.repairing.onRoutedUp(link, peer, ours, now, out);
    this.maps.onRoutedUp(link, ours, now, out);
    this.profiles.onRoutedUp(link, ours, now);
  }

  /** A round along a route is over: spreading never knew of it; what it brought may be parked. */
  onRoutedDown(link: LinkId, now: Moment, out: Outbox): void {
    this.parking.onLinkDown(link);
    this.catchingUp.onLinkDown(link);
    this.maps.onLinkDown(link);
    this.profiles.onLinkDown(link);
    this.repairing.onLinkDown(link, now, out);
  }

  /** No fresh or repair traffic goes to a link that is not writable; a round makes up for what it missed. */
  onWritable(link: LinkId, writable: boolean): void {
    if (this.spreading.onWritable(link, writable)) this.repairing.soon(link, 0);
  }

  onFrame(link: LinkId, frame: GossipFrame, now: Moment, out: Outbox): Verdict {
    this.drain(now, out);
    if (!isRouted(link) && !this.spreading.lines.has(link)) return "ok";
    switch (frame.kind) {
      case "rumor":
        return this.onRumor(link, frame, now, out);
      case "segment":
        return this.catchingUp.onSegment(link, frame, now, out);
      case "digest":
        this.repairing.onDigest(link, frame, now, out);
        break;
      case "reconcile":
        return this.repairing.onReconcile(link, frame, out) ? "ok" : this.count("stale");
      case "have": {
        const taken = this.repairing.onHave(link, frame, now, out);
        return taken === "taken" ? "ok" : taken === "stale" ? this.count(taken) : taken;
      }
      case "want": {
        const isWanted = this.repairing.onWant(link, frame, now, out);
        if (!isRouted(link)) this.spreading.onWanted(link, isWanted);
        break;
      }
      default:
        this.spreading.onFrame(link, frame, now, out);
    }
    return "ok";
  }

  /** What became of what this neighbor announced or said to have, when it was asked for it. */
  promisesOf(link: LinkId): Promises {
    const all = [this.spreading, this.repairing, this.maps, this.profiles].map((room) => room.promisesOf(link));
    return all.reduce((a, b) => ({ kept: a.kept + b.kept, broken: a.broken + b.broken }));
  }

  // --- the way of a rumor -----------------------------------------------------------------------------------------

  private onRumor(link: LinkId, frame: RumorFrame, now: Moment, out: Outbox): Verdict {
    const { kind } = frame.rumor.header;
    if (kind === RUMOR_KIND_STATE) return this.maps.onRumor(link, frame, now, out);
    if (kind === RUMOR_KIND_PROFILE) return this.profiles.onRumor(link, frame, now, out);
    this.state.tally.received++;
    const verdict = this.consider(link, frame, now, out);
    this.repairing.onArrival(link, frame, now, out);
    return verdict;
  }

  /** From a neighbor to the `verify` effect: the cheap checks, cheapest first. */
  private consider(link: LinkId, frame: Arrival, now: Moment, out: Outbox): Verdict {
    const { rumor } = frame;
    const { header } = rumor;
    const key = logKey(header);
    const slot = slotOf(key, header.seq);
    if (header.version !== RUMOR_VERSION) return this.count("strange");
    const flaw = flawIn(rumor);
    if (flaw !== undefined) return flaw;
    if (header.expiryMs !== 0 && header.expiryMs <= now.meshMs) return this.count("past");

    const place = this.logs.place(header, header.seq, rumor.body.length);
    if (place !== "open") return this.count(place === "past" ? "past" : "refused");
    const log = this.logs.get(key);
    const held = log?.held.get(header.seq);
    // Whoever alters a rumor and leaves its signature as it was has it ignored: cheaper than to find out.
    const repeats = held !== undefined && same(held.rumor.signature, rumor.signature);
    const copy = this.checking.isCopy(link, frame, slot) || this.validating.isCopy(link, frame, slot);
    const duplicate = (): "ok" => {
      if (!isRouted(link)) this.spreading.onDuplicate(link, frame, slot, now, out, held?.id);
      return this.count("duplicates");
    };
    if (repeats || copy) return duplicate();
    if (this.isOwnLog(header) && held === undefined) return this.count("strange");
    if (header.timeMs > now.meshMs + limits.skewMs) {
      this.parking.park(link, frame, slot, "future", now);
      return "ok";
    }
    if (!this.isAdmitted(header.author)) {
      this.awaitCredential(link, frame, slot, now, out);
      return "ok";
    }
    // Whoever passes it on may know of a greater role: it is refused, and held against nobody.
    const { final } = log?.limit ?? this.authors.limitOf(header);
    if (header.seq > final || !this.authors.mayWrite(header)) return this.count("forbidden");

    const { hash, config } = this.foundation;
    const id = rumorId(hash, config.meshId, header, hash(rumor.body));
    const known = held === undefined ? this.validating.isKnown(link, slot, id) : this.provesNothing(held, rumor, id);
    // Many links bring what one author writes: that it is too much is held against none of them.
    if (!known && !this.authors.charge(header.author, rumor.body.length)) return this.count("refused");
    if (known || this.checking.begin(link, frame, slot, id, out) === "duplicate") {
      return duplicate();
    }
    return "ok";
  }

  /** `false` when the ref is not ours; blame when the signature was bad. */
  onVerified(ref: Ref, ok: boolean, now: Moment, out: Outbox): boolean | Blame {
    const rivals = this.repairing.onVerified(ref, ok, now, out);
    for (const check of rivals ?? []) this.enter(check, "accept", now, out);
    if (rivals !== undefined) return true;
    const caught = this.catchingUp.onVerified(ref, ok, now, out);
    if (caught !== false) return caught;
    const verified = this.checking.onVerified(ref, ok, out);
    if (verified === undefined) return false;
    const { check } = verified;
    if (verified.ok || check.vouched === "proved") {
      this.onProved({ ...check, proof: verified.ok ? "signature" : "flawed" }, now, out);
    } else if (check.vouched === undefined) return { link: check.link, what: "a rumor with a bad signature" };
    if (!this.checking.isBringing(check.link)) this.repairing.pull(check.link, now, out);
    return true;
  }

  private onProved(check: Check, now: Moment, out: Outbox): void {
    const { header } = check.rumor;
    const log = this.logs.get(logKey(header));
    const held = log?.held.get(header.seq);
    if (log !== undefined && held?.proof === "chain" && !same(held.id, check.id)) {
      // Evidence takes two good signatures, and nobody has looked at the other one yet.
      this.repairing.prove(log, header.seq, out, check);
    } else if (this.validating.isValidated(header.topic) && held === undefined) this.validating.begin(check, now, out);
    // A second rumor for its slot is proof against its author: nobody will ever have it delivered.
    else this.enter(check, "accept", now, out);
  }

  /** The application's word on a rumor; false when the ref is not ours. */
  onValidated(ref: Ref, verdict: Validation, now: Moment, out: Outbox): boolean {
    const judged = this.validating.onValidated(ref, verdict);
    if (judged !== undefined) this.enterAll([judged], now, out);
    return judged !== undefined;
  }

  /** The topic has validators from now on, or none any more: then what waits for them is accepted. */
  onValidators(topic: string, on: boolean, now: Moment, out: Outbox): void {
    this.enterAll(this.validating.set(topic, on), now, out);
  }

  private enterAll(judged: readonly Judged[], now: Moment, out: Outbox): void {
    for (const { check, verdict } of judged) this.enter(check, verdict, now, out);
    // There are places again for what was offered.
    if (judged.length > 0) this.repairing.pullAll(now, out);
  }

  private enter(check: Check, verdict: Validation, now: Moment, out: Outbox): void {
    // Spreading knows of neighbors only.
    const origin = isRouted(check.link) ? { ...check, link: undefined } : check;
    const gained = this.appending.accept(check, { ...origin, mute: verdict !== "accept" }, now, out);
    if (gained && check.repair) this.repairing.onGain(check.link);
  }

  /** The author of parked rumors was found to be admitted: they go on, and the rest of its logs is fetched. */
  onAdmitted(author: PeerId, now: Moment, out: Outbox): void {
    for (const { link, frame } of this.parking.onAdmitted(author)) this.consider(link, frame, now, out);
    this.repairing.pullAll(now, out);
    this.maps.onAdmitted(author, now, out);
    this.profiles.onAdmitted(author, now, out);
  }

  private awaitCredential(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox): void {
    const { author } = frame.rumor.header;
    this.parking.park(link, frame, slot, "author", now);
    // New authors are charged to the link that brought them: it is asked, once, for what admits this one.
    if (this.parking.countOf(author) > 0 && this.parking.ask(author, link)) {
      out.frame(link, { kind: "credentialsWant", peers: [author] }, "control");
    }
  }

  /** A slot that is held: the same rumor under another signature, or a third one of which not even the `low` is news. */
  private provesNothing(held: Held, rumor: Rumor, id: Uint8Array): boolean {
    if (same(held.id, id)) return held.proof !== "flawed";
    const log = this.logs.get(logKey(rumor.header))!;
    return log.rivals.has(rumor.header.seq) && rumor.header.low <= log.lowStated;
  }

  private isAdmitted(author: PeerId): boolean {
    return author === this.foundation.self || this.authors.isAdmitted(author);
  }

  private isOwnLog({ author, incarnation }: LogId): boolean {
    return author === this.foundation.self && incarnation === this.foundation.config.incarnation;
  }

  // --- our own ----------------------------------------------------------------------------------------------------

  /** Write to the own log of a topic; `published` follows. A body beyond `rumorBodyBytesMax` is a RangeError, for its encoder has to know. */
  onPublish(command: Command & { readonly kind: "publish" }, now: Moment, out: Outbox): void {
    this.own.publish(command, now, out);
  }

  /** False when the ref is not ours. */
  onSigned(ref: Ref, signature: Uint8Array, now: Moment, out: Outbox): boolean {
    const ready = this.own.onSigned(ref, signature);
    if (ready === undefined) return false;
    for (const { ref, rumor, id } of ready) {
      this.appending.accept({ rumor, id }, OURS, now, out);
      out.effect({ kind: "emit", event: { type: "published", ref, id, seq: rumor.header.seq } });
    }
    this.drain(now, out);
    return true;
  }

  /** What an earlier run verified and kept. What has no place any more is forgotten; nobody is told of the rest. */
  onRestored(rumors: readonly KeptRumor[], forks: readonly Fork[], now: Moment, out: Outbox): void {
    for (const { rumor, id, hops } of rumors) {
      const { log } = this.logs.append(rumor, id, hops, false, now, false, "chain");
      if (log === undefined) {
        out.effect({ kind: "forget", ...logIdOf(rumor.header), below: rumor.header.seq + 1 });
        continue;
      }
      witness(this.own.state.clock, rumor.header, now.meshMs);
      this.appending.trim(log, now, out);
    }
    for (const fork of forks) this.onFork(fork, now, out);
  }

  /** Two heads that are proved to be of one slot. True when their log ends earlier by it than was known. */
  onFork(fork: Fork, now: Moment, out: Outbox): boolean {
    const withdrawn = this.maps.onFork(fork, out);
    if (!isOfLog(fork)) return withdrawn;
    const { cut } = this.logs.contestedIn(fork.a.header);
    const log = this.logs.restoreFork(fork);
    if (log === undefined) return withdrawn;
    const shorter = log.cut < cut;
    if (shorter) {
      out.effect({ kind: "persistFork", fork });
      out.effect({ kind: "withdraw", ...log.id, from: log.cut });
    }
    this.appending.trim(log, now, out);
    return shorter || withdrawn;
  }

  /** Somebody was revoked, or counts again: what was written may end elsewhere. */
  onLimits(now: Moment, out: Outbox): void {
    for (const { log, revealed } of relimit(this.logs, this.authors.limitOf, out))
      this.appending.reveal(log, revealed, now, out);
    this.maps.onLimits(out);
    this.profiles.onStanding(now, out);
    this.repairing.pullAll(now, out);
  }

  /** Would this fork end its log earlier than is known? Asked before its signatures are checked. */
  isForkNews(fork: Fork): boolean {
    const { header } = fork.a;
    if (this.maps.isForkNews(fork)) return true;
    return (
      isOfLog(fork) &&
      this.logs.place(header, header.seq, 0) === "open" &&
      this.logs.mayContest(header) &&
      header.seq < this.logs.contestedIn(header).cut
    );
  }

  /** Forks that were found since the last time: evidence, to be told. */
  takeForks(): readonly Fork[] {
    return [...this.appending.found.splice(0), ...this.maps.takeForks()];
  }

  // --- subscribers ------------------------------------------------------------------------------------------------

  /** Deliver what comes from now on. What is held already counts as delivered: `retained` has it. */
  onSubscribe(topic: string, now: Moment): void {
    if (!this.delivery.isSubscribed(topic)) this.delivery.subscribe(topic, this.logs.ofTopic(topic), now);
  }

  onUnsubscribe(topic: string): void {
    this.delivery.unsubscribe(topic, this.logs.ofTopic(topic));
  }

  /**
   * All rumors of a subscribed topic that were delivered in its full order and are retained still, in that order. They,
   * and then every `deliver` effect for "history" or "both", are the topic from its start without a gap or a repeat.
   */
  retained(topic: string): readonly Retained[] {
    return this.delivery.retained(this.logs.ofTopic(topic));
  }

  // --- repair -----------------------------------------------------------------------------------------------------

  get deadlineMs(): number {
    return Math.min(
      this.state.logs.sweepDueMs,
      this.delivery.deadlineMs,
      this.parking.deadlineMs,
      this.validating.deadlineMs,
      this.spreading.deadlineMs,
      this.repairing.deadlineMs,
      this.maps.deadlineMs,
      this.profiles.deadlineMs,
    );
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (now.nowMs < this.deadlineMs) return;
    for (const { log, revealed } of this.logs.sweep(now, out)) {
      this.delivery.settle(log, log.low, now, out);
      this.appending.reveal(log, revealed, now, out);
    }
    for (const { link, frame } of this.parking.onDeadline(now)) this.consider(link, frame, now, out);
    this.enterAll(this.validating.onDeadline(now), now, out);
    this.delivery.onDeadline(this.logs, now, out);
    this.drain(now, out);
    this.spreading.onDeadline(now, out);
    this.repairing.onDeadline(now, out);
    this.maps.onDeadline(now, out);
    this.profiles.onDeadline(now, out);
  }

  /** Send what waits for links that can take it. Whoever missed something is told by a round what it was. */
  private drain(now: Moment, out: Outbox): void {
    const { lines } = this.spreading;
    lines.onMoment(now);
    lines.drain(out);
    for (const link of lines.takeOwed()) this.repairing.soon(link, now.nowMs + this.foundation.random.jitter(OWED_MS));
    lines.tellPressure(out);
  }

  /** Here, but not appended yet. */
  isComing(key: string, seq: number): boolean {
    const slot = slotOf(key, seq);
    const { checking, validating, parking, catchingUp } = this;
    return checking.has(slot) || validating.has(slot) || parking.has(slot) || catchingUp.has(key, seq);
  }

  // --- what is held -----------------------------------------------------------------------------------------------

  /** 32 bytes over all that is held and offered: two peers have the same when they hold the same, in whatever order it came. */
  digest(): Uint8Array {
    return contentsDigest(this.foundation.hash, this.logs.inOrder());
  }

  counts(): RumorCounts {
    return countsOf(this.state, this.spreading.counts(), this.spreading.lines.counts());
  }

  private count(reason: keyof Tally): "ok" {
    this.state.tally[reason]++;
    return "ok";
  }
}
