/** The rooms that no peer needs to come in: what `Parts` has under `later`. */
import { Maps } from "./maps.ts";
import { Mongering } from "./spreading/mongering.ts";

export interface LaterRooms {
  readonly Maps: typeof Maps;
  readonly Mongering: typeof Mongering;
}

export const laterRooms: LaterRooms = { Maps, Mongering };
