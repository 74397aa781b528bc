/**
 * Gossipsub v1.1 (Vyzovitis et al. 2020, the libp2p specification), one topic, nobody scored: payloads go along a mesh
 * of some D links of each peer, ids to others at each heartbeat, and whoever lacks one asks for it. What it is compared
 * with here is the cost: a mesh of mean degree d carries d - 1 copies for each delivery, for nothing prunes duplicates.
 */
import type { Accepted, Frame, LinkId, Moment, Random, Rumor, RumorFrame } from "@grapevine/protocol";
import type { GossipsubFrame } from "./frame-bytes.ts";
import type { Find, Room, Sink } from "./spreading-mesh.ts";

/** Source: the specification's table of parameters. */
const D = 6;
const D_LOW = 4;
const D_HIGH = 12;
/** Peers that gossip is sent to: at least so many, or this share of those outside the mesh. */
const D_LAZY = 6;
const GOSSIP_FACTOR = 0.25;
const HEARTBEAT_MS = 1_000;
/** Heartbeats in which a message is gossiped about. */
const GOSSIP_HEARTBEATS = 3;
const PRUNE_BACKOFF_MS = 60_000;

interface Cached {
  readonly key: string;
  readonly seq: number;
  readonly hops: number;
}

export class Gossipsub implements Room<GossipsubFrame> {
  deadlineMs: number;
  private readonly random: Random;
  private readonly find: Find;
  private readonly peers = new Set<LinkId>();
  private readonly mesh = new Set<LinkId>();
  private readonly backoffMs = new Map<LinkId, number>();
  private readonly cache = new Map<string, Cached>();
  /** Ids by the heartbeat in which they came, newest first. */
  private windows: string[][] = [[]];

  constructor(random: Random, find: Find) {
    this.random = random;
    this.find = find;
    this.deadlineMs = HEARTBEAT_MS * random.float();
  }

  onLinkUp(link: LinkId): void {
    this.peers.add(link);
  }

  onLinkDown(link: LinkId): void {
    this.peers.delete(link);
    this.mesh.delete(link);
  }

  /** Own messages are published to every peer ("flood publishing"). */
  onAccepted({ rumor, key, hops, link }: Accepted, _now: Moment, out: Sink<GossipsubFrame>): void {
    const id = `${key}#${rumor.header.seq}`;
    this.cache.set(id, { key, seq: rumor.header.seq, hops });
    this.windows[0]!.push(id);
    const frame = onward(rumor, hops);
    for (const other of link === undefined ? this.peers : this.mesh) if (other !== link) out.frame(other, frame);
  }

  onDuplicate(): void {}

  onFrame(link: LinkId, frame: Frame | GossipsubFrame, now: Moment, out: Sink<GossipsubFrame>): void {
    switch (frame.kind) {
      case "gsGraft":
        if (this.mesh.has(link)) return;
        if (this.mesh.size < D_HIGH && now.nowMs >= (this.backoffMs.get(link) ?? 0)) this.mesh.add(link);
        else this.prune(link, now, out);
        return;
      case "gsPrune":
        this.mesh.delete(link);
        this.backoffMs.set(link, now.nowMs + PRUNE_BACKOFF_MS);
        return;
      case "gsIHave": {
        const ids = frame.ids.filter((id) => !this.cache.has(id));
        if (ids.length > 0) out.frame(link, { kind: "gsIWant", ids });
        return;
      }
      case "gsIWant":
        for (const id of frame.ids) {
          const cached = this.cache.get(id);
          const rumor = cached === undefined ? undefined : this.find(cached.key, cached.seq);
          if (cached !== undefined && rumor !== undefined) out.frame(link, onward(rumor, cached.hops));
        }
        return;
      default:
    }
  }

  /** The heartbeat. */
  onDeadline(now: Moment, out: Sink<GossipsubFrame>): void {
    if (now.nowMs < this.deadlineMs) return;
    this.deadlineMs = now.nowMs + HEARTBEAT_MS;
    const outside = [...this.peers].filter((peer) => !this.mesh.has(peer));
    if (this.mesh.size < D_LOW) {
      const free = outside.filter((peer) => now.nowMs >= (this.backoffMs.get(peer) ?? 0));
      for (const peer of this.random.sample(free, D - this.mesh.size)) {
        this.mesh.add(peer);
        out.frame(peer, { kind: "gsGraft" });
      }
    } else if (this.mesh.size > D_HIGH) {
      for (const peer of this.random.sample([...this.mesh], this.mesh.size - D)) this.prune(peer, now, out);
    }
    this.gossip(out);
  }

  private gossip(out: Sink<GossipsubFrame>): void {
    const ids = this.windows.flat();
    const outside = [...this.peers].filter((peer) => !this.mesh.has(peer));
    if (ids.length > 0) {
      const count = Math.max(D_LAZY, Math.floor(GOSSIP_FACTOR * outside.length));
      for (const peer of this.random.sample(outside, count)) out.frame(peer, { kind: "gsIHave", ids });
    }
    this.windows = [[], ...this.windows.slice(0, GOSSIP_HEARTBEATS - 1)];
  }

  private prune(link: LinkId, now: Moment, out: Sink<GossipsubFrame>): void {
    this.mesh.delete(link);
    this.backoffMs.set(link, now.nowMs + PRUNE_BACKOFF_MS);
    out.frame(link, { kind: "gsPrune" });
  }
}

function onward(rumor: Rumor, hops: number): RumorFrame {
  return { kind: "rumor", hops: Math.min(hops + 1, 255), repair: false, rumor };
}
