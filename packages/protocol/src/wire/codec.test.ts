import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import type { Credential, Descriptor, LogId, Range, Rumor } from "../types.ts";
import { peerIdOf } from "./base58.ts";
import { decodeCredential, decodeEnvelope, encodeCredential, encodeEnvelope } from "./codec.ts";
import { decodeFrame, encodeFrame } from "./whole-codec.ts";
import type { Frame } from "./frames.ts";

const peer = peerIdOf(new Uint8Array(32).fill(5));
const log: LogId = { author: peer, incarnation: 1, topic: "0a".repeat(16) };
const signature = new Uint8Array(64).fill(6);

function credentialWith(ticketBytes: number): Credential {
  return { peer, incarnation: 1, boxKey: new Uint8Array(32), ticket: new Uint8Array(ticketBytes), signature };
}

function descriptorWith(hops: number): Descriptor {
  const { incarnation, boxKey, ticket } = credentialWith(limits.ticketBytesMax);
  const hop = { to: peer, signature };
  return {
    creator: peer,
    incarnation,
    boxKey,
    ticket,
    slot: 1,
    signature,
    hops: Array.from({ length: hops }, () => hop),
  };
}

function rumorWith(bodyBytes: number): Rumor {
  return {
    header: {
      version: 1,
      kind: 0,
      author: peer,
      incarnation: 2 ** 48 - 1,
      topic: "ff".repeat(16),
      seq: Number.MAX_SAFE_INTEGER,
      low: Number.MAX_SAFE_INTEGER,
      prev: new Uint8Array(32),
      timeMs: 2 ** 48 - 1,
      counter: Number.MAX_SAFE_INTEGER,
      expiryMs: 0,
      keyId: new Uint8Array(8),
    },
    body: new Uint8Array(bodyBytes),
    signature,
  };
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

/** `count` ranges that take as many bytes as ranges over 65 536 rumors can. */
function widest(count: number): Range[] {
  const step = Math.floor(Number.MAX_SAFE_INTEGER / count);
  return Array.from({ length: count }, (_, i): Range => [1 + i * step, 1 + i * step + 1023]);
}

/** As many as one frame takes, of four logs. */
const RANGES = [4096, 4096, 4096, limits.rangesPerFrameMax - 3 * 4096].map(widest);

const FULL: readonly Frame[] = [
  { kind: "rumor", hops: 255, repair: true, rumor: rumorWith(limits.rumorBodyBytesMax) },
  { kind: "credentialsHave", credentials: times(limits.credentialsMax, credentialWith(limits.ticketBytesMax)) },
  { kind: "credentialsWant", peers: times(limits.credentialsMax, peer) },
  {
    kind: "peersHave",
    credentials: times(limits.credentialsMax, credentialWith(limits.ticketBytesMax)),
    samples: times(limits.descriptorsMax, { descriptor: descriptorWith(0), chain: 255 }),
  },
  { kind: "shuffle", id: 1, descriptors: times(limits.descriptorsMax, descriptorWith(limits.hopsMax)) },
  {
    kind: "have",
    round: Number.MAX_SAFE_INTEGER,
    covers: { kind: "all" },
    logs: [
      ...times(limits.logsNamedMax, { log: 2 ** 48 - 1, low: Number.MAX_SAFE_INTEGER, ranges: [] }),
      ...times(limits.logsMax - 4, { log, low: Number.MAX_SAFE_INTEGER, ranges: [] }),
      ...RANGES.map((ranges) => ({ log, low: 1, ranges })),
    ],
  },
  { kind: "want", round: 1, wants: RANGES.map((ranges) => ({ log, ranges })) },
  {
    kind: "have",
    round: 1,
    covers: { kind: "versions", versions: new Uint32Array(2 * limits.logsHeldMax) },
    logs: times(limits.logsNamedMax, { log: 1, low: 1, ranges: [] }),
  },
  {
    kind: "reconcile",
    round: 1,
    part: {
      step: "prints",
      size: 1,
      within: { bits: 13, buckets: Array.from({ length: limits.printsMax }, (_, i) => i) },
      bits: 0,
      prints: new Uint32Array(limits.printsMax),
    },
  },
  {
    kind: "reconcile",
    round: 1,
    part: {
      step: "symbols",
      symbols: {
        size: 0,
        counts: new Int32Array(limits.symbolsMax).fill(0x3fff_ffff),
        highs: new Uint32Array(limits.symbolsMax),
        lows: new Uint32Array(limits.symbolsMax),
        checks: new Uint32Array(limits.symbolsMax),
      },
    },
  },
  {
    kind: "route",
    circuit: "0a".repeat(8),
    to: peer,
    slot: 1,
    chain: 1,
    hops: 8,
    sealed: new Uint8Array(limits.sealedBytesMax),
  },
];

describe("at every limit", () => {
  test.each(FULL.map((frame) => [frame.kind, frame] as const))("a %s fits into a frame and comes back", (_, frame) => {
    const bytes = encodeFrame(frame);
    expect(bytes.length).toBeLessThanOrEqual(limits.frameBytesMax);
    expect(isDeepStrictEqual(decodeFrame(bytes), { ok: true, frame })).toBe(true);
  });

  test("a direct message with the largest ticket fits into a routed frame, sealed", () => {
    const bytes = encodeEnvelope({
      sender: credentialWith(limits.ticketBytesMax),
      body: { type: "message", id: "00".repeat(8), data: new Uint8Array(limits.directBytesMax) },
    });
    // A key, a nonce and an authenticator.
    expect(bytes.length + 32 + 24 + 16).toBeLessThanOrEqual(limits.sealedBytesMax);
  });
});

describe("beyond a limit, encoding asserts", () => {
  test.each<[string, Frame]>([
    ["a body", { kind: "rumor", hops: 1, repair: false, rumor: rumorWith(limits.rumorBodyBytesMax + 1) }],
    ["a ticket", { kind: "credentialsHave", credentials: [credentialWith(limits.ticketBytesMax + 1)] }],
    ["credentials", { kind: "credentialsHave", credentials: times(limits.credentialsMax + 1, credentialWith(0)) }],
    ["peers", { kind: "credentialsWant", peers: times(limits.credentialsMax + 1, peer) }],
    ["hops", { kind: "shuffle", id: 1, descriptors: [descriptorWith(limits.hopsMax + 1)] }],
    ["descriptors", { kind: "shuffle", id: 1, descriptors: times(limits.descriptorsMax + 1, descriptorWith(0)) }],
    ["logs", { kind: "want", round: 0, wants: times(limits.logsMax + 1, { log, ranges: [] }) }],
    ["ranges", { kind: "want", round: 0, wants: [{ log, ranges: widest(limits.rangesMax + 1) }] }],
    ["ranges in all", { kind: "want", round: 0, wants: times(4, { log, ranges: widest(4096) }) }],
    ["named logs", { kind: "want", round: 0, wants: times(limits.logsNamedMax + 1, { log: 1, ranges: [] }) }],
    [
      "a short name behind a full one",
      {
        kind: "want",
        round: 0,
        wants: [
          { log, ranges: [] },
          { log: 1, ranges: [] },
        ],
      },
    ],
    ["sealed bytes", { kind: "circuit", circuit: "00".repeat(8), sealed: new Uint8Array(limits.sealedBytesMax + 1) }],
    [
      "ranges that touch",
      {
        kind: "want",
        round: 0,
        wants: [
          {
            log,
            ranges: [
              [1, 2],
              [3, 4],
            ],
          },
        ],
      },
    ],
    [
      "ranges that descend",
      {
        kind: "want",
        round: 0,
        wants: [
          {
            log,
            ranges: [
              [9, 9],
              [1, 2],
            ],
          },
        ],
      },
    ],
    ["a range from 0", { kind: "want", round: 0, wants: [{ log, ranges: [[0, 1]] }] }],
    ["a range that is upside down", { kind: "want", round: 0, wants: [{ log, ranges: [[2, 1]] }] }],
    ["a short signature", { kind: "auth", signature: new Uint8Array(63) }],
    ["a fraction of a millisecond", { kind: "pong", nonce: 1, timeMs: 0.5 }],
  ])("%s", (_, frame) => {
    expect(() => encodeFrame(frame)).toThrow(RangeError);
  });
});

describe("a frame is refused", () => {
  const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
  const logHex = `${"05".repeat(32)} 000000000001 ${"0a".repeat(16)}`;

  test.each([
    ["with nothing in it", "", "empty"],
    ["that is a critical kind of later", "80", "critical-unknown-kind"],
    ["that is cut after its kind", "01", "truncated"],
    ["with an unknown reason for a goodbye", "02 ff", "bad-value"],
    ["with a flag that is neither 0 nor 1", "0d 00 02", "bad-value"],
    ["with something behind its end", "04 00000001 00", "trailing-bytes"],
    ["that promises more items than it has bytes", "11 18", "truncated"],
    ["that promises more items than allowed", "11 19", "too-long"],
    ["with sealed bytes beyond the limit", `0b ${"00".repeat(8)} 81c004`, "too-long"],
    ["with a range that ends beyond 2^53", `10 01 ${logHex} 01 ffffffffffffff0f 00`, "bad-value"],
    ["with an overlong count", "11 8000", "overlong-varint"],
  ])("%s", (_, encoded, reason) => {
    expect(decodeFrame(hex(encoded))).toEqual({ ok: false, reason });
  });

  test("that is longer than any frame, before it is read", () => {
    expect(decodeFrame(new Uint8Array(limits.frameBytesMax + 1))).toEqual({ ok: false, reason: "too-long" });
  });

  test.each([
    ["another version", (bytes: Uint8Array) => bytes.with(3, 2)],
    ["seq 0", (bytes: Uint8Array) => bytes.with(59, 0)],
    ["low 0", (bytes: Uint8Array) => bytes.with(60, 0)],
    ["low beyond seq", (bytes: Uint8Array) => bytes.with(60, 2)],
  ])("with a rumor of %s", (_, alter) => {
    const { header, ...rest } = rumorWith(3);
    const rumor = { header: { ...header, seq: 1, low: 1 }, ...rest };
    const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor });
    expect(decodeFrame(bytes).ok).toBe(true);
    expect(decodeFrame(alter(bytes))).toEqual({ ok: false, reason: "bad-value" });
  });
});

