/**
 * What neighbors tell each other about peers: shuffles, in which owned descriptors change hands one for one; samples,
 * copies that are routes and candidates; introductions of their own neighbors; and answers to who stands nearest to a
 * point on a ring. Composes the rooms of `sampling/` that learn from it; every descriptor is checked before it is
 * believed.
 */
import type { Host } from "./host.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Rings } from "../sampling/rings.ts";
import type { Census } from "../sampling/census.ts";
import { giverOf, ownerOf } from "../sampling/chains.ts";
import type { Batch, DescriptorChecks } from "../sampling/descriptor-checks.ts";
import type { Introductions } from "../sampling/introductions.ts";
import type { Neighbor, Neighbors } from "../sampling/neighbors.ts";
import type { Seeking } from "../sampling/seeking.ts";
import type { Shuffles } from "../sampling/shuffles.ts";
import type { Entry, Table } from "../sampling/table.ts";
import { sampleOf } from "../sampling/table.ts";
import type { Witness } from "../sampling/witness.ts";
import type { Credential, Descriptor, LinkId, PeerId } from "../types.ts";
import type { PeersHaveFrame, PeersWantFrame, Sample, ShuffleFrame, ShuffleReplyFrame } from "../wire/frames.ts";

/** The rooms that take part. */
export interface ExchangeRooms {
  readonly rings: Rings;
  readonly neighbors: Neighbors;
  readonly table: Table;
  readonly shuffles: Shuffles;
  readonly checks: DescriptorChecks;
  readonly witness: Witness;
  readonly census: Census;
  readonly seeking: Seeking;
  readonly introductions: Introductions;
  /** Neighbors on whom one can count. */
  readonly lively: readonly Neighbor[];
  /** Mint slots within which something is heard of nearly everyone who is there. */
  readonly heardWithin: number;
  /** Somebody new is known: look after the overlay soon. */
  urge(now: Moment, waitMs: number): void;
}

/** Peers named in one answer: enough to fill up from nothing. Source: `linksMin` of 5, and some to spare. */
const INTRODUCED_AT_ONCE = 6;

export class Exchange {
  private readonly foundation: Foundation;
  private readonly host: Host;
  private readonly rooms: ExchangeRooms;

  constructor(foundation: Foundation, host: Host, rooms: ExchangeRooms) {
    this.foundation = foundation;
    this.host = host;
    this.rooms = rooms;
  }

  // --- questions and answers ------------------------------------------------------------------------------------

  onPeersWant(link: LinkId, frame: PeersWantFrame, now: Moment, out: Outbox): void {
    const { neighbors, seeking } = this.rooms;
    const asker = neighbors.get(link);
    if (asker === undefined) return;
    if (frame.of === "neighbors") {
      out.frame(link, { kind: "peersHave", credentials: this.introductionsFor(link), samples: [] }, "control");
      return;
    }
    if (!seeking.mayAnswer(link, frame.ring, now)) return;
    const nearest = this.nearest(asker.peer, frame.ring, frame.epoch, now);
    const samples = nearest === undefined ? [] : [sampleOf(nearest)];
    out.frame(link, { kind: "peersHave", credentials: [], samples }, "control");
  }

