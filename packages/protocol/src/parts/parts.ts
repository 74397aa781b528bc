/**
 * Rooms that a peer can do without, for good or for a time, so that a page loads them when it has a use for them: the keys
 * of epochs where keys change; replicated maps, and answers to those who monger, once it is in. Whoever makes a peer hands
 * in what is there, and says by the input `later` when the rest has come. What is absent has a stand-in that does nothing.
 */
import type { KeyRooms } from "./key-rooms.ts";
import type { LaterRooms } from "./later-rooms.ts";

export interface Parts {
  /** Have to be there from the beginning where `config.keys` is given. */
  keys?: KeyRooms;
  /** Have to be there from the beginning where rumors are mongered, and for maps that were kept. */
  later?: LaterRooms;
}
