/**
 * How the rooms of a whole peer answer what its overlay asks of it (`host.ts`).
 */
import type { Host } from "./host.ts";
import type { Rooms } from "../rooms.ts";

/** What the rooms of a peer say of it; what it does besides is its own. */
export function hostIn(rooms: Rooms, deeds: Pick<Host, "onEvidence" | "onKnown" | "post" | "hangUp">): Host {
  const { admission, directory, convictions, scores, liveness } = rooms;
  return {
    admission,
    directory,
    isShutOut: (peer) => convictions.isConvicted(peer) || admission.isRevoked(peer),
    isGraylisted: (peer) => scores.isGraylisted(peer, rooms.now),
    isQuiet: (link) => liveness.isQuiet(link),
    rttLeastMs: (link) => liveness.rttLeastMs(link),
    ...deeds,
    get paused() {
      const { phase, credential } = rooms.state;
      return phase !== "running" || credential === undefined || admission.isRevoked(rooms.foundation.self);
    },
  };
}