  /** Whom we know nearest to another's point on a ring. */
  private nearest(asker: PeerId, ring: number, epoch: number, now: Moment): Entry | undefined {
    const { rings, table } = this.rooms;
    let nearest: Entry | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [peer, entry] of table.state.entries) {
      if (peer === asker || !table.isLive(entry.descriptor, now)) continue;
      const value = rings.value(asker, peer, ring, epoch);
      if (value < least) {
        least = value;
        nearest = entry;
      }
    }
    return nearest;
  }

  /** Credentials are checked by `peer.ts`, which calls `onIntroduced`; samples here. */
  onPeersHave(link: LinkId, frame: PeersHaveFrame, now: Moment, out: Outbox): void {
    const { table } = this.rooms;
    const live = frame.samples.filter(({ descriptor }) => table.isLive(descriptor, now));
    const news = live.filter(({ descriptor, chain }) => table.isFresher(descriptor, chain));
    for (const { descriptor, chain } of live) table.hint(descriptor.creator, { link, slot: descriptor.slot, chain });
    if (news.length === 0) return;
    const chains = news.map(({ chain }) => chain);
    const descriptors = news.map(({ descriptor }) => descriptor);
    this.check(link, { kind: "samples", chains }, descriptors, now, out);
  }

  onIntroduced(credential: Credential, link: LinkId, now: Moment, out: Outbox): void {
    const { peer, incarnation } = credential;
    if (peer === this.foundation.self || this.host.directory.hasDeparted(peer, incarnation)) return;
    if (this.host.isShutOut(peer)) return;
    // Whoever introduces a peer says that it is linked to it now: worth believing until the introduction is stale.
    this.host.directory.see(peer, incarnation, Number.NEGATIVE_INFINITY, now.nowMs, out);
    this.rooms.introductions.add(credential, link, now);
    this.rooms.urge(now, 0);
  }

  /** A new neighbor is told at once whom we know, so that a newcomer need not wait for a shuffle to see the mesh. */
  greet(link: LinkId, to: PeerId, now: Moment, out: Outbox): void {
    const credentials = this.introductionsFor(link);
    const samples = this.samplesFor(to, now);
    if (credentials.length + samples.length > 0) {
      out.frame(link, { kind: "peersHave", credentials, samples }, "control");
    }
  }

  /** Some of our neighbors, for the one at the other end of `link`. */
  private introductionsFor(link: LinkId): Credential[] {
    const others = this.rooms.lively.filter((neighbor) => neighbor.link !== link);
    return this.foundation.random
      .sample(others, INTRODUCED_AT_ONCE)
      .map(({ peer }) => this.host.admission.get(peer))
      .filter((credential) => credential !== undefined);
  }

  private samplesFor(to: PeerId, now: Moment): Sample[] {
    return this.rooms.table.samples(this.foundation.config.tuning.samplesLength, to, now);
  }

  // --- shuffles -------------------------------------------------------------------------------------------------

  /** Begin a shuffle with a neighbor chosen by chance. */
  shuffle(now: Moment, out: Outbox): void {
    const { lively, shuffles, table } = this.rooms;
    const partner = this.foundation.random.pick(lively);
    if (partner === undefined) return;
    const { swapLength } = this.foundation.config.tuning;
    const slot = table.slot(now);
    const minting = shuffles.mayMint(slot);
    const spent = table.spend(minting ? swapLength - 1 : swapLength, partner.peer);
    shuffles.begin(partner.link, partner.peer, slot, spent, now, out);
    this.show(partner.link, partner.peer, now, out);
  }

  /** Beside every shuffle: copies of what we know, so that a small mesh knows itself whole within a few rounds. */
  private show(link: LinkId, to: PeerId, now: Moment, out: Outbox): void {
    const samples = this.samplesFor(to, now);
    if (samples.length > 0) out.frame(link, { kind: "peersHave", credentials: [], samples }, "control");
  }

  /** Returns what is wrong with the frame, if anything. */
  onShuffle(link: LinkId, frame: ShuffleFrame | ShuffleReplyFrame, now: Moment, out: Outbox): string | undefined {
    const neighbor = this.rooms.neighbors.get(link);
    if (neighbor === undefined) return undefined;
    const reply = frame.kind === "shuffleReply";
    if (reply && !this.rooms.shuffles.onReply(link, frame.id, frame.descriptors.length)) return undefined;
    if (frame.descriptors.length > this.foundation.config.tuning.swapLength) return "a shuffle longer than the swap";
    for (const descriptor of frame.descriptors) {
      if (ownerOf(descriptor) !== this.foundation.self || giverOf(descriptor) !== neighbor.peer) {
        return "a descriptor that was not the sender's to give, or not given to us";
      }
    }
    this.check(link, reply ? { kind: "reply" } : { kind: "shuffle", id: frame.id }, frame.descriptors, now, out);
    return undefined;
  }

  // --- what is believed -----------------------------------------------------------------------------------------

  private check(
    link: LinkId,
    purpose: Batch["purpose"],
    descriptors: readonly Descriptor[],
    now: Moment,
    out: Outbox,
  ): void {
    const { checks, table } = this.rooms;
    const batch = checks.begin(
      link,
      purpose,
      descriptors,
      (descriptor) => table.get(descriptor.creator)?.descriptor,
      (descriptor) => this.host.admission.isAdmitted(descriptor.creator),
      out,
    );
    if (batch !== undefined) this.onChecked(batch, now, out);
  }

  /** Every signature in a frame's descriptors held: believe them. */
  onChecked(batch: Batch, now: Moment, out: Outbox): void {
    const { neighbors, table, shuffles } = this.rooms;
    const neighbor = neighbors.get(batch.link);
    if (neighbor === undefined) return;
    const { purpose } = batch;
    const swapped = purpose.kind !== "samples";
    for (const [i, descriptor] of batch.descriptors.entries()) {
      if (!this.isWelcome(descriptor)) continue;
      // A neighbor's own descriptor is no chance: it comes whenever it begins a shuffle.
      if (swapped && descriptor.creator !== neighbor.peer) this.count(descriptor);
      const chain = swapped ? descriptor.hops.length : purpose.chains[i]!;
      if (table.learn(descriptor, batch.link, chain, now)) this.host.onKnown(descriptor.creator);
      if (swapped) table.own(descriptor, now);
      if (table.get(descriptor.creator) !== undefined && descriptor.slot > table.slot(now) - this.rooms.heardWithin) {
        this.host.directory.see(descriptor.creator, descriptor.incarnation, descriptor.slot, now.nowMs, out);
      }
    }
    if (purpose.kind === "shuffle") {
      const spent = table.spend(batch.descriptors.length, neighbor.peer);
      shuffles.answer(batch.link, neighbor.peer, purpose.id, spent, out);
      this.show(batch.link, neighbor.peer, now, out);
    }
    this.rooms.urge(now, 100);
  }

  /** A copy of this very descriptor came from its last owners, who are near us as it is: that we know it tells nothing. */
  private count({ creator, slot }: Descriptor): void {
    const { table, census } = this.rooms;
    const known = table.get(creator)?.descriptor.slot;
    if (known !== slot) census.draw(table.state.entries.size, known !== undefined);
  }

  /** Not our own, not of one who is gone or convicted; and if it contradicts another, that is told. */
  private isWelcome(descriptor: Descriptor): boolean {
    const { creator, incarnation } = descriptor;
    if (creator === this.foundation.self) return false;
    const evidence = this.rooms.witness.see(descriptor);
    if (evidence !== undefined) this.host.onEvidence(evidence);
    return !this.host.isShutOut(creator) && !this.host.directory.hasDeparted(creator, incarnation);
  }
}
