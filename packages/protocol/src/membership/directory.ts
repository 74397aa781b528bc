/**
 * Who is in the mesh, as far as this peer can tell: its neighbors, and everyone of whom a descriptor is known that is as
 * young as those of the living are here. A member that departs says so with a statement that it signed at its start; one
 * that crashed mints no more, and is missed by how old its youngest descriptor has become: sooner by those whose link to
 * it broke, until they hear of one minted since.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Outbox } from "../room.ts";

/** Guess: longer than a new link and a verification take, shorter than anybody would call late. */
const GONE_MS = 2_000;

export interface MemberRecord {
  readonly peer: PeerId;
  incarnation: number;
  readonly sinceMs: number;
  /** Since when nothing speaks for it any more: no link, no descriptor. */
  goneMs: number | undefined;
  /** Our link to it broke in this mint slot, and no descriptor of it that is younger came since. */
  doubtSlot: number | undefined;
}

export interface DirectoryState {
  readonly members: Map<PeerId, MemberRecord>;
  /** Incarnations that are over, by their own word. Insertion order is age. */
  readonly departed: Map<PeerId, number>;
  /** Who was doubted and missed, and since which slot: what was minted before does not bring it back. Ordered alike. */
  readonly missed: Map<PeerId, number>;
}

export class Directory {
  readonly state: DirectoryState;

  constructor(state: DirectoryState = { members: new Map(), departed: new Map(), missed: new Map() }) {
    this.state = state;
  }

  /** Has this incarnation, or a later one, departed? */
  hasDeparted(peer: PeerId, incarnation: number): boolean {
    const departed = this.state.departed.get(peer);
    return departed !== undefined && departed >= incarnation;
  }

  /** `slot`: in which it minted what speaks for it now; of a link that stands, later than any. */
  see(peer: PeerId, incarnation: number, slot: number, nowMs: number, out: Outbox): void {
    if (this.hasDeparted(peer, incarnation)) return;
    const known = this.state.members.get(peer);
    if (known !== undefined) {
      if (incarnation > known.incarnation) {
        known.incarnation = incarnation;
        out.effect({ kind: "emit", event: { type: "member-changed", peer } });
      }
      known.goneMs = undefined;
      if (known.doubtSlot !== undefined && slot >= known.doubtSlot) known.doubtSlot = undefined;
      return;
    }
    if (slot < (this.state.missed.get(peer) ?? slot)) return;
    this.state.missed.delete(peer);
    this.state.members.set(peer, { peer, incarnation, sinceMs: nowMs, goneMs: undefined, doubtSlot: undefined });
    out.effect({ kind: "emit", event: { type: "member-up", peer } });
  }

  /** Our link to it broke in this slot, without a goodbye. */
  doubt(peer: PeerId, slot: number): void {
    const known = this.state.members.get(peer);
    if (known !== undefined) known.doubtSlot = slot;
  }

  /**
   * Drop members for whom nothing speaks any more. A moment is given, for a link may be replaced by another, and a
   * departure may still be under verification.
   */
  sweep(isKnown: (member: MemberRecord) => boolean, nowMs: number, out: Outbox): void {
    for (const member of this.state.members.values()) {
      if (isKnown(member)) member.goneMs = undefined;
      else if (member.goneMs === undefined) member.goneMs = nowMs;
      else if (nowMs - member.goneMs >= GONE_MS) {
        this.state.members.delete(member.peer);
        if (member.doubtSlot !== undefined) remember(this.state.missed, member.peer, member.doubtSlot);
        out.effect({ kind: "emit", event: { type: "member-down", peer: member.peer, reason: "expired" } });
      }
    }
  }

  /** A member that was proved to cheat, or counts no longer. */
  expel(peer: PeerId, reason: "convicted" | "revoked", out: Outbox): void {
    if (!this.state.members.delete(peer)) return;
    out.effect({ kind: "emit", event: { type: "member-down", peer, reason } });
  }

  /** Returns false when this departure was known, and need not be passed on. */
  depart(peer: PeerId, incarnation: number, out: Outbox): boolean {
    if (this.hasDeparted(peer, incarnation)) return false;
    const { departed, members } = this.state;
    remember(departed, peer, incarnation);
    const known = members.get(peer);
    if (known !== undefined && known.incarnation <= incarnation) {
      members.delete(peer);
      out.effect({ kind: "emit", event: { type: "member-down", peer, reason: "left" } });
    }
    return true;
  }
}

/** As the newest; the oldest is forgotten. */
function remember(map: Map<PeerId, number>, peer: PeerId, value: number): void {
  map.delete(peer);
  map.set(peer, value);
  forgetOldest(map, limits.departedMax);
}
