/**
 * Calls under way: request, offer and answer, ours and others', from the decision to call somebody until the link
 * stands or will not. `sampling/calls` remembers them, `sampling/neighbors` says whom we take in; what is said travels in
 * sealed envelopes.
 */
import { limits } from "../limits.ts";
import type { Purpose } from "../effect.ts";
import type { Host } from "./host.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Budget } from "../sampling/budget.ts";
import type { Call, Calls, Path } from "../sampling/calls.ts";
import { toHex } from "../wire/hex.ts";
import type { Neighbor, Neighbors } from "../sampling/neighbors.ts";
import type { Credential, LinkId, PeerId } from "../types.ts";
import type { EnvelopeBody, RefuseReason } from "../wire/frames.ts";

/** What a call needs to know of the overlay around it. */
export interface Around {
  boxKeyOf(peer: PeerId): Uint8Array | undefined;
  membersEstimate(): number;
  /** May that link be the last one to another part of the mesh? */
  mustKeep(neighbor: Neighbor, now: Moment): boolean;
  /** Does a neighbor say that it is linked to that peer? */
  isIntroduced(peer: PeerId): boolean;
  nextLink(): LinkId;
  /** A call of ours failed: look for another soon. */
  urge(now: Moment, waitMs: number): void;
}

export class Calling {
  private readonly foundation: Foundation;
  private readonly host: Host;
  private readonly around: Around;
  private readonly calls: Calls;
  private readonly neighbors: Neighbors;
  private readonly budget: Budget;

  constructor(foundation: Foundation, host: Host, around: Around, calls: Calls, neighbors: Neighbors, budget: Budget) {
    this.foundation = foundation;
    this.host = host;
    this.around = around;
    this.calls = calls;
    this.neighbors = neighbors;
    this.budget = budget;
  }

  /** Neither called nor answered: it broke the rules lately, or is convicted for ever. */
  private isOutcast(peer: PeerId, now: Moment): boolean {
    return this.calls.isShunned(peer, now) || this.host.isShutOut(peer);
  }

  /** Begin a call of our own. */
  call(peer: PeerId, purpose: Purpose, ring: number, epoch: number, path: Path, now: Moment, out: Outbox): void {
    const boxKey = this.around.boxKeyOf(peer);
    const outcast = this.isOutcast(peer, now) || this.host.isGraylisted(peer);
    if (boxKey === undefined || outcast || !this.budget.allows(true, now)) return;
    const call = this.calls.begin({ peer, boxKey, ours: true, purpose, ring, epoch, path, replace: undefined }, now);
    // A round trip less. Along a route that may lead nowhere a connection would be made in vain, too often.
    const isSure = path.kind === "seed" || this.around.isIntroduced(peer);
    if (isSure || this.foundation.self < peer) this.connect(call, "offer", undefined, now, out);
    else this.post(call, { type: "request", call: call.id, purpose, ring, epoch }, now);
  }

  private connect(
    call: Call,
    role: "offer" | "answer",
    signal: Uint8Array | undefined,
    now: Moment,
    out: Outbox,
  ): void {
    const link = this.around.nextLink();
    this.budget.spend(now);
    this.calls.attach(call, link, role);
    out.effect({ kind: "connect", link, role, signal });
  }

  private post(call: Call, body: EnvelopeBody, now: Moment): void {
    if (body.type !== "answer") this.calls.onAsked(call, now);
    const { path } = call;
    const circuit = path.kind === "route" ? toHex(this.foundation.random.bytes(8)) : "";
    this.host.post(path, call.peer, call.boxKey, body, circuit);
    // The first envelope lays the circuit on which the rest of the call goes, both ways.
    if (path.kind !== "route") return;
    call.path = { kind: "circuit", circuit };
    if (!this.around.isIntroduced(call.peer)) this.calls.onRouted(call);
  }

  onLocalSignal(link: LinkId, signal: Uint8Array, now: Moment): void {
    const call = this.calls.byLink(link);
    if (call === undefined) return;
    if (signal.length > limits.signalBytesMax) {
      this.fail(call, "failed", now);
      return;
    }
    const { id, purpose, ring, epoch, role } = call;
    if (role === "offer") this.post(call, { type: "offer", call: id, purpose, ring, epoch, signal }, now);
    else this.post(call, { type: "answer", call: id, signal }, now);
  }

  /** A checked sender's word about a call. */
  onSignal(path: Path, sender: Credential, body: EnvelopeBody, now: Moment, out: Outbox): void {
    const { peer } = sender;
    if (this.host.paused || peer === this.foundation.self) return;
    switch (body.type) {
      case "request":
        if (peer > this.foundation.self) this.onRequest(path, sender, body, now, out);
        return;
      case "offer":
        return this.onOffer(path, sender, body, now, out);
      case "answer": {
        const call = this.calls.get(body.call);
        if (call?.peer !== peer || call.link === undefined || call.role !== "offer") return;
        this.calls.onAnswered(call, now);
        out.effect({ kind: "remoteSignal", link: call.link, signal: body.signal });
        return;
      }
      case "refuse": {
        const call = this.calls.get(body.call);
        if (call?.peer === peer && call.ours) this.fail(call, "refused", now);
        return;
      }
      default:
    }
  }

