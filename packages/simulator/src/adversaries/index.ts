/**
 * Adversaries by name, each a pure wrapper around a whole peer: the same in the simulator, in Node and in a tab. What each
 * of them attacks stands in its file; what came of it is in SECURITY.md.
 */
import { type Peer, Random } from "@grapevine/protocol";
import { accuse } from "./accuse.ts";
import { bitFlip } from "./bit-flip.ts";
import { phantom, stale } from "./claims.ts";
import { clock } from "./clock.ts";
import { coldBoot } from "./cold-boot.ts";
import { Crew } from "./crew.ts";
import { type Core, Deviant, type Kind } from "./deviant.ts";
import { drip } from "./drip.ts";
import { equivocate } from "./equivocate.ts";
import { flash } from "./flash.ts";
import { forge } from "./forge.ts";
import { malformed } from "./malformed.ts";
import { mapFuture, mapPhantom, mapRestless, mapStale, mapUndelete } from "./maps.ts";
import { clone, hub } from "./minting.ts";
import { replay } from "./replay.ts";
import { storm } from "./storm.ts";
import { eclipse, sybil } from "./surround.ts";
import { censor, selective, withhold } from "./withhold.ts";

export { type Core, Deviant, type Deviation, type Kind, type Scene, together } from "./deviant.ts";
export { Crew } from "./crew.ts";

type SingleName =
  | "bit-flip"
  | "forge"
  | "replay"
  | "equivocate"
  | "withhold"
  | "selective"
  | "phantom"
  | "stale"
  | "storm"
  | "drip"
  | "sybil"
  | "eclipse"
  | "hub"
  | "clone"
  | "cold-boot"
  | "flash"
  | "censor"
  | "accuse"
  | "clock"
  | "malformed"
  | MapKindName;
/** Those that lie about maps. */
type MapKindName = "map-phantom" | "map-restless" | "map-stale" | "map-undelete" | "map-future";
export type KindName = SingleName | "mix";

const SINGLE: Readonly<Record<SingleName, Kind>> = {
  "bit-flip": bitFlip,
  forge,
  replay,
  equivocate,
  withhold,
  selective,
  phantom,
  stale,
  storm,
  drip,
  sybil,
  eclipse,
  hub,
  clone,
  "cold-boot": coldBoot,
  flash,
  censor,
  accuse,
  clock,
  malformed,
  "map-phantom": mapPhantom,
  "map-restless": mapRestless,
  "map-stale": mapStale,
  "map-undelete": mapUndelete,
  "map-future": mapFuture,
};

/** Each colluder something else, by chance. */
const mix: Kind = (scene) => scene.random.pick(Object.values(SINGLE))!(scene);

export const KINDS: Readonly<Record<KindName, Kind>> = { ...SINGLE, mix };

export const KIND_NAMES: readonly KindName[] = Object.keys(KINDS) as KindName[];

/** A peer of its own, honest until it is told to `turn`; `seed`: 16 bytes for its choices. */
export function disguised(peer: Peer, core: Core, seed: Uint8Array): Deviant {
  return new Deviant(peer, new Random(seed), new Crew(), core);
}
