/** All rooms that the keys of epochs take: what `Parts` has under `keys`. */
import { Keys } from "../standing/keys.ts";
import { Epochs } from "../trust/epochs.ts";
import { Handing } from "../trust/handing.ts";
import { Locks } from "../trust/locks.ts";

export interface KeyRooms {
  readonly Keys: typeof Keys;
  readonly Epochs: typeof Epochs;
  readonly Handing: typeof Handing;
  readonly Locks: typeof Locks;
}

export const keyRooms: KeyRooms = { Keys, Epochs, Handing, Locks };
