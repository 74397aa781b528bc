/**
 * The overlay of one peer: composes the rooms of `sampling/` into a service that finds peers, links to the ones it is
 * assigned, fills up after losses, and keeps descriptors moving. It speaks to other peers in sealed envelopes for
 * calls, and in frames for everything between neighbors; `peer.ts` owns both and composes this with the other rooms.
 */
import { limits } from "./limits.ts";
import type { Host } from "./host.ts";
import type { Credential, Descriptor, LinkId, PeerId } from "./types.ts";
import type { Foundation, Moment, Outbox } from "./room.ts";
import type { PeersHaveFrame, PeersWantFrame, Sample, ShuffleFrame, ShuffleReplyFrame } from "./wire/frames.ts";
import type { Around } from "./calling.ts";
import { Calling } from "./calling.ts";
import type { CallsState } from "./sampling/calls.ts";
import { Calls } from "./sampling/calls.ts";
import { giverOf, ownerOf } from "./sampling/chains.ts";
import type { Batch, DescriptorChecksState } from "./sampling/descriptor-checks.ts";
import { DescriptorChecks } from "./sampling/descriptor-checks.ts";
import type { NeighborsState } from "./sampling/neighbors.ts";
import { Neighbors } from "./sampling/neighbors.ts";
import { Rings } from "./sampling/rings.ts";
import type { RoutesState } from "./sampling/routes.ts";
import { Routes } from "./sampling/routes.ts";
import type { ShufflesState } from "./sampling/shuffles.ts";
import { Shuffles } from "./sampling/shuffles.ts";
import type { Entry, TableState } from "./sampling/table.ts";
import { sampleOf, Table } from "./sampling/table.ts";
import type { WitnessState } from "./sampling/witness.ts";
import { Witness } from "./sampling/witness.ts";

interface Introduction {
  readonly credential: Credential;
  readonly link: LinkId;
  readonly atMs: number;
}

export interface OverlayState {
  readonly neighbors: NeighborsState;
  readonly table: TableState;
  readonly shuffles: ShufflesState;
  readonly checks: DescriptorChecksState;
  readonly witness: WitnessState;
  readonly routes: RoutesState;
  readonly calls: CallsState;
  /** Neighbors' neighbors, by credentials that were checked. Insertion order is age. */
  readonly introduced: Map<PeerId, Introduction>;
  readonly seedsUp: Set<number>;
  seedAskMs: number;
  seedWaitMs: number;
  /** When links ended lately that nobody meant to end, oldest first. */
  vanished: number[];
  /** Until then we may be on an island of those who vanished together with us, or woke together. */
  apartUntilMs: number;
  askedNeighborsMs: number;
  nextLink: LinkId;
  tendMs: number;
}

