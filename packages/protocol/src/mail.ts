/**
 * Sealed post: envelopes for calls and direct messages, on their way out (seal, then route, circuit or seed) and in
 * (open, check the sender, hand over). The rooms it joins are `trust/envelopes`, `sampling/routes`, `membership/direct`.
 */
import type { PeerId, Credential, Ref } from "./types.ts";
import type { Rooms } from "./rooms.ts";
import type { Arrival } from "./sampling/routes.ts";
import type { Path } from "./sampling/calls.ts";
import { toHex } from "./wire/hex.ts";
import type { Envelope, EnvelopeBody } from "./wire/frames.ts";

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
    switch (path.kind) {
      case "seed":
        return rooms.effect({ kind: "seedSend", seed: path.seed, seat: path.seat, bytes: sealed });
      case "route":
        if (!overlay.routes.originate(to, circuit, sealed, now, rooms)) overlay.calling.onCircuitLost(circuit, now);
        else if (message !== undefined) rooms.direct.onTravelled(message);
        return;
      case "circuit":
        if (!overlay.routes.reply(path.circuit, sealed, now, rooms)) overlay.calling.onCircuitLost(path.circuit, now);
    }
  }

  /** A route or a circuit ended here: the envelope is ours to open. */
  onArrival(arrival: Arrival): void {
    if (arrival === "done") return;
    this.rooms.envelopes.open({ kind: "circuit", circuit: arrival.circuit }, arrival.sealed, this.rooms);
  }

  /** Opened, and its sender's credential checked. */
  onEnvelope(path: Path, sender: Credential, { body }: Envelope): void {
    const { rooms } = this;
    switch (body.type) {
      case "ack":
        return rooms.direct.onAck(body.id, sender.peer, rooms);
      case "message":
        if (rooms.state.phase !== "running") return;
        if (rooms.direct.isNew(sender.peer, sender.incarnation, body.id)) {
          rooms.emit({ type: "direct", from: sender.peer, data: body.data });
        }
        // A repeated message is acknowledged again: its first acknowledgement was lost.
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
    if (boxKey === undefined || !overlay.routes.knowsWay(message.to)) return;
    const body = { type: "message", id: message.id, data: message.data } as const;
    this.post({ kind: "route" }, message.to, boxKey, body, toHex(foundation.random.bytes(8)), message.id);
  }
}
