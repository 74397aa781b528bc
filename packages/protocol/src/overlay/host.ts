/**
 * What the overlay needs of the peer that it belongs to, so that its parts can be made, and tried, without one.
 */
import type { Directory } from "../membership/directory.ts";
import type { Path } from "../sampling/calls.ts";
import type { Admission } from "../trust/admission.ts";
import type { Evidence, LinkId, PeerId } from "../types.ts";
import type { EnvelopeBody } from "../wire/frames.ts";

export interface Host {
  readonly admission: Admission;
  readonly directory: Directory;
  /** Convicted, or revoked: nobody to call, to be called by, or to hear of. */
  isShutOut(peer: PeerId): boolean;
  /** Its link was ended for its score, not long ago. */
  isGraylisted(peer: PeerId): boolean;
  /** Nothing came over that link for some time; it may be gone. */
  isQuiet(link: LinkId): boolean;
  /** The least round-trip time of a link that we measured; undefined while no pong has come. */
  rttLeastMs(link: LinkId): number | undefined;
  /** Two checked descriptors that contradict each other. */
  onEvidence(evidence: Evidence): void;
  /** Of this peer a checked descriptor is known now, and its ticket held. */
  onKnown(peer: PeerId): void;
  /** Seal a body for a peer and send it along a path. */
  post(path: Path, peer: PeerId, boxKey: Uint8Array, body: EnvelopeBody, circuit: string): void;
  /** End a link, wherever it stands, with a word to the other side. */
  hangUp(link: LinkId, reason: "goodbye" | "replaced" | "timeout"): void;
  readonly paused: boolean;
}
