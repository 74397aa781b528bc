/**
 * The overlay of one peer: composes the rooms of `sampling/` into a service that finds peers, links to the ones it is
 * assigned, fills up after losses, and keeps descriptors moving. It speaks to other peers in sealed envelopes for
 * calls, and in frames for everything between neighbors; `peer.ts` owns both and composes this with the other rooms.
 */
import type { Host } from "./host.ts";
import type { MemberRecord } from "./membership/directory.ts";
import type { Credential, LinkId, PeerId } from "./types.ts";
import type { Foundation, Moment, Outbox } from "./room.ts";
import type { Around } from "./calling.ts";
import { Calling } from "./calling.ts";
import { Exchange } from "./exchange.ts";
import type { BudgetState } from "./sampling/budget.ts";
import { Budget } from "./sampling/budget.ts";
import type { CallsState } from "./sampling/calls.ts";
import { Calls } from "./sampling/calls.ts";
import type { CensusState } from "./sampling/census.ts";
import { Census } from "./sampling/census.ts";
import type { DescriptorChecksState } from "./sampling/descriptor-checks.ts";
import { DescriptorChecks } from "./sampling/descriptor-checks.ts";
import type { IntroductionsState } from "./sampling/introductions.ts";
import { Introductions } from "./sampling/introductions.ts";
import type { IslandsState } from "./sampling/islands.ts";
import { Islands } from "./sampling/islands.ts";
import type { NearnessState } from "./sampling/nearness.ts";
import { Nearness } from "./sampling/nearness.ts";
import type { Neighbor, NeighborsState, Turn } from "./sampling/neighbors.ts";
import { Neighbors } from "./sampling/neighbors.ts";
import { Rings } from "./sampling/rings.ts";
import type { RoutesState } from "./sampling/routes.ts";
import { Routes } from "./sampling/routes.ts";
import type { SeekingState } from "./sampling/seeking.ts";
import { Seeking } from "./sampling/seeking.ts";
import type { ShufflesState } from "./sampling/shuffles.ts";
import { Shuffles } from "./sampling/shuffles.ts";
import type { TableState, Way } from "./sampling/table.ts";
import { Table } from "./sampling/table.ts";
import type { WitnessState } from "./sampling/witness.ts";
import { Witness } from "./sampling/witness.ts";

export interface OverlayState {
  readonly neighbors: NeighborsState;
  readonly nearness: NearnessState;
  readonly table: TableState;
  readonly shuffles: ShufflesState;
  readonly checks: DescriptorChecksState;
  readonly witness: WitnessState;
  readonly census: CensusState;
  readonly seeking: SeekingState;
  readonly routes: RoutesState;
  readonly calls: CallsState;
  readonly introductions: IntroductionsState;
  readonly islands: IslandsState;
  readonly budget: BudgetState;
  askedNeighborsMs: number;
  nextLink: LinkId;
  tendMs: number;
  /** When the house was kept last, and when that had not been done for long. */
  keptMs: number;
  wokeMs: number;
}

export class Overlay {
  readonly state: OverlayState;
  readonly rings: Rings;
  readonly neighbors: Neighbors;
  readonly nearness: Nearness;
  readonly table: Table;
  readonly shuffles: Shuffles;
  readonly checks: DescriptorChecks;
  readonly witness: Witness;
  readonly census: Census;
  readonly seeking: Seeking;
  readonly introductions: Introductions;
  readonly islands: Islands;
  readonly budget: Budget;
  readonly exchange: Exchange;
  readonly routes: Routes;
  readonly calls: Calls;
  readonly calling: Calling;
  private readonly foundation: Foundation;
  private readonly host: Host;

