/**
 * The overlay of one peer: links to the peers that it is assigned or named, calls under way, and the way back to the seed;
 * with `finding.ts`, a service that finds peers, fills up after losses, and keeps descriptors moving. It speaks to other peers
 * in sealed envelopes for calls, and in frames for everything between neighbors; `peer.ts` owns both.
 */
import type { Host } from "./host.ts";
import type { Credential, LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Around } from "./calling.ts";
import { Calling } from "./calling.ts";
import { absentFinding, type FindingRoom } from "../parts/absent.ts";
import type { FindingState } from "./finding.ts";
import type { LaterRooms } from "../parts/later-rooms.ts";
import type { BudgetState } from "../sampling/budget.ts";
import { Budget } from "../sampling/budget.ts";
import type { CallsState } from "../sampling/calls.ts";
import { Calls } from "../sampling/calls.ts";
import type { IslandsState } from "../sampling/islands.ts";
import { Islands } from "../sampling/islands.ts";
import type { Neighbor, NeighborsState } from "../sampling/neighbors.ts";
import { Neighbors } from "../sampling/neighbors.ts";
import { Rings } from "../sampling/rings.ts";

/** In a mesh of fewer every peer is within tolerance of every other on some ring (reference simulation). */
const SMALL_MESH = 30;

export interface OverlayState {
  readonly neighbors: NeighborsState;
  readonly calls: CallsState;
  readonly islands: IslandsState;
  readonly budget: BudgetState;
  /** Undefined until it has come (`parts.ts`). */
  finding: FindingState | undefined;
  nextLink: LinkId;
  tendMs: number;
}

export class Overlay {
  readonly state: OverlayState;
  readonly rings: Rings;
  readonly neighbors: Neighbors;
  readonly islands: Islands;
  readonly budget: Budget;
  readonly calls: Calls;
  readonly calling: Calling;
  /** Until it has come, the seed alone names peers to call. */
  finding: FindingRoom = absentFinding;
  private readonly foundation: Foundation;
  private readonly host: Host;

  /** `later`: what is there from the beginning; a state says by itself whether it is. */
  constructor(foundation: Foundation, host: Host, state?: OverlayState, later?: LaterRooms) {
    this.foundation = foundation;
    this.host = host;
    this.rings = new Rings(foundation);
    this.neighbors = new Neighbors(foundation, this.rings, state?.neighbors);
    this.islands = new Islands(foundation, state?.islands);
    this.budget = new Budget(state?.budget);
    this.calls = new Calls(foundation, state?.calls);
    this.calling = new Calling(foundation, host, this.around(), this.calls, this.neighbors, this.budget);
    this.state = state ?? {
      neighbors: this.neighbors.state,
      calls: this.calls.state,
      islands: this.islands.state,
      budget: this.budget.state,
      finding: undefined,
      nextLink: 1,
      tendMs: Number.POSITIVE_INFINITY,
    };
    if (later !== undefined && (state === undefined || state.finding !== undefined)) this.open(later, state?.finding);
  }

  /** From now on peers are found among peers. Once. */
  open({ Finding }: LaterRooms, state?: FindingState): void {
    const finding = new Finding(this.foundation, this.host, this, state);
    this.finding = finding;
    this.state.finding = finding.state;
  }

  private around(): Around {
    return {
      boxKeyOf: (peer) => this.boxKeyOf(peer),
      membersEstimate: () => this.membersEstimate,
      mustKeep: (neighbor, now) => this.isWide && this.islands.mustKeep(neighbor.sinceMs, now),
      isIntroduced: (peer) => this.finding.introductions.get(peer) !== undefined,
      nextLink: () => this.state.nextLink++,
      urge: (now, waitMs) => this.urge(now, waitMs),
    };
  }

  onStart(now: Moment): void {
    this.finding.shuffles.onStart(now);
    this.islands.onStart(now);
    this.urge(now);
  }

  /** Our places were another key's. All links are gone. */
  onRekey(now: Moment): void {
    this.rings.onRekey();
    this.finding.onRekey(now);
    this.urge(now);
  }

  /** Look after the overlay soon: something changed for the worse, or somebody new is known. */
  urge(now: Moment, waitMs = 0): void {
    this.state.tendMs = Math.min(this.state.tendMs, now.nowMs + waitMs);
  }

