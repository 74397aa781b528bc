/**
 * The neighbors of this run, remembered for the next: those who stand now before those who stood. A peer that starts again
 * prefers them where it has a choice, so that whoever introduces it cannot easily surround it ("anchor connections",
 * Heilman et al. 2015).
 */
import type { PeerId, Store } from "@grapevine/protocol";
import { meshLimits } from "./limits.ts";

export class Anchors {
  /** Of the runs before, and of this one. */
  peers: readonly PeerId[];
  private readonly store: Pick<Store, "remember">;

  constructor(store: Pick<Store, "remember" | "facts">) {
    this.store = store;
    // What an older version kept there is passed over.
    this.peers = store.facts.peers.filter((peer) => typeof peer === "string").slice(0, meshLimits.anchorsMax);
  }

  /** To be called whenever neighbors come or go. Who went all at once is not forgotten: perhaps we are the one who left. */
  onNeighbors(now: readonly PeerId[]): void {
    const peers = [...new Set([...now, ...this.peers])].slice(0, meshLimits.anchorsMax);
    if (peers.length === this.peers.length && peers.every((peer, i) => peer === this.peers[i])) return;
    this.peers = peers;
    this.store.remember(peers);
  }
}
