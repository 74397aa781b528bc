/**
 * Who is in the mesh, as far as this peer can tell: its neighbors, and everyone of whom an unexpired descriptor is
 * known. A member that departs says so with a statement that it signed at its start; one that crashed is noticed when
 * its descriptors run out.
 */
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Outbox } from "../room.ts";

export interface MemberRecord {
  readonly peer: PeerId;
  incarnation: number;
  readonly sinceMs: number;
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
      return;
    }
    this.state.members.set(peer, { peer, incarnation, sinceMs: nowMs });
    out.effect({ kind: "emit", event: { type: "member-up", peer } });
  }

  /** Neither a neighbor nor known by a descriptor any more. */
  expire(peer: PeerId, out: Outbox): void {
    if (this.state.members.delete(peer)) {
      out.effect({ kind: "emit", event: { type: "member-down", peer, reason: "expired" } });
    }
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
