/**
 * What this tab's key was convicted of outlives a reload, as the key does: the others would only refuse it, and say no word
 * about why. It is kept beside the key, for as long as the tab.
 */
import type { Conviction, PeerId } from "../model/face.ts";

export function keepOwn(storage: Storage, conviction: Conviction): void {
  if (conviction.own) storage.setItem(nameOf(conviction.peer), JSON.stringify(conviction));
}

/** All that are known, and the own one of before, if there is one. */
export function withOwn(storage: Storage, peer: PeerId, known: readonly Conviction[]): readonly Conviction[] {
  if (known.some(({ own }) => own)) return known;
  const kept = storage.getItem(nameOf(peer));
  return kept === null ? known : [JSON.parse(kept) as Conviction, ...known];
}

function nameOf(peer: PeerId): string {
  return `grapevine demo verdict ${peer}`;
}