  constructor(foundation: Foundation, host: Host, state?: OverlayState) {
    this.foundation = foundation;
    this.host = host;
    this.rings = new Rings(foundation);
    this.neighbors = new Neighbors(foundation, this.rings, state?.neighbors);
    this.nearness = new Nearness(foundation, state?.nearness);
    this.table = new Table(foundation, (link) => this.isUp(link), state?.table);
    this.shuffles = new Shuffles(foundation, state?.shuffles);
    this.checks = new DescriptorChecks(foundation, state?.checks);
    this.witness = new Witness(foundation, state?.witness);
    this.census = new Census(state?.census);
    this.seeking = new Seeking(foundation, state?.seeking);
    this.introductions = new Introductions(state?.introductions);
    this.islands = new Islands(foundation, state?.islands);
    this.budget = new Budget(state?.budget);
    this.calls = new Calls(foundation, state?.calls);
    this.exchange = new Exchange(foundation, host, this);
    this.calling = new Calling(foundation, host, this.around(), this.calls, this.neighbors, this.budget);
    const ways = {
      neighbor: (peer: PeerId): LinkId | undefined => this.neighbors.of(peer)?.link,
      ways: (peer: PeerId): readonly Way[] => this.table.waysTo(peer),
      hasWay: (peer: PeerId): boolean => this.table.hasWay(peer),
      introducer: (peer: PeerId): LinkId | undefined => this.introductions.get(peer)?.link,
      isUp: (link: LinkId): boolean => this.isUp(link),
    };
    this.routes = new Routes(foundation, ways, state?.routes);
    this.state = state ?? {
      neighbors: this.neighbors.state,
      nearness: this.nearness.state,
      table: this.table.state,
      shuffles: this.shuffles.state,
      checks: this.checks.state,
      witness: this.witness.state,
      census: this.census.state,
      seeking: this.seeking.state,
      routes: this.routes.state,
      calls: this.calls.state,
      introductions: this.introductions.state,
      islands: this.islands.state,
      budget: this.budget.state,
      askedNeighborsMs: 0,
      nextLink: 1,
      tendMs: Number.POSITIVE_INFINITY,
      keptMs: 0,
      wokeMs: 0,
    };
  }

  private around(): Around {
    return {
      boxKeyOf: (peer) => this.boxKeyOf(peer),
      membersEstimate: () => this.membersEstimate,
      mustKeep: (neighbor, now) => this.islands.mustKeep(neighbor.sinceMs, now),
      isIntroduced: (peer) => this.introductions.get(peer) !== undefined,
      nextLink: () => this.state.nextLink++,
      urge: (now, waitMs) => this.urge(now, waitMs),
    };
  }

  onStart(now: Moment): void {
    this.shuffles.onStart(now);
    this.islands.onStart(now);
    this.urge(now);
  }

  /** Our places, and what we owned, were another key's. All links are gone. */
  onRekey(now: Moment): void {
    this.table.state.owned.length = 0;
    this.table.remove(this.foundation.self);
    this.rings.onRekey();
    this.shuffles.onRekey(now);
    this.urge(now);
  }

  /** Look after the overlay soon: something changed for the worse, or somebody new is known. */
  urge(now: Moment, waitMs = 0): void {
    this.state.tendMs = Math.min(this.state.tendMs, now.nowMs + waitMs);
  }

  get deadlineMs(): number {
    return this.host.paused
      ? Number.POSITIVE_INFINITY
      : Math.min(this.state.tendMs, this.calls.deadlineMs, this.shuffles.deadlineMs);
  }

  /** Neighbors from whom something was heard of late: those on whom repair can count. */
  get lively(): readonly Neighbor[] {
    return [...this.neighbors.all()].filter(({ link }) => !this.host.isQuiet(link));
  }

  private get livelyCount(): number {
    let count = 0;
    for (const { link } of this.neighbors.all()) if (!this.host.isQuiet(link)) count++;
    return count;
  }

  /** Links short of the minimum, calls under way counted as links. */
  private get lacking(): number {
    return this.foundation.config.tuning.linksMin - this.livelyCount - this.calls.state.calls.size;
  }

  private isUp(link: LinkId): boolean {
    return this.neighbors.get(link) !== undefined && !this.host.isQuiet(link);
  }

  /** About how many members there are, ourselves included: what tolerances are counted in. */
  get membersEstimate(): number {
    return this.census.estimate(this.host.directory.state.members.size) + 1;
  }

  /** Mint slots within which something is heard of nearly everyone who is there. */
  get heardWithin(): number {
    const members = Math.max(this.membersEstimate, this.table.state.entries.size);
    return Math.min(HEARD_SLOTS + Math.ceil((members / 10) ** 2), this.foundation.config.tuning.lifeSlots);
  }

  boxKeyOf(peer: PeerId): Uint8Array | undefined {
    const credential = this.host.admission.get(peer) ?? this.introductions.get(peer)?.credential;
    const descriptor = this.table.get(peer)?.descriptor;
    if (credential === undefined) return descriptor?.boxKey;
    return descriptor !== undefined && descriptor.incarnation > credential.incarnation
      ? descriptor.boxKey
      : credential.boxKey;
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (this.host.paused) return;
    this.calling.onDeadline(now);
    if (this.shuffles.isDue(now)) this.exchange.shuffle(now, out);
    if (now.nowMs >= this.state.tendMs) this.tend(now, out);
  }

  // --- whom to call ---------------------------------------------------------------------------------------------