  private onRequest(
    path: Path,
    sender: Credential,
    body: EnvelopeBody & { type: "request" },
    now: Moment,
    out: Outbox,
  ): void {
    // We are already calling that peer, and the lower id makes the offer: ours is on its way.
    if (this.calls.with(sender.peer)?.ours === true) return;
    const call = this.take(path, sender, body, now);
    if (call !== undefined) this.connect(call, "offer", undefined, now, out);
  }

  private onOffer(
    path: Path,
    sender: Credential,
    body: EnvelopeBody & { type: "offer" },
    now: Moment,
    out: Outbox,
  ): void {
    const asked = this.calls.get(body.call);
    if (asked !== undefined) {
      if (asked.peer !== sender.peer || !asked.ours || asked.link !== undefined) return;
      asked.path = path;
      this.calls.onAnswered(asked, now);
      this.connect(asked, "answer", body.signal, now, out);
      return;
    }
    // Both offered at once: that of the lower id stands, and the higher one drops its own.
    const own = this.calls.with(sender.peer);
    if (own?.ours === true && own.role === "offer" && this.foundation.self < sender.peer) return;
    const call = this.take(path, sender, body, now);
    if (call !== undefined) this.connect(call, "answer", body.signal, now, out);
  }

  /** Decide on a call by another peer: take it, or refuse it politely. */
  private take(
    path: Path,
    sender: Credential,
    body: EnvelopeBody & { type: "request" | "offer" },
    now: Moment,
  ): Call | undefined {
    const { peer, boxKey } = sender;
    const { purpose, ring, epoch } = body;
    // Said again by whoever carried it: neither a call that is under way nor the number of those that it may make suffers.
    if (this.calls.wasTaken(body.call)) return undefined;
    const earlier = this.calls.with(peer);
    if (earlier !== undefined) this.drop(earlier, now);
    const refuse = (reason: RefuseReason): undefined => {
      this.host.post(path, peer, boxKey, { type: "refuse", call: body.call, reason }, "");
      return undefined;
    };
    if (this.calls.get(body.call) !== undefined || this.isOutcast(peer, now)) return undefined;
    // A clear word, so that it finds somebody else: what it is suspected of is nobody's business.
    if (this.host.isGraylisted(peer)) return refuse("busy");
    if (!this.calls.mayTake || !this.calls.mayTakeOf(peer, now) || !this.budget.allows(false, now))
      return refuse("busy");
    const arriving = this.calls.count(false);
    const members = this.around.membersEstimate();
    const mustKeep = (neighbor: Neighbor): boolean => this.around.mustKeep(neighbor, now);
    const verdict = this.neighbors.admits(peer, purpose, ring, epoch, members, arriving, now, mustKeep);
    if (!verdict.ok) return refuse(verdict.reason);
    this.calls.forgive(peer);
    return this.calls.begin(
      { id: body.call, peer, boxKey, ours: false, purpose, ring, epoch, path, replace: verdict.replace },
      now,
    );
  }

  /** A call that will not become a link. */
  private fail(call: Call, outcome: "failed" | "refused", now: Moment): void {
    this.calls.end(call, outcome, now);
    if (call.link !== undefined) this.host.hangUp(call.link, "timeout");
    if (call.ours) this.around.urge(now, 200);
  }

  private drop(call: Call, now: Moment): void {
    this.calls.end(call, "dropped", now);
    if (call.link !== undefined) this.host.hangUp(call.link, "timeout");
  }

  /** A circuit of ours broke before its call was through, or the seat at the seed is empty. */
  private onPathLost(isPath: (path: Path) => boolean, now: Moment): void {
    for (const call of [...this.calls.state.calls.values()]) {
      // Once both sides have each other's signals, the way they came does not matter any more.
      if (isPath(call.path) && (call.ours || call.link === undefined)) this.fail(call, "failed", now);
    }
  }

  onCircuitLost(circuit: string, now: Moment): void {
    this.onPathLost((path) => path.kind === "circuit" && path.circuit === circuit, now);
  }

  onSeatEmpty(seed: number, seat: string, now: Moment): void {
    this.onPathLost((path) => path.kind === "seed" && path.seed === seed && path.seat === seat, now);
  }

  /** The link of a call ended before its handshake was through. */
  onLinkLost(link: LinkId, now: Moment): void {
    const call = this.calls.byLink(link);
    if (call !== undefined) this.calls.end(call, "failed", now);
  }

  onDeadline(now: Moment): void {
    for (const call of this.calls.onDeadline(now)) this.fail(call, "failed", now);
  }

  dropAll(now: Moment): void {
    for (const call of [...this.calls.state.calls.values()]) this.drop(call, now);
  }
}
