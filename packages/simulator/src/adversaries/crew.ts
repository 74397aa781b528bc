/**
 * What colluders share outside of the mesh: who they are, whom they are after, and, for whoever judges, when each of them
 * first did what can be proved. The worst case for everybody else: they all know of each other at once.
 */
import type { Credential, PeerId } from "@grapevine/protocol";

export class Crew {
  readonly members: Set<PeerId> = new Set();
  readonly credentials: Map<PeerId, Credential> = new Map();
  /** Whom they censor or surround. */
  victim: PeerId | undefined;
  /** The driver's clock at the moment in which the second of two contradicting statements left its signer. */
  readonly offencesMs: Map<PeerId, number> = new Map();

  offend(peer: PeerId, nowMs: number): void {
    if (!this.offencesMs.has(peer)) this.offencesMs.set(peer, nowMs);
  }
}
