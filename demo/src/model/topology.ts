/**
 * The mesh as this page can see it, put together from three sources that disagree for moments: its own links, which it
 * knows; the members, which the mesh reports; and what every page says of its own links on the topic "topology", which
 * is believed for the picture only. A claim can add links between peers that are there, never peers.
 */
import { nameOf } from "./names.ts";
import type { PeerId } from "./face.ts";

/** What a page says of itself. */
export interface Claim {
  readonly name: string | undefined;
  readonly neighbors: readonly PeerId[];
}

/**
 * `page` has spoken on "topology"; `process` has not, though it had time: a Node peer. Until then it is `unknown`. An
 * `outcast` was proved a cheat, and is not there any more.
 */
export type NodeKind = "self" | "page" | "process" | "unknown" | "outcast";

export interface GraphNode {
  readonly id: PeerId;
  readonly name: string;
  readonly kind: NodeKind;
  /** Fewest links from here; undefined when no way is known. */
  readonly hops: number | undefined;
  readonly links: number;
}

export interface GraphLink {
  readonly a: PeerId;
  readonly b: PeerId;
  /** One of the ends is this page. */
  readonly own: boolean;
  /** Both ends say so, or the one that does not cannot say anything. */
  readonly certain: boolean;
}

export interface Graph {
  readonly self: PeerId;
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
}

/** A peer that has not spoken for this long has no page. Guess: a page needs less than a second, on a busy machine two. */
export const silentMs = 3_000;

/** Claims kept. Reason: authors are members, and more than this no screen can show. */
const claimsMax = 2_000;

export class Topology {
  private readonly claims = new Map<PeerId, Claim & { readonly timeMs: number }>();
  private readonly seenMs = new Map<PeerId, number>();

  /** Takes a claim unless a later one of the same author is known. */
  claim(author: PeerId, { name, neighbors }: Claim, timeMs: number): void {
    const known = this.claims.get(author);
    if (known !== undefined && known.timeMs > timeMs) return;
    if (known === undefined && this.claims.size >= claimsMax) return;
    this.claims.set(author, { name, neighbors, timeMs });
  }

  /** The name that a peer gives itself, or else the one that everybody gives it. */
  nameOf(peer: PeerId): string {
    return this.claims.get(peer)?.name ?? nameOf(peer);
  }

  graph(self: PeerId, neighbors: readonly PeerId[], members: readonly PeerId[], nowMs: number): Graph {
    const present = new Set([self, ...neighbors, ...members]);
    for (const peer of present) if (!this.seenMs.has(peer)) this.seenMs.set(peer, nowMs);
    for (const peer of this.seenMs.keys()) if (!present.has(peer)) this.seenMs.delete(peer);
    // A claim may come before its author is known as a member, so those without one are kept while there is room.
    if (this.claims.size > claimsMax / 2) {
      for (const peer of this.claims.keys()) if (!present.has(peer)) this.claims.delete(peer);
    }

    const links = this.linksAmong(present, self, new Set(neighbors));
    const hops = hopsFrom(self, links);
    const degree = new Map<PeerId, number>();
    for (const { a, b } of links) {
      degree.set(a, (degree.get(a) ?? 0) + 1);
      degree.set(b, (degree.get(b) ?? 0) + 1);
    }
    const nodes = [...present].map((id) => ({
      id,
      name: this.nameOf(id),
      kind: this.kindOf(id, self, nowMs),
      hops: hops.get(id),
      links: degree.get(id) ?? 0,
    }));
    return { self, nodes, links };
  }

  private kindOf(peer: PeerId, self: PeerId, nowMs: number): NodeKind {
    if (peer === self) return "self";
    if (this.claims.has(peer)) return "page";
    return nowMs - (this.seenMs.get(peer) ?? nowMs) < silentMs ? "unknown" : "process";
  }

  private linksAmong(present: ReadonlySet<PeerId>, self: PeerId, neighbors: ReadonlySet<PeerId>): GraphLink[] {
    const links = [...neighbors].map((peer): GraphLink => ({ a: self, b: peer, own: true, certain: true }));
    const drawn = new Set<string>();
    for (const [author, claim] of this.claims) {
      if (author === self || !present.has(author)) continue;
      for (const peer of claim.neighbors) {
        // Of its own links this page knows better.
        if (peer === self || peer === author || !present.has(peer)) continue;
        const [a, b] = author < peer ? [author, peer] : [peer, author];
        const key = `${a} ${b}`;
        if (drawn.has(key)) continue;
        drawn.add(key);
        const other = this.claims.get(peer);
        links.push({ a, b, own: false, certain: other === undefined || other.neighbors.includes(author) });
      }
    }
    return links;
  }
}

/** Who is linked to whom. */
export function adjacency(links: readonly GraphLink[]): Map<PeerId, PeerId[]> {
  const next = new Map<PeerId, PeerId[]>();
  const add = (from: PeerId, to: PeerId): void => {
    const list = next.get(from);
    if (list === undefined) next.set(from, [to]);
    else list.push(to);
  };
  for (const { a, b } of links) {
    add(a, b);
    add(b, a);
  }
  return next;
}

/** Breadth first: the fewest links from one peer to every other that can be reached. */
export function hopsFrom(start: PeerId, links: readonly GraphLink[]): Map<PeerId, number> {
  const next = adjacency(links);
  const hops = new Map([[start, 0]]);
  for (const [peer, distance] of hops) {
    for (const other of next.get(peer) ?? []) if (!hops.has(other)) hops.set(other, distance + 1);
  }
  return hops;
}