  private tend(now: Moment, out: Outbox): void {
    const { state, foundation } = this;
    state.tendMs = now.nowMs + foundation.random.jitter(TEND_PERIOD_MS);
    if (now.nowMs - state.keptMs >= TEND_PERIOD_MS / 2) this.keepHouse(now, out);
    const members = this.membersEstimate;
    const open = this.seek(this.neighbors.open(members, now), now, out);
    if (open.length > 0 || this.lacking > 0) this.callWhoIsMissed(open, members, now, out);
    this.preferNear(members, now, out);
    this.askSeeds(now, out);
    if (this.islands.mustKeepLinks(now)) return;
    const isSpare = (neighbor: Neighbor): boolean => this.isSpare(neighbor, now);
    const spare = this.neighbors.surplus(now, isSpare) ?? this.neighbors.overstaying(members, now);
    if (spare !== undefined) this.host.hangUp(spare, "goodbye");
  }

  /**
   * After a loss a link may be the last one across, but where its peer was heard of by another way since, or so lately that
   * whoever fell silent then would not have been missed yet.
   */
  private isSpare({ link, peer }: Neighbor, now: Moment): boolean {
    const sinceMs = this.islands.sinceLossMs(now);
    if (sinceMs === undefined) return true;
    const { silenceMs } = this.foundation.config.tuning;
    const since = this.table.slot({ ...now, meshMs: now.meshMs - Math.min(sinceMs, silenceMs) });
    return this.table.waysTo(peer).some((way) => way.link !== link && way.slot > since);
  }

  /** Forget what has run out. */
  private keepHouse(now: Moment, out: Outbox): void {
    const { state, foundation } = this;
    const sinceMs = now.nowMs - state.keptMs;
    state.keptMs = now.nowMs;
    this.table.expire(now);
    this.witness.expire(this.table.slot(now) - foundation.config.tuning.lifeSlots);
    this.introductions.expire(now);
    if (sinceMs > ASLEEP_MS) state.wokeMs = now.nowMs;
    // Whoever slept has heard nothing meanwhile, and learns within some shuffles who has not gone.
    const isAwake = now.nowMs - state.wokeMs >= AWAKE_MS;
    const heardSlot = isAwake ? this.table.slot(now) - this.heardWithin : Number.NEGATIVE_INFINITY;
    const isKnown = (member: MemberRecord): boolean => this.isHeardOf(member, heardSlot);
    this.host.directory.sweep(isKnown, now.nowMs, out);
    this.listen(sinceMs, now, out);
  }

  /**
   * A descriptor minted after `heardSlot`, a link or an introduction speaks for it; where our own link to it broke, a
   * younger descriptor has to.
   */
  private isHeardOf({ peer, doubtSlot }: MemberRecord, heardSlot: number): boolean {
    const isDoubted = doubtSlot !== undefined;
    const since = isDoubted ? heardSlot + Math.floor(this.heardWithin / 2) : heardSlot;
    const known = this.table.get(peer)?.descriptor;
    if (known !== undefined && known.slot > since) return true;
    return this.neighbors.of(peer) !== undefined || (!isDoubted && this.introductions.get(peer) !== undefined);
  }

  private callWhoIsMissed(open: readonly Turn[], members: number, now: Moment, out: Outbox): void {
    // Calls that begin here make us lack less, so what is not lacking now will not be.
    const callable = this.lacking > 0 ? this.callable(now) : [];
    const inCall = [...this.calls.state.calls.values()].map((call) => call.peer);
    const mayCall = (peer: PeerId): boolean => this.isCallable(peer, now);
    for (const { peer, ring, epoch } of this.neighbors.missing(open, this.heardOf(), inCall, members, now, mayCall)) {
      if (this.mayTry(peer)) this.calling.call(peer, "ring", ring, epoch, { kind: "route" }, now, out);
    }
    this.fill(callable, now, out);
  }

  /**
   * Is there a place for this call? After a mass crash most routes lead to the dead, and as many rings as there are places
   * would take all of them until the last descriptor of the dead has run out: whomever the seed names could not be called.
   */
  private mayTry(peer: PeerId): boolean {
    if (!this.calls.mayBegin) return false;
    if (this.introductions.get(peer) !== undefined || this.calls.unsure < UNSURE_MAX) return true;
    return this.livelyCount >= this.foundation.config.tuning.linksMin;
  }

  /** Rings whose nearest peer can be named now: neighbors have been asked, or there are too few links to wait for them. */
  private seek(open: readonly Turn[], now: Moment, out: Outbox): readonly Turn[] {
    for (const { ring, epoch } of this.seeking.due(open, now)) {
      for (const { link } of this.lively) {
        out.frame(link, { kind: "peersWant", of: "ring", ring, epoch }, "control");
      }
    }
    return this.livelyCount < this.foundation.config.tuning.linksMin ? open : this.seeking.answered(open, now);
  }