export class Overlay {
  readonly state: OverlayState;
  readonly rings: Rings;
  readonly neighbors: Neighbors;
  readonly table: Table;
  readonly shuffles: Shuffles;
  readonly checks: DescriptorChecks;
  readonly witness: Witness;
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
    this.table = new Table(foundation, (link) => this.neighbors.get(link) !== undefined, state?.table);
    this.shuffles = new Shuffles(foundation, state?.shuffles);
    this.checks = new DescriptorChecks(foundation, state?.checks);
    this.witness = new Witness(foundation, state?.witness);
    this.calls = new Calls(foundation, state?.calls);
    this.calling = new Calling(foundation, host, this.around(), this.calls, this.neighbors);
    const ways = {
      neighbor: (peer: PeerId): LinkId | undefined => this.neighbors.of(peer)?.link,
      entry: (peer: PeerId): ReturnType<Table["get"]> => this.table.get(peer),
      introducer: (peer: PeerId): LinkId | undefined => this.state.introduced.get(peer)?.link,
      isUp: (link: LinkId): boolean => this.neighbors.get(link) !== undefined,
    };
    this.routes = new Routes(foundation, ways, state?.routes);
    this.state = state ?? {
      neighbors: this.neighbors.state,
      table: this.table.state,
      shuffles: this.shuffles.state,
      checks: this.checks.state,
      witness: this.witness.state,
      routes: this.routes.state,
      calls: this.calls.state,
      introduced: new Map(),
      seedsUp: new Set(),
      seedAskMs: 0,
      seedWaitMs: SEED_WAIT_FIRST_MS,
      vanished: [],
      apartUntilMs: 0,
      askedNeighborsMs: 0,
      nextLink: 1,
      tendMs: Number.POSITIVE_INFINITY,
    };
  }

  private around(): Around {
    return {
      boxKeyOf: (peer) => this.boxKeyOf(peer),
      membersEstimate: () => this.membersEstimate,
      nextLink: () => this.state.nextLink++,
      urge: (now, waitMs) => this.urge(now, waitMs),
    };
  }

  onStart(now: Moment): void {
    this.shuffles.onStart(now);
    this.state.seedAskMs = now.nowMs + this.foundation.random.jitter(this.foundation.config.tuning.seedAskPeriodMs);
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

  /** About how many members there are, ourselves included: what tolerances are counted in. */
  get membersEstimate(): number {
    return this.host.directory.state.members.size + 1;
  }

  boxKeyOf(peer: PeerId): Uint8Array | undefined {
    const credential = this.host.admission.get(peer) ?? this.state.introduced.get(peer)?.credential;
    const descriptor = this.table.get(peer)?.descriptor;
    if (credential === undefined) return descriptor?.boxKey;
    return descriptor !== undefined && descriptor.incarnation > credential.incarnation
      ? descriptor.boxKey
      : credential.boxKey;
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (this.host.paused) return;
    this.calling.onDeadline(now);
    if (this.shuffles.isDue(now)) this.shuffle(now, out);
    if (now.nowMs >= this.state.tendMs) this.tend(now, out);
  }

  // --- whom to call ---------------------------------------------------------------------------------------------

  private tend(now: Moment, out: Outbox): void {
    const { state, foundation } = this;
    state.tendMs = now.nowMs + foundation.random.jitter(1_000);
    this.table.expire(now);
    this.witness.expire(this.table.slot(now) - foundation.config.tuning.lifeSlots);
    const isKnown = (peer: PeerId): boolean =>
      this.neighbors.of(peer) !== undefined || this.table.get(peer) !== undefined || state.introduced.has(peer);
    this.host.directory.sweep(isKnown, now.nowMs, out);
    for (const [peer, introduction] of state.introduced) {
      if (now.nowMs - introduction.atMs > INTRODUCTION_LIFE_MS) state.introduced.delete(peer);
    }
    const callable = this.callable(now);
    const inCall = [...this.calls.state.calls.values()].map((call) => call.peer);
    for (const { peer, ring, epoch } of this.neighbors.missing(callable, inCall, now)) {
      if (!this.calls.mayBegin) break;
      this.calling.call(peer, "ring", ring, epoch, { kind: "route" }, now, out);
    }
    this.fill(callable, now, out);
    this.askSeeds(now, out);
    const surplus = this.neighbors.surplus(now);
    if (surplus !== undefined) this.host.hangUp(surplus, "goodbye");
  }

  /** Known peers that a sealed offer can reach now and that nothing speaks against calling. */
  private callable(now: Moment): PeerId[] {
    const known = new Set([...this.state.introduced.keys(), ...this.table.state.entries.keys()]);
    return [...known].filter((peer) => this.isCallable(peer, now));
  }

  private isCallable(peer: PeerId, now: Moment): boolean {
    return (
      !this.host.isConvicted(peer) &&
      this.neighbors.of(peer) === undefined &&
      this.calls.with(peer) === undefined &&
      this.calls.mayCall(peer, now) &&
      this.routes.knowsWay(peer) &&
      this.boxKeyOf(peer) !== undefined
    );
  }

  /** Below the minimum of links: call whoever is known, and ask neighbors whom they know. */
  private fill(callable: readonly PeerId[], now: Moment, out: Outbox): void {
    const { linksMin } = this.foundation.config.tuning;
    let lacking = linksMin - this.neighbors.size - this.calls.state.calls.size;
    if (lacking <= 0) return;
    for (const peer of this.foundation.random.sample(callable, lacking)) {
      if (!this.calls.mayBegin || this.calls.with(peer) !== undefined) continue;
      this.calling.call(peer, "filler", 0, 0, { kind: "route" }, now, out);
      lacking--;
    }
    if (lacking > 0 && this.neighbors.size > 0 && now.nowMs - this.state.askedNeighborsMs >= ASK_NEIGHBORS_PERIOD_MS) {
      this.state.askedNeighborsMs = now.nowMs;
      const asked = this.foundation.random.pick([...this.neighbors.all()]);
      if (asked !== undefined) {
        out.frame(asked.link, { kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }, "control");
      }
    }
  }

  /**
   * Few links: ask now, with growing waits. Enough: once in a long while, for that merges islands; and soon when half of
   * the links vanished at once, for that is how islands come to be.
   */
  private askSeeds(now: Moment, out: Outbox): void {
    const { state, foundation } = this;
    const { tuning } = foundation.config;
    const few = this.neighbors.size < tuning.seedLinksMin;
    if (!few) state.seedWaitMs = SEED_WAIT_FIRST_MS;
    const regularMs = now.nowMs < state.apartUntilMs ? APART_ASK_MS : tuning.seedAskPeriodMs;
    if (few) state.seedAskMs = Math.min(state.seedAskMs, now.nowMs + state.seedWaitMs);
    if (now.nowMs < state.seedAskMs) return;
    const seed = foundation.random.pick([...state.seedsUp]);
    state.seedAskMs = now.nowMs + foundation.random.jitter(few ? state.seedWaitMs : regularMs);
    if (few) state.seedWaitMs = Math.min(SEED_WAIT_LAST_MS, state.seedWaitMs * 2);
    if (seed !== undefined) out.effect({ kind: "seedAsk", seed, count: few ? tuning.linksMin : 1 });
  }

  /** A card at the seed was checked. Call whoever stands there, when we lack links or never heard of it. */
  onSeedPeer(credential: Credential, seed: number, seat: string, now: Moment, out: Outbox): void {
    const { peer } = credential;
    const lacking = this.foundation.config.tuning.linksMin - this.neighbors.size - this.calls.state.calls.size;
    // On an island the others are known still, and cannot be reached: then the seed is the only way.
    const unheard = now.nowMs < this.state.apartUntilMs || !this.host.directory.state.members.has(peer);
    if (this.neighbors.of(peer) !== undefined || this.calls.with(peer) !== undefined) return;
    if (lacking <= 0 && !unheard) return;
    if (!this.calls.mayBegin || !this.calls.mayCall(peer, now)) return;
    this.calling.call(peer, "join", 0, 0, { kind: "seed", seed, seat }, now, out);
  }

  // --- what ends ------------------------------------------------------------------------------------------------

  /** Nobody is to be looked for any more who has said that it is gone. */
  onDeparted(peer: PeerId, incarnation: number): void {
    const entry = this.table.get(peer);
    if (entry !== undefined && entry.descriptor.incarnation <= incarnation) this.table.remove(peer);
    this.state.introduced.delete(peer);
  }

  /** Descriptors of a convicted creator are neither known nor owned nor introduced any more. */
  onConvicted(peer: PeerId): void {
    this.table.remove(peer);
    this.state.introduced.delete(peer);
  }

  /**
   * A neighbor is gone that did not mean to go. When within a minute as many went as are left, a partition, a mass crash or
   * our own sleep may have cut the mesh in two, and both parts may have links enough: only a seed can tell.
   */
  onVanished(now: Moment): void {
    const { state } = this;
    const recent = state.vanished.filter((atMs) => now.nowMs - atMs < VANISHED_MS).slice(-limits.vanishedMax);
    recent.push(now.nowMs);
    state.vanished = recent;
    if (recent.length < Math.max(2, this.neighbors.size)) return;
    if (now.nowMs >= state.apartUntilMs) {
      // At a moment of its own for each, or all that are left would ask at once.
      state.seedAskMs = Math.min(state.seedAskMs, now.nowMs + this.foundation.random.float() * APART_ASK_MS);
    }
    state.apartUntilMs = now.nowMs + APART_MS;
  }

  onLinkLost(link: LinkId, now: Moment, out: Outbox): void {
    this.calling.onLinkLost(link, now);
    this.shuffles.onLinkDown(link);
    for (const [peer, introduction] of this.state.introduced) {
      if (introduction.link === link) this.state.introduced.delete(peer);
    }
    for (const circuit of this.routes.onLinkDown(link, out)) this.calling.onCircuitLost(circuit, now);
    this.urge(now);
  }

  // --- frames between neighbors ---------------------------------------------------------------------------------

  onPeersWant(link: LinkId, frame: PeersWantFrame, now: Moment, out: Outbox): void {
    const asker = this.neighbors.get(link);
    if (asker === undefined) return;
    const credentials: Credential[] = [];
    const samples: Sample[] = [];
    if (frame.of === "neighbors") credentials.push(...this.introductions(link));
    else {
      let nearest: Entry | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const [peer, entry] of this.table.state.entries) {
        if (peer === asker.peer || !this.table.isLive(entry.descriptor, now)) continue;
        const value = this.rings.value(asker.peer, peer, frame.ring, frame.epoch);
        if (value < least) {
          least = value;
          nearest = entry;
        }
      }
      if (nearest !== undefined) samples.push(sampleOf(nearest));
    }
    out.frame(link, { kind: "peersHave", credentials, samples }, "control");
  }

  /** Credentials are checked by `peer.ts`, which calls `onIntroduced`; samples here. */
  onPeersHave(link: LinkId, frame: PeersHaveFrame, now: Moment, out: Outbox): void {
    const news = frame.samples.filter(
      ({ descriptor, chain }) => this.table.isLive(descriptor, now) && this.table.isFresher(descriptor, chain),
    );
    if (news.length === 0) return;
    const chains = news.map(({ chain }) => chain);
    this.check(
      link,
      { kind: "samples", chains },
      news.map(({ descriptor }) => descriptor),
      now,
      out,
    );
  }

  /** Some of our neighbors, for the one at the other end of `link`. */
  private introductions(link: LinkId): Credential[] {
    const others = [...this.neighbors.all()].filter((neighbor) => neighbor.link !== link);
    return this.foundation.random
      .sample(others, INTRODUCED_AT_ONCE)
      .map((neighbor) => this.host.admission.get(neighbor.peer))
      .filter((credential) => credential !== undefined);
  }

  /** A new neighbor is told at once whom we know, so that a newcomer need not wait for a shuffle to see the mesh. */
  greet(link: LinkId, to: PeerId, now: Moment, out: Outbox): void {
    const credentials = this.introductions(link);
    const samples = this.table.samples(this.foundation.config.tuning.samplesLength, to, now);
    if (credentials.length + samples.length > 0)
      out.frame(link, { kind: "peersHave", credentials, samples }, "control");
  }

  /** Beside every shuffle: copies of what we know, so that a small mesh knows itself whole within a few rounds. */
  private show(link: LinkId, to: PeerId, now: Moment, out: Outbox): void {
    const samples = this.table.samples(this.foundation.config.tuning.samplesLength, to, now);
    if (samples.length > 0) out.frame(link, { kind: "peersHave", credentials: [], samples }, "control");
  }

  onIntroduced(credential: Credential, link: LinkId, now: Moment, out: Outbox): void {
    const { introduced } = this.state;
    const { peer, incarnation } = credential;
    if (peer === this.foundation.self || this.host.directory.hasDeparted(peer, incarnation)) return;
    if (this.host.isConvicted(peer)) return;
    // Whoever introduces a peer says that it is linked to it now: worth believing until the introduction is stale.
    this.host.directory.see(peer, incarnation, now.nowMs, out);
    introduced.delete(peer);
    introduced.set(peer, { credential, link, atMs: now.nowMs });
    if (introduced.size > limits.introducedMax) {
      const oldest = introduced.keys().next().value;
      if (oldest !== undefined) introduced.delete(oldest);
    }
    this.urge(now);
  }

  private shuffle(now: Moment, out: Outbox): void {
    const partner = this.foundation.random.pick([...this.neighbors.all()]);
    if (partner === undefined) return;
    const { swapLength } = this.foundation.config.tuning;
    const slot = this.table.slot(now);
    const minting = this.shuffles.mayMint(slot);
    const spent = this.table.spend(minting ? swapLength - 1 : swapLength, partner.peer);
    this.shuffles.begin(partner.link, partner.peer, slot, spent, now, out);
    this.show(partner.link, partner.peer, now, out);
  }

  /** Returns what is wrong with the frame, if anything. */
  onShuffle(link: LinkId, frame: ShuffleFrame | ShuffleReplyFrame, now: Moment, out: Outbox): string | undefined {
    const neighbor = this.neighbors.get(link);
    if (neighbor === undefined) return undefined;
    const reply = frame.kind === "shuffleReply";
    if (reply && !this.shuffles.onReply(link, frame.id, frame.descriptors.length)) return undefined;
    if (frame.descriptors.length > this.foundation.config.tuning.swapLength) return "a shuffle longer than the swap";
    for (const descriptor of frame.descriptors) {
      if (ownerOf(descriptor) !== this.foundation.self || giverOf(descriptor) !== neighbor.peer) {
        return "a descriptor that was not the sender's to give, or not given to us";
      }
    }
    this.check(link, reply ? { kind: "reply" } : { kind: "shuffle", id: frame.id }, frame.descriptors, now, out);
    return undefined;
  }

  private check(
    link: LinkId,
    purpose: Batch["purpose"],
    descriptors: readonly Descriptor[],
    now: Moment,
    out: Outbox,
  ): void {
    const batch = this.checks.begin(
      link,
      purpose,
      descriptors,
      (descriptor) => this.table.get(descriptor.creator)?.descriptor,
      (descriptor) => this.host.admission.isAdmitted(descriptor.creator),
      out,
    );
    if (batch !== undefined) this.onChecked(batch, now, out);
  }

  /** Every signature in a frame's descriptors held: believe them. */
  onChecked(batch: Batch, now: Moment, out: Outbox): void {
    const neighbor = this.neighbors.get(batch.link);
    if (neighbor === undefined) return;
    const { purpose } = batch;
    for (const [i, descriptor] of batch.descriptors.entries()) {
      if (descriptor.creator === this.foundation.self) continue;
      const evidence = this.witness.see(descriptor);
      if (evidence !== undefined) this.host.onEvidence(evidence);
      if (this.host.isConvicted(descriptor.creator)) continue;
      if (this.host.directory.hasDeparted(descriptor.creator, descriptor.incarnation)) continue;
      const chain = purpose.kind === "samples" ? purpose.chains[i]! : descriptor.hops.length;
      this.table.learn(descriptor, batch.link, chain, now);
      if (purpose.kind !== "samples") this.table.own(descriptor, now);
      if (this.table.get(descriptor.creator) !== undefined) {
        this.host.directory.see(descriptor.creator, descriptor.incarnation, now.nowMs, out);
      }
    }
    if (purpose.kind === "shuffle") {
      const spent = this.table.spend(batch.descriptors.length, neighbor.peer);
      this.shuffles.answer(batch.link, neighbor.peer, purpose.id, spent, out);
      this.show(batch.link, neighbor.peer, now, out);
    }
    this.urge(now, 100);
  }
}

/** Guess: the seed is told to answer within a round trip; doubled while links stay few. */
const SEED_WAIT_FIRST_MS = 2_000;
/** A mesh of two peers asks its seed once a minute whether a third has come. */
const SEED_WAIT_LAST_MS = 60_000;
/** Guess: a partition's links go within some 30 s of each other, as ICE notices. */
const VANISHED_MS = 60_000;
/** Guess: while we may be apart, three or four questions, of a peer each. A thousand peers then ask 50 times a second. */
const APART_MS = 60_000;
const APART_ASK_MS = 20_000;
/** Guess: a few round trips, so that one answer is used before the next is asked for. */
const ASK_NEIGHBORS_PERIOD_MS = 1_000;
/** Introductions name links that may be gone; nothing is lost by asking again. Guess. */
const INTRODUCTION_LIFE_MS = 30_000;
/** Peers named in one answer: enough to fill up from nothing. Source: `linksMin` of 5, and some to spare. */
const INTRODUCED_AT_ONCE = 6;
