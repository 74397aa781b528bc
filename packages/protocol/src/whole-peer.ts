/**
 * The peer with every part there is, and the one that the package calls `Peer`. A page makes the other, of `peer.ts`, which
 * is handed its parts as they are loaded; no other class stands between the two.
 */
import type { Config } from "./config.ts";
import { Peer } from "./peer.ts";
import type { PeerState } from "./peer-state.ts";
import type { Random } from "./random.ts";
import type { Hash, PeerId } from "./types.ts";
import { wholeParts } from "./parts/whole-parts.ts";

export class WholePeer extends Peer {
  /** `state`: that of a snapshot, to go on from there; it is used, not copied (see `restore.ts`). */
  constructor(self: PeerId, config: Config, random: Random, hash: Hash, state?: PeerState) {
    super(self, config, random, hash, wholeParts, state);
  }
}
