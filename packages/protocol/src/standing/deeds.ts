/**
 * What a neighbor did since its link stands, gathered from the rooms that saw it. Each counts for itself and forgets with
 * the link; `trust/scores.ts` remembers for longer.
 */
import type { Rooms } from "../rooms.ts";
import { NONE, type Deeds } from "../trust/scores.ts";
import type { LinkId } from "../types.ts";

export function deedsOf({ rumors, liveness }: Rooms, link: LinkId): Deeds {
  return { ...NONE, ...rumors.spreading.showsOf(link), ...rumors.promisesOf(link), ...liveness.answersOf(link) };
}
