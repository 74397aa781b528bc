/** Who is who, as the keys of epochs need it: the trust rooms' answers, gathered. */
import { limits } from "../limits.ts";
import type { Rooms } from "../rooms.ts";
import type { Roster } from "../trust/epochs.ts";
import type { PeerId } from "../types.ts";
import { ROLE_ADMIN, ROLE_WRITER } from "../types.ts";

/** At the moment of the input that is handled. */
export function rosterOf(rooms: Rooms): Roster {
  const { admission, convictions, revocations, now } = rooms;
  const removed = [...convictions.state.convicted.keys()];
  const { admitted, standings } = admission.state;
  // Whose ticket says nothing of an end is out by a revocation only.
  for (const peer of (revocations.all().length > 0 ? admitted : standings).keys()) {
    if (admission.hasExpired(peer, now.meshMs)) removed.push(peer);
  }
  return {
    removed: new Set(removed.slice(-limits.shutOutMax)),
    isAdmin: (peer) => roleOf(rooms, peer) >= ROLE_ADMIN,
  };
}

/** Is there nothing that this peer may have any more? */
export function isOut({ admission, convictions, now }: Rooms, peer: PeerId): boolean {
  return convictions.isConvicted(peer) || admission.hasExpired(peer, now.meshMs);
}

export function roleOf({ admission, now }: Rooms, peer: PeerId): number {
  return admission.standingOf(peer, now.meshMs).role;
}

/** Of those who may make an epoch: admins first; 0 for who may not. */
export function tierOf(rooms: Rooms, peer: PeerId): number {
  if (isOut(rooms, peer)) return 0;
  const role = roleOf(rooms, peer);
  return role >= ROLE_ADMIN ? 2 : role >= ROLE_WRITER ? 1 : 0;
}
