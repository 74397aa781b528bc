/**
 * Who is in the mesh, as far as this peer can tell: its neighbors, and everyone of whom an unexpired descriptor is
 * known. A member that departs says so with a statement that it signed at its start; one that crashed is noticed when
 * its descriptors run out.
 */
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
}

export interface DirectoryState {
  readonly members: Map<PeerId, MemberRecord>;
  /** Incarnations that are over, by their own word. Insertion order is age. */
  readonly departed: Map<PeerId, number>;
}

export class Directory {
  readonly state: DirectoryState;

  constructor(state: DirectoryState = { members: new Map(), departed: new Map() }) {
    this.state = state;
  }

  /** Has this incarnation, or a later one, departed? */
  hasDeparted(peer: PeerId, incarnation: number): boolean {
    const departed = this.state.departed.get(peer);
    return departed !== undefined && departed >= incarnation;
  }

  see(peer: PeerId, incarnation: number, nowMs: number, out: Outbox): void {
    if (this.hasDeparted(peer, incarnation)) return;
    const known = this.state.members.get(peer);
    if (known !== undefined) {
      known.incarnation = Math.max(known.incarnation, incarnation);
      known.goneMs = undefined;
      return;
    }
    this.state.members.set(peer, { peer, incarnation, sinceMs: nowMs, goneMs: undefined });
    out.effect({ kind: "emit", event: { type: "member-up", peer } });
  }

  /**
   * Drop members that are neither neighbors nor known by a descriptor any more. A moment is given, for a link may be
   * replaced by another, and a departure may still be under verification.
   */
  sweep(isKnown: (peer: PeerId) => boolean, nowMs: number, out: Outbox): void {
    for (const member of this.state.members.values()) {
      if (isKnown(member.peer)) member.goneMs = undefined;
      else if (member.goneMs === undefined) member.goneMs = nowMs;
      else if (nowMs - member.goneMs >= GONE_MS) {
        this.state.members.delete(member.peer);
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
    departed.delete(peer);
    departed.set(peer, incarnation);
    if (departed.size > limits.departedMax) {
      const oldest = departed.keys().next().value;
      if (oldest !== undefined) departed.delete(oldest);
    }
    const known = members.get(peer);
    if (known !== undefined && known.incarnation <= incarnation) {
      members.delete(peer);
      out.effect({ kind: "emit", event: { type: "member-down", peer, reason: "left" } });
    }
    return true;
  }
}