  get deadlineMs(): number {
    if (this.host.paused) return Number.POSITIVE_INFINITY;
    return Math.min(this.state.tendMs, this.calls.deadlineMs, this.finding.shuffles.deadlineMs);
  }

  /** Neighbors from whom something was heard of late: those on whom repair can count. */
  get lively(): readonly Neighbor[] {
    return [...this.neighbors.all()].filter(({ link }) => !this.host.isQuiet(link));
  }

  get livelyCount(): number {
    let count = 0;
    for (const { link } of this.neighbors.all()) if (!this.host.isQuiet(link)) count++;
    return count;
  }

  /** Links short of the minimum, calls under way counted as links. */
  get lacking(): number {
    return this.foundation.config.tuning.linksMin - this.livelyCount - this.calls.state.calls.size;
  }

  isUp(link: LinkId): boolean {
    return this.neighbors.get(link) !== undefined && !this.host.isQuiet(link);
  }

  /**
   * May one link be the last one between two parts? Where all may call all (`SMALL_MESH`) there is no such link, and whoever
   * keeps every link it has leaves no place for one that lost its own.
   */
  get isWide(): boolean {
    return this.membersEstimate > SMALL_MESH;
  }

  /** About how many members there are, ourselves included: what tolerances are counted in. */
  get membersEstimate(): number {
    const { size } = this.host.directory.state.members;
    return this.finding.census.estimate(size) + 1;
  }

  boxKeyOf(peer: PeerId): Uint8Array | undefined {
    const credential = this.host.admission.get(peer) ?? this.finding.introductions.get(peer)?.credential;
    const descriptor = this.finding.table.get(peer)?.descriptor;
    if (credential === undefined) return descriptor?.boxKey;
    return descriptor !== undefined && descriptor.incarnation > credential.incarnation
      ? descriptor.boxKey
      : credential.boxKey;
  }

  onDeadline(now: Moment, out: Outbox): void {
    const { finding } = this;
    if (this.host.paused) return;
    this.calling.onDeadline(now);
    if (finding.shuffles.isDue(now)) finding.exchange.shuffle(now, out);
    if (now.nowMs >= this.state.tendMs) this.tend(now, out);
  }

  // --- whom to call ---------------------------------------------------------------------------------------------

  private tend(now: Moment, out: Outbox): void {
    const { finding } = this;
    this.state.tendMs = now.nowMs + this.foundation.random.jitter(TEND_PERIOD_MS);
    finding.keepHouse(now, out);
    const members = this.membersEstimate;
    finding.tend(members, now, out);
    this.askSeeds(now, out);
    const spare = finding.spare(members, now);
    if (spare !== undefined) this.host.hangUp(spare, "goodbye");
  }

  private askSeeds(now: Moment, out: Outbox): void {
    // Whoever is named now could not be called: ask when a place is free.
    if (!this.calls.mayBegin) return;
    const question = this.islands.ask(this.livelyCount, now);
    if (question !== undefined) out.effect({ kind: "seedAsk", ...question });
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
    this.finding.onDeparted(peer, incarnation);
    this.islands.onDeparted();
  }

  /** Descriptors of a creator that is convicted or revoked are neither known nor owned nor introduced any more. */
  onShutOut(peer: PeerId): void {
    this.finding.onShutOut(peer);
  }

  /** More links fell quiet. */
  onQuieter(now: Moment): void {
    const lively = this.livelyCount;
    this.islands.onQuiet(this.neighbors.size - lively, lively, now);
    this.urge(now);
  }

  /** A neighbor is gone that did not mean to go. */
  onVanished(peer: PeerId, now: Moment): void {
    const { mintPeriodMs } = this.foundation.config.tuning;
    this.host.directory.doubt(peer, Math.floor(now.meshMs / mintPeriodMs));
    this.islands.onVanished(this.neighbors.size, now);
  }

  onLinkLost(link: LinkId, now: Moment, out: Outbox): void {
    this.calling.onLinkLost(link, now);
    this.finding.onLinkLost(link, now, out);
    this.urge(now);
  }
}

/** How often the overlay looks whether a link is missing, beside when something happens. Guess. */
export const TEND_PERIOD_MS = 1_000;
