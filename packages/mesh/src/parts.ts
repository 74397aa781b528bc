/**
 * Parts of the core that a page loads when it has a use for them: what its options ask for before the peer is made, the
 * rest once it has started, so that they stand in the way of no first message.
 */
import type { Parts } from "@grapevine/protocol";
import type { JoinPlan } from "./options.ts";
import { isPage } from "./page.ts";

/** What a peer with these options needs from its beginning: a store has rumors and entries. Node has all at hand. */
export async function loadParts({ keys, storage, spreading }: JoinPlan): Promise<Parts> {
  const parts: Parts = {};
  if (keys !== undefined) parts.keys = (await import("@grapevine/protocol/keys")).keyRooms;
  if (!isPage() || storage !== undefined || spreading.spreading === "mongering") await loadLater(parts);
  return parts;
}

export async function loadLater(parts: Parts): Promise<void> {
  parts.later ??= (await import("@grapevine/protocol/later")).laterRooms;
}
