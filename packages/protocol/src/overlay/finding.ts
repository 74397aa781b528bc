/**
 * Finding peers: composes those rooms of `sampling/` that learn who is in the mesh, and from them whom to call, beyond those
 * whom the seed names. A part of the overlay that comes later (`parts.ts`): a newcomer's first link is made without it.
 */
import { Exchange } from "./exchange.ts";
import type { Host } from "./host.ts";
import type { MemberRecord } from "../membership/directory.ts";
import { type Overlay, TEND_PERIOD_MS } from "./overlay.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { CensusState } from "../sampling/census.ts";
import { Census } from "../sampling/census.ts";
import type { DescriptorChecksState } from "../sampling/descriptor-checks.ts";
import { DescriptorChecks } from "../sampling/descriptor-checks.ts";
import type { IntroductionsState } from "../sampling/introductions.ts";
import { Introductions } from "../sampling/introductions.ts";
import type { NearnessState } from "../sampling/nearness.ts";
import { Nearness } from "../sampling/nearness.ts";
import type { Neighbor, Neighbors, Turn } from "../sampling/neighbors.ts";
import type { Rings } from "../sampling/rings.ts";
import type { RoutesState } from "../sampling/routes.ts";
import { Routes } from "../sampling/routes.ts";
import type { SeekingState } from "../sampling/seeking.ts";
import { Seeking } from "../sampling/seeking.ts";
import type { ShufflesState } from "../sampling/shuffles.ts";
import { Shuffles } from "../sampling/shuffles.ts";
import type { TableState, Way } from "../sampling/table.ts";
import { Table } from "../sampling/table.ts";
import type { WitnessState } from "../sampling/witness.ts";
import { Witness } from "../sampling/witness.ts";
import type { LinkId, PeerId } from "../types.ts";

export interface FindingState {
  readonly nearness: NearnessState;
  readonly table: TableState;
  readonly shuffles: ShufflesState;
  readonly checks: DescriptorChecksState;
  readonly witness: WitnessState;
  readonly census: CensusState;
  readonly seeking: SeekingState;
  readonly routes: RoutesState;
  readonly introductions: IntroductionsState;
  askedNeighborsMs: number;
  /** When the house was kept last, and when that had not been done for long. */
  keptMs: number;
  wokeMs: number;
}

export interface FindingCounts {
  readonly descriptors: { readonly known: number; readonly owned: number };
  readonly shuffles: { readonly started: number; readonly answered: number };
  readonly routes: { readonly circuits: number; readonly forwarded: number; readonly deadEnds: number };
}

export class Finding {
  readonly state: FindingState;
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
  readonly exchange: Exchange;
  readonly routes: Routes;
  private readonly foundation: Foundation;
  private readonly host: Host;
  private readonly overlay: Overlay;

  constructor(foundation: Foundation, host: Host, overlay: Overlay, state?: FindingState) {
    this.foundation = foundation;
    this.host = host;
    this.overlay = overlay;
    this.rings = overlay.rings;
    this.neighbors = overlay.neighbors;
    this.nearness = new Nearness(foundation, state?.nearness);
    this.table = new Table(foundation, (link) => overlay.isUp(link), state?.table);
    this.shuffles = new Shuffles(foundation, state?.shuffles);
    this.checks = new DescriptorChecks(foundation, state?.checks);
    this.witness = new Witness(foundation, state?.witness);
    this.census = new Census(state?.census);
    this.seeking = new Seeking(foundation, state?.seeking);
    this.introductions = new Introductions(state?.introductions);
    this.exchange = new Exchange(foundation, host, this);
    const ways = {
      neighbor: (peer: PeerId): LinkId | undefined => this.neighbors.of(peer)?.link,
      ways: (peer: PeerId): readonly Way[] => this.table.waysTo(peer),
      hasWay: (peer: PeerId): boolean => this.table.hasWay(peer),
      introducer: (peer: PeerId): LinkId | undefined => this.introductions.get(peer)?.link,
      isUp: (link: LinkId): boolean => overlay.isUp(link),
    };
    this.routes = new Routes(foundation, ways, state?.routes);
    this.state = state ?? {
      nearness: this.nearness.state,
      table: this.table.state,
      shuffles: this.shuffles.state,
      checks: this.checks.state,
      witness: this.witness.state,
      census: this.census.state,
      seeking: this.seeking.state,
      routes: this.routes.state,
      introductions: this.introductions.state,
      askedNeighborsMs: 0,
      keptMs: 0,
      wokeMs: 0,
    };
  }

