import { encodeBase58, peerIdOf, type Descriptor, type Evidence, type Head } from "@grapevine/protocol";
import { expect, test } from "vitest";
import { convictionOf } from "./conviction.ts";

const peer = peerIdOf(new Uint8Array(32).fill(7));
const meshId = new Uint8Array(32);
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

const head = (fill: number): Head => ({
  header: {
    version: 1,
    kind: 0,
    author: peer,
    incarnation: 1,
    topic: "00".repeat(16),
    seq: 3,
    low: 1,
    prev: key(0),
    timeMs: Date.UTC(2026, 0, 1, 12),
    counter: 0,
    expiryMs: 0,
    keyId: new Uint8Array(8),
  },
  bodyHash: key(fill),
  signature: new Uint8Array(64).fill(fill),
});

const descriptor = (fill: number): Descriptor => ({
  creator: peer,
  incarnation: 1,
  boxKey: key(fill),
  ticket: new Uint8Array(0),
  slot: 9,
  signature: new Uint8Array(64).fill(fill),
  hops: [],
});

test("a fork shows both rumors for the place, told apart by their contents and ids", () => {
  const { offence, statements, own } = convictionOf({ kind: "fork", a: head(1), b: head(2) }, "somebody", meshId);
  expect({ offence, own }).toEqual({ offence: "fork", own: false });
  expect(statements.map(({ says }) => says)).toEqual([
    `number 3 of its log, at 2026-01-01T12:00:00.000Z: contents ${encodeBase58(key(1))}`,
    `number 3 of its log, at 2026-01-01T12:00:00.000Z: contents ${encodeBase58(key(2))}`,
  ]);
  expect(new Set(statements.map(({ rumor }) => rumor)).size).toBe(2);
  expect(statements[0].signature).toBe(encodeBase58(new Uint8Array(64).fill(1)));
});

test.each<Evidence>([
  { kind: "mint", a: descriptor(1), b: descriptor(2) },
  {
    kind: "transfer",
    owner: peer,
    index: 1,
    digest: key(3),
    a: { to: peerIdOf(key(4)), signature: new Uint8Array(64) },
    b: { to: peerIdOf(key(5)), signature: new Uint8Array(64) },
  },
])("$kind shows two statements that differ, and belongs to no message", (evidence) => {
  const { statements, own } = convictionOf(evidence, peer, meshId);
  expect(statements[0].says).not.toBe(statements[1].says);
  expect(statements.map(({ rumor }) => rumor)).toEqual([undefined, undefined]);
  expect(own).toBe(true);
});