  /** On near rings, try the next peers assigned beside the one that serves, one at a time, and let the nearest serve. */
  private preferNear(members: number, now: Moment, out: Outbox): void {
    const { neighbors, nearness, rings, calls, host } = this;
    // Where everyone is within tolerance of everyone, most are neighbors already.
    if (this.lacking > 0 || members <= this.foundation.config.tuning.toleranceMembersMin) return;
    for (const { ring, epoch } of nearness.undecided(neighbors.served(now), now)) {
      const serving = neighbors.serving(ring, epoch)!.neighbor;
      let rival = nearness.rival(ring, epoch);
      if (rival === undefined) {
        if (!calls.mayBegin) continue;
        const passed = new Set([serving.peer, ...nearness.tried(ring, epoch)]);
        const known = [...this.callable(now), ...neighbors.peers()].filter((peer) => !passed.has(peer));
        const next = rings.assigned(ring, epoch, known);
        rival = next !== undefined && rings.fits(next, ring, epoch, members) ? next : undefined;
        nearness.challenge(ring, epoch, rival, now);
        if (rival === undefined) continue;
        if (neighbors.of(rival) === undefined) {
          this.calling.call(rival, "ring", ring, epoch, { kind: "route" }, now, out);
        }
      }
      const link = neighbors.of(rival);
      const trial = {
        servingRttMs: host.rttLeastMs(serving.link),
        rivalRttMs: link === undefined ? undefined : host.rttLeastMs(link.link),
        alive: link !== undefined || calls.with(rival) !== undefined,
      };
      if (nearness.decide(ring, epoch, trial, now) && link !== undefined) neighbors.assign(link, ring, epoch, now);
    }
  }

  /** Everyone of whom an introduction or a descriptor is known, those with both twice. */
  private *heardOf(): Generator<PeerId> {
    yield* this.introductions.peers();
    yield* this.table.state.entries.keys();
  }

  /** Known peers that a sealed offer can reach now and that nothing speaks against calling. */
  private callable(now: Moment): PeerId[] {
    const callable: PeerId[] = [];
    for (const peer of this.introductions.peers()) if (this.isCallable(peer, now)) callable.push(peer);
    for (const peer of this.table.state.entries.keys()) {
      if (this.introductions.get(peer) === undefined && this.isCallable(peer, now)) callable.push(peer);
    }
    return callable;
  }

  /** What fails most often comes first: right after a crash most have no way, or were tried already. */
  private isCallable(peer: PeerId, now: Moment): boolean {
    return (
      this.calls.mayCall(peer, now) &&
      this.routes.knowsWay(peer) &&
      this.neighbors.of(peer) === undefined &&
      this.calls.with(peer) === undefined &&
      !this.host.isShutOut(peer) &&
      !this.host.isGraylisted(peer) &&
      this.boxKeyOf(peer) !== undefined
    );
  }

  /** Below the minimum of links: call whoever is known, and ask neighbors whom they know. */
  private fill(callable: readonly PeerId[], now: Moment, out: Outbox): void {
    let { lacking } = this;
    if (lacking <= 0) return;
    // Introductions first: after a mass crash they alone lead to the living, and a call to the dead takes a place.
    const introduced = callable.filter((peer) => this.introductions.get(peer) !== undefined);
    const others = callable.filter((peer) => this.introductions.get(peer) === undefined);
    const { random, config } = this.foundation;
    const anchors = introduced.filter((peer) => config.anchors?.includes(peer) === true);
    const tries = [
      ...anchors,
      ...random.sample(
        introduced.filter((peer) => !anchors.includes(peer)),
        lacking,
      ),
      ...random.sample(others, UNSURE_MAX),
    ];
    for (const peer of tries.slice(0, lacking)) {
      if (!this.mayTry(peer) || this.calls.with(peer) !== undefined) continue;
      this.calling.call(peer, "filler", 0, 0, { kind: "route" }, now, out);
      lacking--;
    }
    if (lacking > 0 && this.livelyCount > 0 && now.nowMs - this.state.askedNeighborsMs >= ASK_NEIGHBORS_PERIOD_MS) {
      this.state.askedNeighborsMs = now.nowMs;
      const asked = this.foundation.random.pick(this.lively);
      if (asked !== undefined) {
        out.frame(asked.link, { kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }, "control");
      }
    }
  }