  /** Our places, and what we owned, were another key's. All links are gone. */
  onRekey(now: Moment): void {
    this.table.state.owned.length = 0;
    this.table.remove(this.foundation.self);
    this.shuffles.onRekey(now);
  }

  counts(): FindingCounts {
    const { table, shuffles, routes } = this.state;
    return {
      descriptors: { known: table.entries.size, owned: table.owned.length },
      shuffles: { started: shuffles.started, answered: shuffles.answered },
      routes: { circuits: routes.circuits.size, forwarded: routes.forwarded, deadEnds: routes.deadEnds },
    };
  }

  get lively(): readonly Neighbor[] {
    return this.overlay.lively;
  }

  urge(now: Moment, waitMs = 0): void {
    this.overlay.urge(now, waitMs);
  }

  /** Mint slots within which something is heard of nearly everyone who is there. */
  get heardWithin(): number {
    const members = Math.max(this.overlay.membersEstimate, this.table.state.entries.size);
    return Math.min(HEARD_SLOTS + Math.ceil((members / 10) ** 2), this.foundation.config.tuning.lifeSlots);
  }

  // --- whom to call ---------------------------------------------------------------------------------------------

  tend(members: number, now: Moment, out: Outbox): void {
    const open = this.seek(this.neighbors.open(members, now), now, out);
    if (open.length > 0 || this.overlay.lacking > 0) this.callWhoIsMissed(open, members, now, out);
    this.preferNear(members, now, out);
  }

  /** Forget what has run out. */
  keepHouse(now: Moment, out: Outbox): void {
    const { state, foundation } = this;
    const sinceMs = now.nowMs - state.keptMs;
    if (sinceMs < TEND_PERIOD_MS / 2) return;
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

  /** A link that nobody needs any more. */
  spare(members: number, now: Moment): LinkId | undefined {
    if (this.overlay.islands.mustKeepLinks(now)) return undefined;
    const surplus = this.neighbors.surplus(now, (neighbor) => this.isSpare(neighbor, now));
    return surplus ?? this.neighbors.overstaying(members, now);
  }

  /**
   * After a loss a link may be the last one across, but where its peer was heard of by another way since, or so lately that
   * whoever fell silent then would not have been missed yet.
   */
  private isSpare({ link, peer }: Neighbor, now: Moment): boolean {
    if (!this.overlay.isWide) return true;
    const sinceMs = this.overlay.islands.sinceLossMs(now);
    if (sinceMs === undefined) return true;
    const { silenceMs } = this.foundation.config.tuning;
    const since = this.table.slot({ ...now, meshMs: now.meshMs - Math.min(sinceMs, silenceMs) });
    return this.table.waysTo(peer).some((way) => way.link !== link && way.slot > since);
  }

  private callWhoIsMissed(open: readonly Turn[], members: number, now: Moment, out: Outbox): void {
    // Calls that begin here make us lack less, so what is not lacking now will not be.
    const callable = this.overlay.lacking > 0 ? this.callable(now) : [];
    const inCall = [...this.overlay.calls.state.calls.values()].map((call) => call.peer);
    const mayCall = (peer: PeerId): boolean => this.isCallable(peer, now);
    for (const { peer, ring, epoch } of this.neighbors.missing(open, this.heardOf(), inCall, members, now, mayCall)) {
      if (this.mayTry(peer)) this.overlay.calling.call(peer, "ring", ring, epoch, { kind: "route" }, now, out);
    }
    this.fill(callable, now, out);
  }

  /**
   * Is there a place for this call? After a mass crash most routes lead to the dead, and as many rings as there are places
   * would take all of them until the last descriptor of the dead has run out: whomever the seed names could not be called.
   */
  private mayTry(peer: PeerId): boolean {
    if (!this.overlay.calls.mayBegin) return false;
    if (this.introductions.get(peer) !== undefined || this.overlay.calls.unsure < UNSURE_MAX) return true;
    return this.overlay.livelyCount >= this.foundation.config.tuning.linksMin;
  }

  /** Rings whose nearest peer can be named now: neighbors have been asked, or there are too few links to wait for them. */
  private seek(open: readonly Turn[], now: Moment, out: Outbox): readonly Turn[] {
    for (const { ring, epoch } of this.seeking.due(open, now)) {
      for (const { link } of this.lively) {
        out.frame(link, { kind: "peersWant", of: "ring", ring, epoch }, "control");
      }
    }
    return this.overlay.livelyCount < this.foundation.config.tuning.linksMin ? open : this.seeking.answered(open, now);
  }

  /** On near rings, try the next peers assigned beside the one that serves, one at a time, and let the nearest serve. */
  private preferNear(members: number, now: Moment, out: Outbox): void {
    const { neighbors, nearness, rings, host } = this;
    const { calls } = this.overlay;
    // Where everyone is within tolerance of everyone, most are neighbors already.
    if (this.overlay.lacking > 0 || members <= this.foundation.config.tuning.toleranceMembersMin) return;
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
          this.overlay.calling.call(rival, "ring", ring, epoch, { kind: "route" }, now, out);
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
      this.overlay.calls.mayCall(peer, now) &&
      this.routes.knowsWay(peer) &&
      this.neighbors.of(peer) === undefined &&
      this.overlay.calls.with(peer) === undefined &&
      !this.host.isShutOut(peer) &&
      !this.host.isGraylisted(peer) &&
      this.overlay.boxKeyOf(peer) !== undefined
    );
  }

