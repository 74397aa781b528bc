/**
 * The proof is the route. An envelope for a peer that is no neighbor goes hop by hop to whoever knows a fresher
 * descriptor of it, which makes the way free of loops (AODV, RFC 3561, with mint slots as sequence numbers and the
 * length of the chain as the hop count). The frame lays a circuit on its way, so that answers need no route of their
 * own; a dead end says so at once. What travels is sealed: the peers between can neither read nor alter it.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { CircuitFrame, RouteFrame } from "../wire/frames.ts";
import { isFresher, type Way } from "./table.ts";

/** One end of a circuit at this peer: a link, or ourselves. */
type End = LinkId | "self";

interface Circuit {
  readonly from: End;
  readonly to: End;
  usedMs: number;
}

export interface RoutesState {
  /** Insertion order is age. */
  readonly circuits: Map<string, Circuit>;
  forwarded: number;
  deadEnds: number;
}

/** What the rest of the peer knows that routes need. */
export interface Ways {
  neighbor(peer: PeerId): LinkId | undefined;
  /** Where a descriptor of `to` came from, over links that stand; the better way first. */
  ways(peer: PeerId): readonly Way[];
  /** Is there one at all? */
  hasWay(peer: PeerId): boolean;
  /** A neighbor that said it is linked to `peer`. */
  introducer(peer: PeerId): LinkId | undefined;
  isUp(link: LinkId): boolean;
}

/** What became of a frame: forwarded or refused (`done`), or it is ours to open. */
export type Arrival = "done" | { readonly circuit: string; readonly sealed: Uint8Array };

export class Routes {
  readonly state: RoutesState;
  private readonly foundation: Foundation;
  private readonly ways: Ways;

  constructor(
    foundation: Foundation,
    ways: Ways,
    state: RoutesState = { circuits: new Map(), forwarded: 0, deadEnds: 0 },
  ) {
    this.foundation = foundation;
    this.ways = ways;
    this.state = state;
  }

  /** Can an envelope for `to` at least leave this peer? */
  knowsWay(to: PeerId): boolean {
    if (this.ways.hasWay(to)) return true;
    const sure = this.ways.neighbor(to) ?? this.ways.introducer(to);
    return sure !== undefined && this.ways.isUp(sure);
  }

  /** Send sealed bytes towards `to`, laying a circuit of the given name; false when there is no way. */
  originate(to: PeerId, circuit: string, sealed: Uint8Array, now: Moment, out: Outbox): boolean {
    const first = this.firstHop(to);
    if (first === undefined) return false;
    const { link, slot, chain } = first;
    this.lay(circuit, "self", link, now);
    out.frame(
      link,
      {
        kind: "route",
        circuit,
        to,
        slot,
        chain: Math.min(chain, 255),
        hops: limits.routeHopsMax,
        sealed,
      },
      "control",
    );
    return true;
  }

  onRoute(link: LinkId, frame: RouteFrame, now: Moment, out: Outbox): Arrival {
    // A circuit that exists is never laid again: its name was chosen by chance, so this is a replay.
    if (this.state.circuits.has(frame.circuit)) return "done";
    if (frame.to === this.foundation.self) {
      this.lay(frame.circuit, link, "self", now);
      return { circuit: frame.circuit, sealed: frame.sealed };
    }
    const next = frame.hops > 1 ? this.nextHop(link, frame) : undefined;
    if (next === undefined) {
      this.state.deadEnds++;
      out.frame(link, { kind: "routeEnd", circuit: frame.circuit }, "control");
      return "done";
    }
    this.lay(frame.circuit, link, next.link, now);
    this.state.forwarded++;
    out.frame(
      next.link,
      {
        ...frame,
        slot: next.slot,
        chain: Math.min(next.chain, 255),
        hops: Math.min(frame.hops, limits.routeHopsMax) - 1,
      },
      "control",
    );
    return "done";
  }

  /** Send more along a circuit that ends, or began, here. */
  reply(circuit: string, sealed: Uint8Array, now: Moment, out: Outbox): boolean {
    const known = this.state.circuits.get(circuit);
    if (known === undefined) return false;
    const end = known.from === "self" ? known.to : known.from;
    if (end === "self" || !this.ways.isUp(end)) return false;
    known.usedMs = now.nowMs;
    out.frame(end, { kind: "circuit", circuit, sealed }, "control");
    return true;
  }

  onCircuit(link: LinkId, frame: CircuitFrame, now: Moment, out: Outbox): Arrival {
    const known = this.state.circuits.get(frame.circuit);
    if (known === undefined || (known.from !== link && known.to !== link)) {
      out.frame(link, { kind: "routeEnd", circuit: frame.circuit }, "control");
      return "done";
    }
    known.usedMs = now.nowMs;
    const end = known.from === link ? known.to : known.from;
    if (end === "self") return { circuit: frame.circuit, sealed: frame.sealed };
    out.frame(end, frame, "control");
    return "done";
  }

  /** Returns true when the broken circuit is one that we began, or that ends here. */
  onRouteEnd(link: LinkId, circuit: string, out: Outbox): boolean {
    const known = this.state.circuits.get(circuit);
    if (known === undefined || (known.from !== link && known.to !== link)) return false;
    this.state.circuits.delete(circuit);
    const end = known.from === link ? known.to : known.from;
    if (end === "self") return true;
    out.frame(end, { kind: "routeEnd", circuit }, "control");
    return false;
  }

  /** Every circuit over a lost link is broken; returns those of our own. */
  onLinkDown(link: LinkId, out: Outbox): readonly string[] {
    const own: string[] = [];
    for (const [circuit, known] of this.state.circuits) {
      if (known.from !== link && known.to !== link) continue;
      this.state.circuits.delete(circuit);
      const end = known.from === link ? known.to : known.from;
      if (end === "self") own.push(circuit);
      else if (this.ways.isUp(end)) out.frame(end, { kind: "routeEnd", circuit }, "control");
    }
    return own;
  }

  private firstHop(to: PeerId): Way | undefined {
    const [way] = this.ways.ways(to);
    const sure = this.ways.neighbor(to) ?? this.ways.introducer(to);
    if (sure === undefined || !this.ways.isUp(sure)) return way;
    // Whoever is linked to it needs no descriptor; the next one, should that link be gone, must not know less than we.
    return { slot: 0, chain: 0, ...way, link: sure };
  }

  private nextHop(from: LinkId, frame: RouteFrame): Way | undefined {
    const direct = this.ways.neighbor(frame.to);
    if (direct !== undefined && direct !== from) return { link: direct, slot: frame.slot, chain: frame.chain };
    return this.ways.ways(frame.to).find((way) => way.link !== from && isFresher(way, frame));
  }

  private lay(circuit: string, from: End, to: End, now: Moment): void {
    const { circuits } = this.state;
    circuits.set(circuit, { from, to, usedMs: now.nowMs });
    if (circuits.size > limits.circuitsMax) this.forgetOne();
  }

  /** The oldest of the end that laid most: nobody breaks the circuits of others by laying many. */
  private forgetOne(): void {
    const { circuits } = this.state;
    const laid = new Map<End, number>();
    for (const { from } of circuits.values()) laid.set(from, (laid.get(from) ?? 0) + 1);
    const most = Math.max(...laid.values());
    for (const [circuit, { from }] of circuits) {
      if (laid.get(from) === most) return void circuits.delete(circuit);
    }
  }
}