  private askSeeds(now: Moment, out: Outbox): void {
    // Whoever is named now could not be called: ask when a place is free.
    if (!this.calls.mayBegin) return;
    const question = this.islands.ask(this.livelyCount, now);
    if (question !== undefined) out.effect({ kind: "seedAsk", ...question });
  }

  /** How much is heard of the mesh tells whether this peer, perhaps with a few others, is cut off from it. */
  private listen(sinceMs: number, now: Moment, out: Outbox): void {
    const heard = this.table.recent(RECENT_SLOTS, now);
    const members = this.census.isSettled ? this.membersEstimate : undefined;
    const isolation = this.islands.onHeard(heard, members, this.livelyCount, sinceMs, now);
    if (isolation !== undefined) out.effect({ kind: "emit", event: { type: "isolated", ...isolation } });
  }

  /** A card at the seed was checked. Call whoever stands there, when we lack links or never heard of it. */
  onSeedPeer(credential: Credential, seed: number, seat: string, now: Moment, out: Outbox): void {
    const { peer } = credential;
    // On an island the others are known still, and cannot be reached: then the seed is the only way.
    const unheard = this.islands.maybeApart(now) || !this.host.directory.state.members.has(peer);
    if (this.neighbors.of(peer) !== undefined || this.calls.with(peer) !== undefined) return;
    if (this.lacking <= 0 && !unheard) return;
    if (!this.calls.mayBegin || !this.calls.mayCall(peer, now)) return;
    this.calling.call(peer, "join", 0, 0, { kind: "seed", seed, seat }, now, out);
  }

  // --- what ends ------------------------------------------------------------------------------------------------

  /** Nobody is to be looked for any more who has said that it is gone. */
  onDeparted(peer: PeerId, incarnation: number): void {
    const entry = this.table.get(peer);
    if (entry !== undefined && entry.descriptor.incarnation <= incarnation) this.table.remove(peer);
    this.introductions.remove(peer);
    this.islands.onDeparted();
  }

  /** Descriptors of a creator that is convicted or revoked are neither known nor owned nor introduced any more. */
  onShutOut(peer: PeerId): void {
    this.table.remove(peer);
    this.introductions.remove(peer);
  }

  /** More links fell quiet. */
  onQuieter(now: Moment): void {
    const lively = this.livelyCount;
    this.islands.onQuiet(this.neighbors.size - lively, lively, now);
    this.urge(now);
  }

  /** A neighbor is gone that did not mean to go. */
  onVanished(peer: PeerId, now: Moment): void {
    this.host.directory.doubt(peer, this.table.slot(now));
    this.islands.onVanished(this.neighbors.size, now);
  }

  /** A dead end: if the circuit was to carry a call of ours, the next try goes another way. */
  onRouteEnd(link: LinkId, circuit: string, now: Moment, out: Outbox): void {
    if (!this.routes.onRouteEnd(link, circuit, out)) return;
    for (const { peer, path } of this.calls.state.calls.values()) {
      if (path.kind === "circuit" && path.circuit === circuit) this.table.demote(peer, link);
    }
    this.calling.onCircuitLost(circuit, now);
  }

  onLinkLost(link: LinkId, now: Moment, out: Outbox): void {
    this.calling.onLinkLost(link, now);
    this.shuffles.onLinkDown(link);
    this.seeking.onLinkDown(link);
    this.introductions.onLinkDown(link);
    for (const circuit of this.routes.onLinkDown(link, out)) this.calling.onCircuitLost(circuit, now);
    this.urge(now);
  }
}

/** How often the overlay looks whether a link is missing, beside when something happens. Guess. */
const TEND_PERIOD_MS = 1_000;
/** While links are few: so that most places of calls under way are left for whomever neighbors and the seed introduce. Guess. */
const UNSURE_MAX = 2;
/** Guess: a few round trips, so that one answer is used before the next is asked for. */
const ASK_NEIGHBORS_PERIOD_MS = 1_000;
/**
 * The youngest descriptor that is known of a living peer is hardly ever older than this, in mint slots, and than the square
 * of a tenth of the members. Measured with whole peers, 2% loss: 999 of 1 000 are within 5, 5, 6, 11 and 18 slots in
 * meshes of 5, 10, 20, 30 and 60. In larger ones than some 40 nobody is missed before its descriptors have run out.
 */
const HEARD_SLOTS = 6;
/** Guess: some turns that the overlay did not look. */
const ASLEEP_MS = 5_000;
/** Guess: what was hung up meanwhile is given up, replaced, and shuffled over three times. */
const AWAKE_MS = 40_000;
/** Mint slots within which a descriptor says that its creator can be heard of now. Guess: two fifths of its life. */
const RECENT_SLOTS = 8;
