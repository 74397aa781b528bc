/**
 * The active view: the peers to whom an authenticated link stands, and the places that they take. Own calls by
 * assignment, callers kept by nearness when full, a few places for fillers and joiners (HyParView's immediate repair,
 * on the assigned graph of `rings.ts`). This room answers three questions: whom do we lack, whom do we take in, and
 * who gives way.
 */
import type { LinkId, PeerId } from "../types.ts";
import type { Purpose } from "../effect.ts";
import type { Foundation, Moment } from "../room.ts";
import type { RefuseReason } from "../wire/frames.ts";
import type { Rings } from "./rings.ts";

export interface Neighbor {
  readonly link: LinkId;
  readonly peer: PeerId;
  readonly incarnation: number;
  /** True when this peer made the call. */
  readonly ours: boolean;
  purpose: Purpose;
  ring: number;
  epoch: number;
  readonly sinceMs: number;
  readonly version: number;
  readonly capabilities: number;
  readonly tieBreak: Uint8Array;
}

/** A ring in one of its epochs. */
export interface Turn {
  readonly ring: number;
  readonly epoch: number;
}

/** A link that a ring lacks. */
export interface Assignment extends Turn {
  readonly peer: PeerId;
}

export interface NeighborsState {
  readonly links: Map<LinkId, Neighbor>;
  readonly byPeer: Map<PeerId, LinkId>;
  /** For each ring, the link that serves it, the epoch and since when. */
  readonly serving: Map<number, { readonly link: LinkId; readonly epoch: number; readonly sinceMs: number }>;
  trimMs: number;
}

export class Neighbors {
  readonly state: NeighborsState;
  private readonly foundation: Foundation;
  private readonly rings: Rings;

  constructor(
    foundation: Foundation,
    rings: Rings,
    state: NeighborsState = { links: new Map(), byPeer: new Map(), serving: new Map(), trimMs: 0 },
  ) {
    this.foundation = foundation;
    this.rings = rings;
    this.state = state;
  }

  get size(): number {
    return this.state.links.size;
  }

  get(link: LinkId): Neighbor | undefined {
    return this.state.links.get(link);
  }

  of(peer: PeerId): Neighbor | undefined {
    const link = this.state.byPeer.get(peer);
    return link === undefined ? undefined : this.state.links.get(link);
  }

  all(): IterableIterator<Neighbor> {
    return this.state.links.values();
  }

  /**
   * A link is proved. Where there already is one to the same peer, one of the two has to go, and both ends must choose
   * alike: a later incarnation wins; of two that rose together (glare) the one with the lesser nonces; else the newer,
   * for whoever calls again has lost the older. Returns the link to hang up.
   */
  add(neighbor: Neighbor): LinkId | undefined {
    const { links, byPeer } = this.state;
    const before = this.of(neighbor.peer);
    if (before !== undefined) {
      const together = neighbor.sinceMs - before.sinceMs < this.foundation.config.tuning.callMs;
      const newWins =
        neighbor.incarnation !== before.incarnation
          ? neighbor.incarnation > before.incarnation
          : !together || isLess(neighbor.tieBreak, before.tieBreak);
      if (!newWins) return neighbor.link;
      links.delete(before.link);
    }
    links.set(neighbor.link, neighbor);
    byPeer.set(neighbor.peer, neighbor.link);
    return before?.link;
  }

  remove(link: LinkId): Neighbor | undefined {
    const neighbor = this.state.links.get(link);
    if (neighbor === undefined) return undefined;
    this.state.links.delete(link);
    if (this.state.byPeer.get(neighbor.peer) === link) this.state.byPeer.delete(neighbor.peer);
    return neighbor;
  }

  /**
   * Of the rings that want a link, the peers to call. A link that already leads there, whoever made it, serves the ring
   * too; a call under way is waited for; an own link that served the ring before is a filler now. Of the candidates
   * those count that are `callable`.
   */
  missing(
    open: readonly Turn[],
    candidates: Iterable<PeerId>,
    inCall: readonly PeerId[],
    members: number,
    now: Moment,
    callable: (peer: PeerId) => boolean = () => true,
  ): Assignment[] {
    const wanted: Assignment[] = [];
    const sure = new Set([...inCall, ...this.state.byPeer.keys()]);
    const known = new Set([...sure, ...candidates]);
    const eligible = (peer: PeerId): boolean => sure.has(peer) || callable(peer);
    for (const { ring, epoch } of open) {
      const peer = this.rings.assigned(ring, epoch, known, eligible);
      if (peer === undefined || inCall.includes(peer)) continue;
      const standing = this.of(peer);
      if (standing !== undefined) this.assign(standing, ring, epoch, now);
      else if (this.rings.fits(peer, ring, epoch, members)) wanted.push({ peer, ring, epoch });
    }
    return wanted;
  }

  /**
   * Rings that want a link: no link serves them in this epoch, or one that no callee so far away would take, in a mesh
   * of about `members`. A link that fits serves its epoch out, though a nearer peer becomes known: routes lead over it.
   */
  open(members: number, now: Moment): Turn[] {
    const { tuning } = this.foundation.config;
    const open: Turn[] = [];
    for (let ring = 0; ring < tuning.rings; ring++) {
      const epoch = this.rings.epoch(ring, now.meshMs);
      const serving = this.serving(ring, epoch);
      if (serving !== undefined) {
        if (this.rings.fits(serving.neighbor.peer, ring, epoch, members)) continue;
        // Knowledge grows while a mesh forms: to follow it at once would tear links as fast as they rise.
        if (now.nowMs - serving.sinceMs < tuning.ringHoldMs) continue;
      }
      open.push({ ring, epoch });
    }
    return open;
  }

