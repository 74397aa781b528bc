/** Descriptors and neighbors for tests of the rooms of `sampling/`. */
import type { Descriptor, Hop, LinkId, PeerId } from "../types.ts";
import type { Neighbor } from "./neighbors.ts";

export function descriptor(creator: PeerId, slot: number, owners: readonly PeerId[] = []): Descriptor {
  const hops: Hop[] = owners.map((to, i) => ({ to, signature: new Uint8Array(64).fill(i + 1) }));
  return {
    creator,
    incarnation: 1,
    boxKey: new Uint8Array(32).fill(9),
    ticket: new Uint8Array([1]),
    slot,
    signature: new Uint8Array(64).fill(slot & 0xff),
    hops,
  };
}

export function neighbor(link: LinkId, peer: PeerId, change: Partial<Neighbor> = {}): Neighbor {
  return {
    link,
    peer,
    incarnation: 1,
    ours: true,
    purpose: "ring",
    ring: 0,
    epoch: 0,
    sinceMs: 0,
    version: 1,
    capabilities: 0,
    tieBreak: new Uint8Array(64),
    ...change,
  };
}
