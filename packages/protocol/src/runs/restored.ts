/**
 * What a peer comes by late, beside the mesh: what an earlier run kept, before it starts, and rooms whose code has come
 * after it was made (`parts.ts`).
 */
import type { KeyRoom } from "../parts/absent.ts";
import type { Doorway } from "../standing/doorway.ts";
import type { LaterRooms } from "../parts/later-rooms.ts";
import type { Rooms } from "../rooms.ts";
import type { Restored } from "./storage.ts";

/** What an earlier run verified: it is taken as it is, and nobody is told. */
export function onRestored(restored: Restored, rooms: Rooms, keyRoom: KeyRoom, doorway: Doorway): void {
  const {
    credentials,
    standings,
    rumors,
    entries = [],
    forks,
    evidence,
    revocations = [],
    revokers = [],
    keys = [],
  } = restored;
  if (rooms.state.phase !== "new") return;
  keyRoom.onRestored(keys, rumors);
  for (const proof of evidence) rooms.convictions.convict(proof);
  doorway.revoking.restore(revocations, revokers);
  for (const [i, credential] of credentials.entries()) {
    if (credential.peer !== rooms.foundation.self) rooms.admission.admit(credential, standings?.[i]);
  }
  rooms.rumors.onRestored(rumors, forks, rooms.now, rooms);
  for (const proof of evidence) if (proof.kind === "fork") rooms.rumors.maps.onFork(proof, rooms);
  rooms.rumors.maps.onRestored(entries, rooms.now, rooms);
  rooms.rumors.onLimits(rooms.now, rooms);
}

/** What comes later is there. It is told what is proved already, and compares with every neighbor. */
export function openLater(rooms: Rooms, later: LaterRooms): void {
  const { rumors, convictions, overlay, now } = rooms;
  overlay.open(later);
  const { finding } = overlay;
  if (rooms.state.phase !== "new") finding.shuffles.onStart(now);
  rooms.openRouted(later);
  rumors.spreading.open(later);
  rumors.open(later);
  for (const proof of convictions.all()) if (proof.kind === "fork") rumors.maps.onFork(proof, rooms);
  for (const { link, peer } of overlay.neighbors.all()) {
    finding.exchange.greet(link, peer, now, rooms);
    rumors.spreading.onNeighbor(link, now);
    rumors.repairing.onLinkUp(link, peer, now);
    rumors.maps.onLinkUp(link, peer, now);
    rumors.profiles.onLinkUp(link, peer, now);
  }
  overlay.urge(now);
}
