/** Every part there is: for the simulator, for replays and tests, which have no reason to load one later. */
import { keyRooms } from "./key-rooms.ts";
import { laterRooms } from "./later-rooms.ts";
import type { Parts } from "./parts.ts";

export const wholeParts: Readonly<Parts> = { keys: keyRooms, later: laterRooms };
