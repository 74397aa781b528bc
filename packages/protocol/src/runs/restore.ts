/**
 * A peer made from a snapshot: it goes on as the first one would have, given the same inputs. Traces replay with it.
 */
import type { Hash } from "../types.ts";
import type { Peer } from "../peer.ts";
import type { Snapshot } from "../peer-state.ts";
import { Random } from "../random.ts";
import { copyState } from "./state-copy.ts";
import { WholePeer } from "../whole-peer.ts";

/** Make a peer that goes on where the snapshot was taken. The snapshot itself stays as it is. */
export function restore(snapshot: Snapshot, hash: Hash): Peer {
  const { self, config, random, state } = copyState(snapshot);
  return new WholePeer(self, config, Random.from(random), hash, state);
}