test("a hop count beyond a byte is sent as 255", () => {
  const bytes = encodeFrame({ kind: "rumor", hops: 256, repair: false, rumor: rumorWith(0) });
  expect(decodeFrame(bytes)).toMatchObject({ frame: { hops: 255 } });
});

test("a decoded frame views the bytes that it came in, and copies none", () => {
  const bytes = encodeFrame({ kind: "auth", signature });
  const decoded = decodeFrame(bytes);
  expect(decoded.ok && decoded.frame?.kind === "auth" && decoded.frame.signature.buffer).toBe(bytes.buffer);
});

describe("an envelope is refused", () => {
  const sender = credentialWith(3);
  const ack = encodeEnvelope({ sender, body: { type: "ack", id: "00".repeat(8) } });
  const refuse = encodeEnvelope({ sender, body: { type: "refuse", call: "00".repeat(8), reason: "full" } });

  test.each([
    ["with an unknown body", ack.with(0, 9), "bad-value"],
    ["with an unknown reason", refuse.with(refuse.length - 1, 5), "bad-value"],
    ["with something behind its end", Uint8Array.of(...ack, 0), "trailing-bytes"],
    ["with nothing in it", new Uint8Array(0), "truncated"],
  ])("%s", (_, bytes, reason) => {
    expect(decodeEnvelope(bytes)).toEqual({ ok: false, reason });
  });
});

test("a credential with too long a ticket is refused before it is read", () => {
  const bytes = encodeCredential(credentialWith(1));
  const long = Uint8Array.of(...bytes.subarray(0, 70), 0x81, 0x08, ...new Uint8Array(1025 + 64));
  expect(decodeCredential(long)).toEqual({ ok: false, reason: "too-long" });
});
