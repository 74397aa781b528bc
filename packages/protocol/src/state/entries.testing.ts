/** What tests of maps share: entries that look like real ones, with a number for everything. */
import type { Moment } from "../room.ts";
import { makeFoundation, peerId, testHash } from "../room.testing.ts";
import { START_MS, signAs } from "../rumors/rumors.testing.ts";
import type { Header } from "../types.ts";
import { RUMOR_KIND_STATE } from "../types.ts";
import { rumorId } from "../wire/statements.ts";
import type { Held } from "./entry.ts";

export { START_MS } from "../rumors/rumors.testing.ts";

export const MAP: string = "0b".repeat(16);

export function at(sinceStartMs: number): Moment {
  return { nowMs: sinceStartMs, meshMs: START_MS + sinceStartMs };
}

/** The tag of a key. */
export function keyTag(key: number): Uint8Array {
  return testHash(Uint8Array.of(key & 0xff, key >> 8, 1));
}

/** Stamped `seq` milliseconds after the start, unless told otherwise. */
export function entry(
  key: number,
  author: number,
  seq: number,
  change: Partial<Header> = {},
  body: Uint8Array = Uint8Array.of(seq),
): Held {
  const header: Header = {
    version: 1,
    author: peerId(author),
    incarnation: 1,
    topic: MAP,
    seq,
    low: seq,
    prev: keyTag(key),
    timeMs: START_MS + seq,
    counter: 0,
    expiryMs: 0,
    keyId: new Uint8Array(8),
    kind: RUMOR_KIND_STATE,
    ...change,
  };
  const rumor = signAs(header, body);
  return { rumor, id: rumorId(testHash, makeFoundation().config.meshId, header, testHash(body)), hops: 1 };
}
