/**
 * Going on under another key: what a peer does that finds its own convicted, as after a restored backup or on a cloned
 * machine. It says goodbye, keeps all that it heard, and is a newcomer to everybody else. Its logs of before are another
 * author's to it from now on, and stand as far as they stand everywhere; only what nobody will ever take of them, for a
 * fork withdrew it or it was not signed yet, is written anew.
 */
import type { Input } from "../input.ts";
import type { Doorway } from "./doorway.ts";
import type { Rooms } from "../rooms.ts";
import { logKey } from "../repair/logs.ts";
import { credentialBytes, departureBytes } from "../wire/statements.ts";

/** Nobody waits for what is written anew: it was acknowledged under the old key. Commands have refs above 0. */
const NOBODY = -1;

export function rekey(rooms: Rooms, doorway: Doorway, { self, change }: Input & { readonly kind: "rekey" }): void {
  const { foundation, overlay, rumors, state, now } = rooms;
  const old = { author: foundation.self, incarnation: foundation.config.incarnation };
  if (state.departure !== undefined) {
    for (const { link } of overlay.neighbors.all()) rooms.frame(link, state.departure, "control");
  }
  doorway.hangUpAll("left");
  foundation.self = self;
  foundation.config = { ...foundation.config, ...change };
  state.pending.clear();
  state.credential = undefined;
  state.departure = undefined;
  overlay.onRekey(now);
  rumors.spreading.lines.self = self;
  const { unsigned, retentions } = rumors.own.rekey();
  for (const [topic, retention] of retentions) {
    const log = rumors.logs.get(logKey({ ...old, topic }));
    if (log === undefined || retention === undefined) continue;
    for (const seq of [...log.held.keys()].toSorted((a, b) => a - b)) {
      const { header, body } = log.held.get(seq)!.rumor;
      if (seq < log.cut) continue;
      rumors.onPublish({ kind: "publish", ref: NOBODY, topic, keyId: header.keyId, body, retention }, now, rooms);
    }
  }
  for (const command of unsigned) rumors.onPublish(command, now, rooms);
  rumors.maps.onRekey(now, rooms);
  rumors.profiles.onRekey(now, rooms);
}

/** Who this is, from now on, to be signed. */
export function introduceSelf(rooms: Rooms): void {
  const { self, config, hash } = rooms.foundation;
  const { meshId, incarnation, boxKey, ticket } = config;
  rooms.sign({ for: "own-credential" }, credentialBytes(meshId, self, incarnation, boxKey, hash(ticket)));
  // Signed ahead, so that a page that is closing can say goodbye without waiting for a signature.
  rooms.sign({ for: "own-departure" }, departureBytes(meshId, self, incarnation));
}
