/**
 * Rounds with peers that are no neighbors, on their way: `repair/routed.ts` says when and how much, the overlay knows
 * whom there is and how to reach them, and repair takes such a peer for a link like any other.
 */
import type { Routed } from "../repair/routed.ts";
import type { Rooms } from "../rooms.ts";
import { toHex } from "../wire/hex.ts";
import type { Credential, LinkId, PeerId } from "../types.ts";
import { decodeFrame } from "../wire/codec.ts";
import type { Frame } from "../wire/frames.ts";
import { laterCodec } from "../wire/later-codec.ts";

export class RoutedRounds {
  private readonly rooms: Rooms;
  private readonly routed: Routed;
  private readonly known: { readonly sampled: readonly PeerId[] };
  private readonly onFrame: (link: LinkId, frame: Frame) => void;

  /** `known`: whom to choose from. */
  constructor(rooms: Rooms, routed: Routed, known: RoutedRounds["known"], onFrame: RoutedRounds["onFrame"]) {
    this.rooms = rooms;
    this.routed = routed;
    this.known = known;
    this.onFrame = onFrame;
  }

  onDeadline(doorway: { endRouted(link: LinkId): void }): void {
    const { routed } = this;
    const { overlay, rumors, foundation, state, now } = this.rooms;
    const { over, due } = routed.onDeadline(now);
    for (const link of over) doorway.endRouted(link);
    if (!due || state.phase !== "running" || overlay.neighbors.size === 0) return;
    const { sampled } = this.known;
    const far = sampled.filter(
      (peer) => overlay.neighbors.of(peer) === undefined && overlay.finding.routes.knowsWay(peer),
    );
    const peer = foundation.random.pick(far);
    const boxKey = peer === undefined ? undefined : overlay.boxKeyOf(peer);
    if (peer === undefined || boxKey === undefined) return;
    const link = routed.begin(peer, boxKey, toHex(foundation.random.bytes(8)), now);
    rumors.onRoutedUp(link, peer, true, now, this.rooms);
  }

  /** A word of such a round, from a sender whose credential holds. */
  onGossip(circuit: string, sender: Credential, bytes: Uint8Array): void {
    const { routed } = this;
    const { convictions, quotas, rumors, now } = this.rooms;
    const decoded = decodeFrame(bytes, laterCodec);
    if (!decoded.ok || decoded.frame === undefined || convictions.isConvicted(sender.peer)) return;
    const heard = routed.hear(circuit, sender, decoded.frame, now);
    if (heard === undefined) return;
    if (heard.instead !== undefined) this.end(heard.instead);
    if (heard.isNew) rumors.onRoutedUp(heard.link, sender.peer, false, now, this.rooms);
    if (quotas.charge(heard.link, decoded.frame, now) === "within") this.onFrame(heard.link, decoded.frame);
  }

  /** It gives way to another. */
  private end(link: LinkId): void {
    const { quotas, rumors, now } = this.rooms;
    this.routed.end(link);
    quotas.onLinkDown(link);
    rumors.onRoutedDown(link, now, this.rooms);
  }
}
