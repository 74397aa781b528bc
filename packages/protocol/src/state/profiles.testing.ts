/** What tests of profiles share: profiles that look like real ones, with a number for everything. */
import type { HeldProfile } from "./profile-table.ts";
import { makeFoundation, peerId, testHash } from "../room.testing.ts";
import { START_MS, signAs } from "../rumors/rumors.testing.ts";
import type { Header, Rumor } from "../types.ts";
import { RUMOR_KIND_PROFILE } from "../types.ts";
import { profilesTopic, rumorId } from "../wire/statements.ts";

const { meshId } = makeFoundation().config;

export const PROFILES: string = profilesTopic(testHash, meshId);

/** Stamped `seq` milliseconds after the start, for a minute, unless told otherwise. */
export function profile(
  author: number,
  seq: number,
  change: Partial<Header> = {},
  body: Uint8Array = Uint8Array.of(seq),
): Pick<HeldProfile, "rumor" | "id"> {
  const timeMs = change.timeMs ?? START_MS + seq;
  const header: Header = {
    version: 1,
    author: peerId(author),
    incarnation: 1,
    topic: PROFILES,
    seq,
    low: seq,
    prev: new Uint8Array(32),
    timeMs,
    counter: 0,
    expiryMs: timeMs + 60_000,
    keyId: new Uint8Array(8),
    kind: RUMOR_KIND_PROFILE,
    ...change,
  };
  const rumor: Rumor = signAs(header, body);
  return { rumor, id: rumorId(testHash, meshId, header, testHash(body)) };
}
