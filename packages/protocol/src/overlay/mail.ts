/**
 * Sealed post: envelopes for calls and direct messages, on their way out (seal, then route, circuit or seed) and in
 * (open, check the sender, hand over). The rooms it joins are `trust/envelopes`, `sampling/routes`, `membership/direct`.
 */
import type { Input } from "../input.ts";
import type { PeerId, Credential, LinkId, Ref } from "../types.ts";
import type { Rooms } from "../rooms.ts";
import type { Arrival } from "../sampling/routes.ts";
import type { Path } from "../sampling/calls.ts";
import type { Source } from "../trust/quotas.ts";
import { toHex } from "../wire/hex.ts";
import type { Envelope, EnvelopeBody } from "../wire/frames.ts";

export class Mail {
  private readonly rooms: Rooms;
  private readonly onGossip: (circuit: string, sender: Credential, bytes: Uint8Array) => void;

  /** `onGossip`: a word of a round with a peer that is no neighbor. */
  constructor(rooms: Rooms, onGossip: Mail["onGossip"]) {
    this.rooms = rooms;
    this.onGossip = onGossip;
  }

  /** Seal a body and send it along a path. `circuit` names the one to lay, when the path is a route. */
  post(path: Path, to: PeerId, boxKey: Uint8Array, body: EnvelopeBody, circuit = "", message?: string): void {
    const { rooms } = this;
    const own = rooms.state.credential;
    if (own !== undefined) rooms.envelopes.seal(own, { path, to, circuit, message }, boxKey, body, rooms);
  }

  onSealed(ref: Ref, sealed: Uint8Array): void {
    const { rooms } = this;
    const { overlay, now } = rooms;
    const sealing = rooms.envelopes.onSealed(ref);
    if (sealing === undefined || rooms.state.phase !== "running") return;
    const { path, to, circuit, message } = sealing;
    const { routes } = overlay.finding;
    switch (path.kind) {
      case "seed":
        return rooms.effect({ kind: "seedSend", seed: path.seed, seat: path.seat, bytes: sealed });
      case "route":
        if (!routes.originate(to, circuit, sealed, now, rooms)) overlay.calling.onCircuitLost(circuit, now);
        else if (message !== undefined) rooms.direct.onTravelled(message);
        return;
      case "circuit":
        if (!routes.reply(path.circuit, sealed, now, rooms)) overlay.calling.onCircuitLost(path.circuit, now);
    }
  }

  /** A route or a circuit ended here: the envelope is ours to open. */
  onArrival(link: LinkId, arrival: Arrival): void {
    if (arrival !== "done") this.open({ kind: "circuit", circuit: arrival.circuit }, link, arrival.sealed);
  }

  onSeedReceived({ seed, seat, bytes }: Input & { readonly kind: "seedReceived" }): void {
    this.open({ kind: "seed", seed, seat }, `seed ${seed}`, bytes);
  }

  /** Whoever sends garbage must not choose how much of our time it takes. */
  private open(path: Path, source: Source, sealed: Uint8Array): void {
    const { envelopes, quotas, now } = this.rooms;
    if (quotas.open(source, now)) envelopes.open({ path, source }, sealed, this.rooms);
  }

  /** Whose credential is to be checked, and what for. */
  onOpened({ ref, from, bytes }: Input & { readonly kind: "opened" }): { path: Path; envelope: Envelope } | undefined {
    const { admission, envelopes, quotas } = this.rooms;
    const opened = envelopes.onOpened(ref, from, bytes);
    if (opened === undefined) return undefined;
    const { path, source, envelope } = opened;
    if (admission.isKnown(envelope.sender)) quotas.wasKnown(source);
    return { path, envelope };
  }

  /** Opened, and its sender's credential checked. */
  onEnvelope(path: Path, sender: Credential, { body }: Envelope): void {
    const { rooms } = this;
    switch (body.type) {
      case "ack":
        return rooms.direct.onAck(body.id, sender.peer, rooms);
      case "message":
        if (rooms.state.phase !== "running") return;
        switch (rooms.direct.heard.hear(sender.peer, sender.incarnation, body.id, rooms.now)) {
          case "late":
            return;
          case "new":
            rooms.emit({ type: "direct", from: sender.peer, data: body.data });
            break;
          // Acknowledged again: its first acknowledgement was lost.
          case "seen":
        }
        return this.post(path, sender.peer, sender.boxKey, { type: "ack", id: body.id });
      case "gossip":
        if (path.kind === "circuit" && rooms.state.phase === "running") {
          this.onGossip(path.circuit, sender, body.frame);
        }
        return;
      default:
        rooms.overlay.calling.onSignal(path, sender, body, rooms.now, rooms);
    }
  }

  /** Send a direct message, or send it again, if there is a way at all. */
  sendDirect(message: { readonly id: string; readonly to: PeerId; readonly data: Uint8Array }): void {
    const { overlay, foundation } = this.rooms;
    const boxKey = overlay.boxKeyOf(message.to);
    if (boxKey === undefined || !overlay.finding.routes.knowsWay(message.to)) return;
    const body = { type: "message", id: message.id, data: message.data } as const;
    this.post({ kind: "route" }, message.to, boxKey, body, toHex(foundation.random.bytes(8)), message.id);
  }
}
