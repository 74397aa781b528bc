/**
 * Links are assigned, not chosen: on each of a few rings, in each epoch, chance that nobody controls names whom a peer
 * calls. We rank candidates by rendezvous hashing (Thaler and Ravishankar 1998): each ordered pair of peers has a value
 * in [0, 1), and a peer calls the candidate of least value. The callee computes the same value and so checks, without
 * a list of members, that it lies within a few expected gaps (1/N each); and when it is full it keeps the least.
 * Against points on a circle this spares the uneven cells between neighbors' points: callers a peer are Poisson(1)
 * a ring.
 */
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Foundation } from "../room.ts";
import { Writer } from "../wire/bytes.ts";
import { publicKeyOf } from "../wire/base58.ts";

const DOMAIN = "grapevine ring 1";
/** Two peers' counts of the mesh differ: a caller leaves this much of the tolerance unused. Guess: counts are good to a fifth. */
export const CALLER_SHARE = 0.75;

/** In an epoch, one for each ring: the same for all, though a peer of few links has fewer rings. Source: `tuning.rings`. */
const TURNS = 5;

export class Rings {
  private readonly foundation: Foundation;
  /** Own values towards each candidate, a map for each ring; derived, so no part of the state. */
  private readonly own: { epoch: number; readonly values: Map<PeerId, number> }[] = [];
  /** What was hashed last: one caller is held against many callees, which stand in the last 32 bytes. */
  private claim: { readonly caller: PeerId; readonly ring: number; readonly epoch: number; readonly bytes: Uint8Array };

  constructor(foundation: Foundation) {
    this.foundation = foundation;
    this.claim = this.claimOf(foundation.self, 0, 0);
  }

  /** The rings' turns are staggered over an epoch, so that one link turns at a time. */
  epoch(ring: number, meshMs: number): number {
    const { epochMs } = this.foundation.config.tuning;
    return Math.floor((meshMs + (ring * epochMs) / TURNS) / epochMs);
  }

  /** Uniform in [0, 1), the same for everyone who computes it. */
  value(caller: PeerId, callee: PeerId, ring: number, epoch: number): number {
    if (this.claim.caller !== caller || this.claim.ring !== ring || this.claim.epoch !== epoch) {
      this.claim = this.claimOf(caller, ring, epoch);
    }
    const { bytes } = this.claim;
    bytes.set(publicKeyOf(callee), bytes.length - 32);
    const digest = this.foundation.hash(bytes);
    let value = 0;
    for (let i = 0; i < 6; i++) value = value * 256 + digest[i]!;
    return value / 2 ** 48;
  }

  private claimOf(caller: PeerId, ring: number, epoch: number): typeof this.claim {
    const writer = new Writer();
    writer.utf8(DOMAIN);
    writer.fixed(this.foundation.config.meshId);
    writer.u8(ring);
    writer.u48(epoch);
    writer.fixed(publicKeyOf(caller));
    writer.fixed(new Uint8Array(32));
    return { caller, ring, epoch, bytes: writer.finish() };
  }

  /** Among `candidates`, those left out that are not `eligible`, the one that this peer is to call. */
  assigned(
    ring: number,
    epoch: number,
    candidates: Iterable<PeerId>,
    eligible: (peer: PeerId) => boolean = () => true,
  ): PeerId | undefined {
    let nearest: PeerId | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      const value = this.ownValue(candidate, ring, epoch);
      // In this order: of many known peers few stand nearer than all before them.
      if (value < least && eligible(candidate)) {
        least = value;
        nearest = candidate;
      }
    }
    return nearest;
  }

  /** Is `callee` worth a call, or is it so far from our point that it would refuse? Ours is the stricter measure. */
  fits(callee: PeerId, ring: number, epoch: number, members: number): boolean {
    const { toleranceGaps, toleranceMembersMin } = this.foundation.config.tuning;
    if (members <= toleranceMembersMin) return true;
    return this.ownValue(callee, ring, epoch) < (CALLER_SHARE * toleranceGaps) / members;
  }

  private ownValue(callee: PeerId, ring: number, epoch: number): number {
    let cache = this.own[ring];
    if (cache === undefined || cache.epoch !== epoch || cache.values.size > 4096) {
      cache = { epoch, values: new Map() };
      this.own[ring] = cache;
    }
    let value = cache.values.get(callee);
    if (value === undefined) {
      value = this.value(this.foundation.self, callee, ring, epoch);
      cache.values.set(callee, value);
    }
    return value;
  }

  /** Our points are others' from now on. */
  onRekey(): void {
    this.own.length = 0;
  }

  /** When a ring's epoch is over, in mesh time. */
  endMs(ring: number, epoch: number): number {
    const { epochMs } = this.foundation.config.tuning;
    return (epoch + 1) * epochMs - (ring * epochMs) / TURNS;
  }

  /**
   * Does a caller's claim on a ring hold, in a mesh of about `members`? The next epoch's claims count a little before it
   * begins, and the last one's a little after its end, for clocks differ. No longer: else colluders would have three
   * epochs' claims at a time.
   */
  tolerates(caller: PeerId, ring: number, epoch: number, members: number, meshMs: number): boolean {
    const { tuning } = this.foundation.config;
    if (ring >= tuning.rings || epoch < this.epoch(ring, meshMs - limits.skewMs)) return false;
    if (epoch > this.epoch(ring, meshMs + limits.skewMs)) return false;
    if (members <= tuning.toleranceMembersMin) return true;
    return this.value(caller, this.foundation.self, ring, epoch) < tuning.toleranceGaps / members;
  }
}