  /** The neighbor that serves a ring in an epoch, and since when. */
  serving(ring: number, epoch: number): { readonly neighbor: Neighbor; readonly sinceMs: number } | undefined {
    const serving = this.state.serving.get(ring);
    const neighbor = serving?.epoch === epoch ? this.state.links.get(serving.link) : undefined;
    return neighbor === undefined ? undefined : { neighbor, sinceMs: serving!.sinceMs };
  }

  /** The rings that a link serves in their present epoch. */
  served(now: Moment): (Turn & { readonly sinceMs: number })[] {
    const served: (Turn & { readonly sinceMs: number })[] = [];
    for (let ring = 0; ring < this.foundation.config.tuning.rings; ring++) {
      const epoch = this.rings.epoch(ring, now.meshMs);
      const serving = this.serving(ring, epoch);
      if (serving !== undefined) served.push({ ring, epoch, sinceMs: serving.sinceMs });
    }
    return served;
  }

  peers(): IterableIterator<PeerId> {
    return this.state.byPeer.keys();
  }

  /** Let a standing link serve a ring; an own link that served it before is a filler now. */
  assign(standing: Neighbor, ring: number, epoch: number, now: Moment): void {
    this.state.serving.set(ring, { link: standing.link, epoch, sinceMs: now.nowMs });
    for (const neighbor of this.all()) {
      if (neighbor.ours && neighbor.purpose === "ring" && neighbor.ring === ring && neighbor !== standing) {
        neighbor.purpose = "filler";
      }
    }
    if (!standing.ours) return;
    standing.purpose = "ring";
    standing.ring = ring;
    standing.epoch = epoch;
  }

  /** Is there room for a caller? `replace` names who gives way once the new link stands: nobody of whom `mustKeep` says so. */
  admits(
    peer: PeerId,
    purpose: Purpose,
    ring: number,
    epoch: number,
    members: number,
    arriving: number,
    now: Moment,
    mustKeep: (neighbor: Neighbor) => boolean = () => false,
  ): { ok: true; replace: LinkId | undefined } | { ok: false; reason: RefuseReason } {
    const { tuning } = this.foundation.config;
    if (this.of(peer) !== undefined) return { ok: true, replace: undefined };
    const callers = [...this.all()].filter((neighbor) => !neighbor.ours);
    const taken = callers.length + arriving;
    if (purpose !== "ring") {
      const room = tuning.callersMax + tuning.reservedMax;
      return taken < room ? { ok: true, replace: undefined } : { ok: false, reason: "full" };
    }
    if (!this.rings.tolerates(peer, ring, epoch, members, now.meshMs)) return { ok: false, reason: "not-assigned" };
    if (taken < tuning.callersMax) return { ok: true, replace: undefined };
    const free = callers.filter((neighbor) => !mustKeep(neighbor));
    const filler = free.find((neighbor) => neighbor.purpose !== "ring");
    if (filler !== undefined) return { ok: true, replace: filler.link };
    let farthest: Neighbor | undefined;
    let worst = this.rings.value(peer, this.foundation.self, ring, epoch);
    for (const caller of free) {
      const value = this.rings.value(caller.peer, this.foundation.self, caller.ring, caller.epoch);
      if (value > worst) {
        worst = value;
        farthest = caller;
      }
    }
    return farthest === undefined ? { ok: false, reason: "full" } : { ok: true, replace: farthest.link };
  }

  /**
   * Own links that no ring needs any more and that are not missed: one at a time, long after the ones that replace
   * them stand (make before break), and none that is not `isSpare`.
   */
  surplus(now: Moment, isSpare: (neighbor: Neighbor) => boolean = () => true): LinkId | undefined {
    const { tuning } = this.foundation.config;
    if (now.nowMs < this.state.trimMs) return undefined;
    this.state.trimMs = now.nowMs + tuning.callMs;
    const needed = tuning.rings + tuning.linksMin - 1;
    if (this.size <= needed) return undefined;
    const serving = new Set([...this.state.serving.values()].map(({ link }) => link));
    let idle: Neighbor | undefined;
    for (const neighbor of this.all()) {
      const young = now.nowMs - neighbor.sinceMs < 2 * tuning.callMs;
      if (neighbor.ours && !young && !serving.has(neighbor.link) && isSpare(neighbor)) idle = neighbor;
    }
    return idle?.link;
  }

  /**
   * A caller whose turn is over: an honest one has called its next peer by then, and who could stay for ever would with
   * time be among all that somebody has. Not while we are short of links ourselves, or our own ring goes over that link.
   */
  overstaying(members: number, now: Moment): LinkId | undefined {
    const { tuning } = this.foundation.config;
    if (members <= tuning.toleranceMembersMin || this.size <= tuning.linksMin) return undefined;
    const serving = new Set([...this.state.serving.values()].map(({ link }) => link));
    for (const { link, ours, purpose, ring, epoch } of this.all()) {
      if (ours || purpose !== "ring" || serving.has(link)) continue;
      if (now.meshMs >= this.rings.endMs(ring, epoch) + OVERSTAY_MS) return link;
    }
    return undefined;
  }
}

/** A caller asks its neighbors for its next peer and calls it meanwhile. Guess: that is over by then at the slowest. */
const OVERSTAY_MS = 60_000;

function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
