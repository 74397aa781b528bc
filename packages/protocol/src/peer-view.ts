/**
 * What a driver may show of a peer: plain readings of its rooms, made when asked for. Nothing here changes anything.
 */
import type { Promises } from "./spreading/missing.ts";
import type { Purpose } from "./effect.ts";
import type { Rooms } from "./rooms.ts";
import type { OtherQuota, Quota } from "./trust/quotas.ts";
import type { Score } from "./trust/scores.ts";
import type { LinkId, PeerId } from "./types.ts";

/** A peer to whom an authenticated link stands. */
export interface NeighborView {
  readonly peer: PeerId;
  readonly link: LinkId;
  readonly purpose: Purpose;
  /** True when this peer made the call. */
  readonly ours: boolean;
  /** Smoothed; undefined until the first pong. */
  readonly rttMs: number | undefined;
  /** The neighbor's clock minus ours, when last measured. */
  readonly offsetMs: number | undefined;
  /** How long the link has stood. */
  readonly ageMs: number;
  readonly version: number;
  /** Rumors that it announced and was then asked for: those it delivered, and those it did not. */
  readonly promises: Readonly<Promises>;
  /** What is thought of it here, and why. */
  readonly score: Score;
}

/** A peer known to be in the mesh, ourselves excluded. */
export interface MemberView {
  readonly peer: PeerId;
  readonly incarnation: number;
  readonly neighbor: boolean;
}

export interface PeerCounts {
  readonly neighbors: number;
  readonly members: number;
  /** About how many there are, this peer included, where not all can be known; good to a fifth. */
  readonly membersEstimate: number;
  /** True while this peer, perhaps with a few others, hears of far fewer peers than it did. */
  readonly isolated: boolean;
  readonly strangers: number;
  readonly calls: { readonly underWay: number; readonly made: number; readonly failed: number };
  /**
   * The budget of connections: how many were made, how many may be made at once now, and how many own and others' calls
   * were put off for want of it.
   */
  readonly connections: { readonly made: number; readonly left: number; readonly denied: number };
  readonly descriptors: { readonly known: number; readonly owned: number };
  readonly shuffles: { readonly started: number; readonly answered: number };
  /** Of the own calls that no neighbor could introduce, `begun` went along a route, and `arrived` were answered. */
  readonly routes: {
    readonly circuits: number;
    readonly forwarded: number;
    readonly deadEnds: number;
    readonly begun: number;
    readonly arrived: number;
  };
  readonly admitted: number;
  /** How often something was over a quota, and so not answered or not taken. */
  readonly overQuota: Readonly<Record<Quota | OtherQuota, number>>;
  /** Questions that were not answered, for whoever asked them had cost too much of late (`trust/answers.ts`). */
  readonly unanswered: number;
  /** Peers whose conduct is remembered, those that are not linked to for it now, and links ended for it so far. */
  readonly scores: { readonly known: number; readonly graylisted: number; readonly ended: number };
  readonly framesIn: Readonly<Record<string, number>>;
  readonly framesOut: Readonly<Record<string, number>>;
  readonly framesUnknown: number;
  readonly misbehavior: Readonly<Record<string, number>>;
  readonly clockOffsetMs: number;
}

export function neighborsOf(rooms: Rooms): readonly NeighborView[] {
  const { offsets, nowMs } = rooms.meshTime.state;
  return [...rooms.overlay.neighbors.all()].map((neighbor) => ({
    peer: neighbor.peer,
    link: neighbor.link,
    purpose: neighbor.purpose,
    ours: neighbor.ours,
    rttMs: rooms.liveness.rttMs(neighbor.link),
    offsetMs: offsets.get(neighbor.link),
    ageMs: nowMs - neighbor.sinceMs,
    version: neighbor.version,
    promises: rooms.rumors.spreading.promisesOf(neighbor.link),
    score: rooms.scores.scoreOf(neighbor.peer, rooms.now),
  }));
}

export function membersOf(rooms: Rooms): readonly MemberView[] {
  return [...rooms.directory.state.members.values()].map((member) => ({
    peer: member.peer,
    incarnation: member.incarnation,
    neighbor: rooms.overlay.neighbors.of(member.peer) !== undefined,
  }));
}

export function countsOf(rooms: Rooms): PeerCounts {
  const { overlay, state } = rooms;
  const found = overlay.finding.counts();
  return {
    neighbors: overlay.neighbors.size,
    members: rooms.directory.state.members.size,
    membersEstimate: overlay.membersEstimate,
    isolated: overlay.islands.state.isolated,
    strangers: rooms.handshakes.size,
    calls: {
      underWay: overlay.calls.state.calls.size,
      made: overlay.calls.state.made,
      failed: overlay.calls.state.failed,
    },
    connections: {
      made: overlay.budget.state.spent,
      left: Math.floor(overlay.budget.state.tokens),
      denied: overlay.budget.state.denied,
    },
    ...found,
    routes: {
      ...found.routes,
      begun: overlay.calls.state.routed,
      arrived: overlay.calls.state.arrived,
    },
    admitted: rooms.admission.state.admitted.size,
    overQuota: { ...rooms.quotas.state.exceeded },
    unanswered: rooms.answers.state.refused,
    scores: rooms.scores.counts(rooms.now),
    framesIn: { ...state.framesIn },
    framesOut: { ...state.framesOut },
    framesUnknown: state.framesUnknown,
    misbehavior: { ...state.misbehavior },
    clockOffsetMs: rooms.meshTime.state.offsetMs,
  };
}

export interface KeyCounts {
  /** Keys of epochs. */
  readonly held: number;
  /** Deliveries that wait for the key of their epoch; that went on without; that came too late under one that had ended. */
  readonly waiting: number;
  readonly unread: number;
  readonly overdue: number;
}
