/**
 * The directory's profiles: from a neighbor's frame, or our own pen, to the table, to the other neighbors and to the
 * application. Composes the rooms of `state/` with those that rumors share: a profile that changed is told at once, spread
 * and verified as rumors are; rounds of versions see to the rest (`state/version-rounds.ts`).
 */
import { limits } from "../limits.ts";
import type { Authors } from "../standing/authors.ts";
import type { Command } from "../input.ts";
import { type Fork, isRouted, type LinkId, type PeerId, type Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { type ClockState, witness } from "../repair/hybrid-clock.ts";
import { compare } from "../repair/ids.ts";
import { logKey, slotOf } from "../repair/logs.ts";
import { costOf } from "../repair/serving.ts";
import type { Promises } from "../spreading/missing.ts";
import { type Check, Checking, type CheckingState } from "../spreading/checking.ts";
import { Parking, type ParkingState } from "../spreading/parking.ts";
import type { Spreading } from "../spreading/spreading.ts";
import type { Origin } from "../spreading/strategy.ts";
import { headOf, writeOf } from "../state/entry.ts";
import type { MapLines } from "../state/map-rounds.ts";
import { OwnProfile, type OwnProfileState } from "../state/own-profile.ts";
import { type ProfileFlaw, flawInProfile } from "../state/profile.ts";
import { type HeldProfile, ProfileTable, type ProfileTableState } from "../state/profile-table.ts";
import { VersionRounds, type VersionRoundsState } from "../state/version-rounds.ts";
import { profilesTopic, rumorId } from "../wire/statements.ts";
import type { ProfileFrame, RumorFrame } from "../wire/frames.ts";

/** Profiles that came and went no further, by the reason. */
export interface ProfileTally {
  received: number;
  duplicates: number;
  /** A later version stands, or its time is over. */
  older: number;
  /** Of an author that was shut out. */
  forbidden: number;
  /** Over a limit of ours. */
  refused: number;
  /** In our name, but not ours. */
  strange: number;
}

export interface ProfilesState {
  readonly table: ProfileTableState;
  readonly own: OwnProfileState;
  readonly rounds: VersionRoundsState;
  readonly checking: CheckingState;
  readonly parking: ParkingState;
  readonly tally: ProfileTally;
}

/** For stats, in profiles and rounds. */
export interface ProfileCounts extends Readonly<ProfileTally> {
  readonly held: number;
  readonly parked: number;
  readonly rounds: number;
  readonly differed: number;
  readonly served: number;
}

const OURS: Origin = { link: undefined, hops: 0, repair: false, knownBy: [] };

export class Profiles {
  readonly state: ProfilesState;
  private readonly foundation: Foundation;
  private readonly authors: Authors;
  private readonly spreading: Spreading;
  private readonly clock: ClockState;
  private readonly onFork: (fork: Fork, out: Outbox) => unknown;
  private readonly topic: string;
  private readonly table: ProfileTable;
  private readonly own: OwnProfile;
  private readonly rounds: VersionRounds;
  private readonly checking: Checking;
  private readonly parking: Parking;

  /** `clock`: that of everything we write. `onFork`: told of evidence that was found here. */
  constructor(
    foundation: Foundation,
    authors: Authors,
    spreading: Spreading,
    clock: ClockState,
    onFork: (fork: Fork, out: Outbox) => unknown,
    state?: ProfilesState,
  ) {
    this.foundation = foundation;
    this.authors = authors;
    this.spreading = spreading;
    this.clock = clock;
    this.onFork = onFork;
    this.topic = profilesTopic(foundation.hash, foundation.config.meshId);
    this.table = new ProfileTable(foundation, state?.table);
    this.own = new OwnProfile(foundation, clock, this.topic, state?.own);
    this.rounds = new VersionRounds(foundation, this.table, state?.rounds);
    this.checking = new Checking(state?.checking);
    this.parking = new Parking(state?.parking);
    this.state = {
      table: this.table.state,
      own: this.own.state,
      rounds: this.rounds.state,
      checking: this.checking.state,
      parking: this.parking.state,
      tally: state?.tally ?? { received: 0, duplicates: 0, older: 0, forbidden: 0, refused: 0, strange: 0 },
    };
  }

  // --- links ------------------------------------------------------------------------------------------------------

  onLinkUp(link: LinkId, peer: PeerId, now: Moment): void {
    this.rounds.onLinkUp(link, peer, now);
  }

  /** A peer at the end of a route: compared with once. */
  onRoutedUp(link: LinkId, ours: boolean, now: Moment): void {
    this.rounds.onRoutedUp(link, ours, now);
  }

  onLinkDown(link: LinkId): void {
    this.rounds.onLinkDown(link);
    this.parking.onLinkDown(link);
  }

  promisesOf(link: LinkId): Promises {
    return this.rounds.promisesOf(link);
  }

  onFrame(link: LinkId, frame: ProfileFrame, now: Moment, out: Outbox): void {
    if (frame.kind === "profileDigest") this.rounds.onDigest(link, frame, this.lines(out), now, out);
    else this.rounds.onWant(link, frame, this.lines(out), now);
  }

  // --- the way of a profile ---------------------------------------------------------------------------------------

  /** From a neighbor to the `verify` effect: the cheap checks, cheapest first. */
  onRumor(link: LinkId, frame: RumorFrame, now: Moment, out: Outbox): "ok" | ProfileFlaw {
    const { rumor } = frame;
    const { header } = rumor;
    const { author } = header;
    const { self, hash, config } = this.foundation;
    this.state.tally.received++;
    if (frame.repair) this.rounds.onArrival(link);
    const flaw = flawInProfile(rumor, this.topic);
    if (flaw !== undefined) return flaw;
    const slot = writeOf(header);
    if (this.checking.isCopy(link, frame, slot)) return this.onDuplicate(link, frame, slot, now, out);
    if (this.authors.isShutOut(author)) {
      const evidence = this.authors.evidenceAgainst(author);
      // Whoever brings it in a round has not heard.
      if (frame.repair && evidence !== undefined) out.frame(link, { kind: "evidence", evidence }, "control");
      return this.count("forbidden");
    }
    const prospect = this.table.judge(header, now);
    if (prospect === "older") return this.count("older");
    if (prospect === "often") return this.count("refused");
    if (prospect === "newer" && author === self && header.incarnation === config.incarnation) {
      return this.count("strange");
    }
    const isEarly = header.timeMs > now.meshMs + limits.skewMs;
    if (isEarly || (author !== self && !this.authors.isAdmitted(author))) {
      this.parking.park(link, frame, slot, isEarly ? "future" : "author", now);
      if (!isEarly && this.parking.countOf(author) > 0 && this.parking.ask(author, link)) {
        out.frame(link, { kind: "credentialsWant", peers: [author] }, "control");
      }
      return "ok";
    }
    const id = rumorId(hash, config.meshId, header, hash(rumor.body));
    const isHeld = prospect === "same" && compare(this.table.get(author)!.id, id) === 0;
    if (isHeld) return this.onDuplicate(link, frame, slot, now, out);
    if (!this.authors.charge(author, rumor.body.length)) return this.count("refused");
    const begun = this.checking.begin(link, frame, slot, id, out);
    return begun === "duplicate" ? this.onDuplicate(link, frame, slot, now, out) : "ok";
  }

  private onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox): "ok" {
    const held = this.table.get(frame.rumor.header.author);
    const isHeld = held !== undefined && writeOf(held.rumor.header) === slot;
    if (!isRouted(link)) this.spreading.onDuplicate(link, frame, slot, now, out, isHeld ? held.id : undefined);
    return this.count("duplicates");
  }

  /** `false` when the ref is not ours; blame when the signature was bad. */
  onVerified(ref: Ref, ok: boolean, now: Moment, out: Outbox): boolean | { link: LinkId; what: string } {
    const verified = this.checking.onVerified(ref, ok, out);
    if (verified === undefined) return false;
    const { check } = verified;
    if (!verified.ok) return { link: check.link, what: "a profile with a bad signature" };
    this.accept(check, check, now, out);
    return true;
  }

  /** A profile that is proved to be its author's. */
  private accept(
    { rumor, id, hops }: Pick<Check, "rumor" | "id" | "hops">,
    origin: Origin,
    now: Moment,
    out: Outbox,
  ): void {
    const { header } = rumor;
    const { author } = header;
    const prospect = this.authors.isShutOut(author) ? "older" : this.table.judge(header, now);
    if (prospect === "same") return this.contest(this.table.get(author)!, { rumor, id }, out);
    if (prospect !== "newer") return void this.count(prospect === "often" ? "refused" : "older");
    witness(this.clock, header, now.meshMs);
    const gone = this.table.insert(rumor, id, hops, now);
    if (origin.repair) this.rounds.onGain(now);
    const key = logKey(header);
    // Spreading knows of neighbors only.
    const link = origin.link === undefined || isRouted(origin.link) ? undefined : origin.link;
    const accepted = { ...origin, link, rumor, id, key, slot: slotOf(key, header.seq), knows: () => false };
    this.spreading.onAccepted(accepted, now, out);
    this.tell([author, ...(gone === undefined ? [] : [gone])], out);
  }

  /** Two of one version prove that their author tells two stories, whichever came first. */
  private contest(first: HeldProfile, second: Pick<HeldProfile, "rumor" | "id">, out: Outbox): void {
    const order = compare(first.id, second.id);
    if (order === 0) return void this.count("duplicates");
    const [a, b] = (order < 0 ? [first, second] : [second, first]).map(({ rumor }) =>
      headOf(rumor, this.foundation.hash),
    );
    this.onFork({ a: a!, b: b! }, out);
  }

  /** The author of parked profiles was found to be admitted. */
  onAdmitted(author: PeerId, now: Moment, out: Outbox): void {
    for (const { link, frame } of this.parking.onAdmitted(author)) this.onRumor(link, frame, now, out);
  }

  /** Some were shut out, or count again. */
  onStanding(now: Moment, out: Outbox): void {
    this.tell(
      this.table.sweep(now, (author) => this.authors.isShutOut(author)),
      out,
    );
    const { self } = this.foundation;
    if (this.table.get(self) === undefined && !this.authors.isShutOut(self)) this.own.repeat(now, out);
  }

  // --- our own ----------------------------------------------------------------------------------------------------

  /** Say this of ourselves from now on; the event `published` follows once it is signed and queued. */
  onSay(command: Command & { readonly kind: "profile" }, now: Moment, out: Outbox): void {
    this.own.say(command, now, out);
  }

  /** Another key says it from now on. */
  onRekey(now: Moment, out: Outbox): void {
    this.own.rekey(now, out);
  }

  /** False when the ref is not ours. */
  onSigned(sign: Ref, signature: Uint8Array, now: Moment, out: Outbox): boolean {
    const signed = this.own.onSigned(sign, signature);
    if (signed === undefined) return false;
    const { refs, rumor, id } = signed;
    this.accept({ rumor, id, hops: 0 }, OURS, now, out);
    for (const ref of refs) out.effect({ kind: "emit", event: { type: "published", ref, id, seq: rumor.header.seq } });
    return true;
  }

  // --- time -------------------------------------------------------------------------------------------------------

  get deadlineMs(): number {
    const { table, own, parking, rounds } = this;
    return Math.min(table.state.sweepDueMs, own.state.dueMs, parking.deadlineMs, rounds.deadlineMs);
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (now.nowMs >= this.table.state.sweepDueMs) this.onStanding(now, out);
    this.own.onDeadline(now, out);
    for (const { link, frame } of this.parking.onDeadline(now)) this.onRumor(link, frame, now, out);
    this.rounds.onDeadline(this.lines(out), now, out);
  }

  // --- what is held -----------------------------------------------------------------------------------------------

  /** A version that is held, by its log and number: for whoever is asked for it again. */
  find(key: string, seq: number): HeldProfile["rumor"] | undefined {
    for (const { rumor } of this.state.table.profiles.values()) {
      if (rumor.header.seq === seq && logKey(rumor.header) === key) return rumor;
    }
    return undefined;
  }

  verifying(): Iterable<Uint8Array> {
    return this.checking.ids();
  }

  /** 32 bytes over all that is held: equal at two peers exactly when they hold the same. */
  digest(): Uint8Array {
    const { profiles } = this.state.table;
    const bytes = new Uint8Array(32 * profiles.size);
    for (const [i, author] of [...profiles.keys()].toSorted().entries()) bytes.set(profiles.get(author)!.id, 32 * i);
    return this.foundation.hash(bytes);
  }

  counts(): ProfileCounts {
    const { rounds, served, differed } = this.state.rounds;
    return { ...this.state.tally, held: this.table.size, parked: this.parking.size, rounds, differed, served };
  }

  private tell(authors: readonly PeerId[], out: Outbox): void {
    for (const peer of authors) out.effect({ kind: "profile", peer, rumor: this.table.get(peer)?.rumor });
  }

  private lines(out: Outbox): MapLines {
    const { lines } = this.spreading;
    return {
      mayServe: (link) => isRouted(link) || lines.mayServe(link),
      answer: (link, frame) =>
        isRouted(link) ? out.frame(link, frame, "repair") : lines.answer(link, frame, costOf(frame.rumor), out),
    };
  }

  private count(reason: keyof ProfileTally): "ok" {
    this.state.tally[reason]++;
    return "ok";
  }
}