  /** Below the minimum of links: call whoever is known, and ask neighbors whom they know. */
  private fill(callable: readonly PeerId[], now: Moment, out: Outbox): void {
    let { lacking } = this.overlay;
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
      if (!this.mayTry(peer) || this.overlay.calls.with(peer) !== undefined) continue;
      this.overlay.calling.call(peer, "filler", 0, 0, { kind: "route" }, now, out);
      lacking--;
    }
    if (
      lacking > 0 &&
      this.overlay.livelyCount > 0 &&
      now.nowMs - this.state.askedNeighborsMs >= ASK_NEIGHBORS_PERIOD_MS
    ) {
      this.state.askedNeighborsMs = now.nowMs;
      const asked = this.foundation.random.pick(this.lively);
      if (asked !== undefined) {
        out.frame(asked.link, { kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }, "control");
      }
    }
  }

  /** How much is heard of the mesh tells whether this peer, perhaps with a few others, is cut off from it. */
  private listen(sinceMs: number, now: Moment, out: Outbox): void {
    const heard = this.table.recent(RECENT_SLOTS, now);
    const members = this.census.isSettled ? this.overlay.membersEstimate : undefined;
    const isolation = this.overlay.islands.onHeard(heard, members, this.overlay.livelyCount, sinceMs, now);
    if (isolation !== undefined) out.effect({ kind: "emit", event: { type: "isolated", ...isolation } });
  }

  // --- what ends ------------------------------------------------------------------------------------------------

  onDeparted(peer: PeerId, incarnation: number): void {
    const entry = this.table.get(peer);
    if (entry !== undefined && entry.descriptor.incarnation <= incarnation) this.table.remove(peer);
    this.introductions.remove(peer);
  }

  onShutOut(peer: PeerId): void {
    this.table.remove(peer);
    this.introductions.remove(peer);
  }

  /** A dead end: if the circuit was to carry a call of ours, the next try goes another way. */
  onRouteEnd(link: LinkId, circuit: string, now: Moment, out: Outbox): void {
    const { calls, calling } = this.overlay;
    if (!this.routes.onRouteEnd(link, circuit, out)) return;
    for (const { peer, path } of calls.state.calls.values()) {
      if (path.kind === "circuit" && path.circuit === circuit) this.table.demote(peer, link);
    }
    calling.onCircuitLost(circuit, now);
  }

  onLinkLost(link: LinkId, now: Moment, out: Outbox): void {
    this.shuffles.onLinkDown(link);
    this.seeking.onLinkDown(link);
    this.introductions.onLinkDown(link);
    for (const circuit of this.routes.onLinkDown(link, out)) this.overlay.calling.onCircuitLost(circuit, now);
  }
}

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
