/** The rooms that no peer needs to come in: what `Parts` has under `later`. */
import { CatchingUp } from "../rumors/catching-up.ts";
import { Finding } from "../overlay/finding.ts";
import { Maps } from "../rumors/maps.ts";
import { Profiles } from "../rumors/profiles.ts";
import { Repairing } from "../rumors/repairing.ts";
import { onRestored, openLater } from "../runs/restored.ts";
import { Routed } from "../repair/routed.ts";
import { RoutedRounds } from "../rumors/routed-rounds.ts";
import { shelfOf } from "../rumors/shelf.ts";
import { BroadcastTree } from "../spreading/broadcast-tree.ts";
import { Climate } from "../spreading/climate.ts";
import { Mongering } from "../spreading/mongering.ts";
import { Probing } from "../spreading/probing.ts";
import { laterCodec, type LaterCodec } from "../wire/later-codec.ts";

export interface LaterRooms {
  readonly BroadcastTree: typeof BroadcastTree;
  readonly CatchingUp: typeof CatchingUp;
  readonly Climate: typeof Climate;
  readonly Finding: typeof Finding;
  readonly Maps: typeof Maps;
  readonly Profiles: typeof Profiles;
  readonly Mongering: typeof Mongering;
  readonly Probing: typeof Probing;
  readonly Repairing: typeof Repairing;
  readonly Routed: typeof Routed;
  readonly RoutedRounds: typeof RoutedRounds;
  readonly onRestored: typeof onRestored;
  readonly openLater: typeof openLater;
  readonly shelfOf: typeof shelfOf;
  readonly codec: LaterCodec;
}

export const laterRooms: LaterRooms = {
  BroadcastTree,
  CatchingUp,
  Climate,
  Finding,
  Maps,
  Mongering,
  Probing,
  Profiles,
  Repairing,
  Routed,
  RoutedRounds,
  onRestored,
  openLater,
  shelfOf,
  codec: laterCodec,
};
