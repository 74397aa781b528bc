import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodePeerMessage, decodeSeedMessage, encodePeerMessage, encodeSeedMessage } from "./codec.ts";
import { seedLimits } from "./limits.ts";
import type { IceServer, PeerMessage, SeedMessage } from "./messages.ts";

interface Vectors {
  peer: Valid[];
  seed: Valid[];
  invalidPeer: Invalid[];
  invalidSeed: Invalid[];
}
interface Valid {
  note: string;
  hex: string;
  message: Record<string, unknown>;
}
interface Invalid {
  note: string;
  hex: string;
  reason: string;
}

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/seed.json", import.meta.url), "utf8"),
) as unknown as Vectors;

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** As the vectors have it: bytes as hex. */
const plain = (message: object): unknown =>
  JSON.parse(JSON.stringify(message, (_, value: unknown) => (value instanceof Uint8Array ? hex(value) : value)));

/** The way back. */
const revive = <T>(message: object): T =>
  JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    key === "room" || key === "card" || key === "bytes" ? bytes(value as string) : value,
  ) as T;

describe("a message of a peer", () => {
  test.each(vectors.peer)("$note", ({ hex: expected, message }) => {
    expect(hex(encodePeerMessage(revive<PeerMessage>(message)))).toBe(expected);
    const decoded = decodePeerMessage(bytes(expected));
    expect(decoded.ok && plain(decoded.message)).toEqual(message);
  });

  test.each(vectors.invalidPeer)("is refused: $note", ({ hex, reason }) => {
    expect(decodePeerMessage(bytes(hex))).toEqual({ ok: false, reason });
  });

  test("of the largest signal stays within a message", () => {
    const signal: PeerMessage = {
      kind: "signal",
      seat: "00".repeat(seedLimits.seatBytes),
      bytes: new Uint8Array(seedLimits.signalBytesMax),
    };
    const encoded = encodePeerMessage(signal);
    expect(encoded.length).toBeLessThanOrEqual(seedLimits.messageBytesMax);
    expect(decodePeerMessage(encoded)).toEqual({ ok: true, message: signal });
  });
});

describe("a message of a seed", () => {
  test.each(vectors.seed)("$note", ({ hex: expected, message }) => {
    expect(hex(encodeSeedMessage(revive<SeedMessage>(message)))).toBe(expected);
    const decoded = decodeSeedMessage(bytes(expected));
    expect(decoded.ok && plain(decoded.message)).toEqual(message);
  });

  test.each(vectors.invalidSeed)("is refused: $note", ({ hex, reason }) => {
    expect(decodeSeedMessage(bytes(hex))).toEqual({ ok: false, reason });
  });

  test("of the largest welcome stays within a message", () => {
    const text = "u".repeat(seedLimits.iceTextBytesMax);
    const server: IceServer = {
      urls: Array<string>(seedLimits.iceUrlsMax).fill(`turn:${text}`.slice(0, seedLimits.iceTextBytesMax)),
      username: text,
      credential: text,
    };
    const welcome: SeedMessage = {
      kind: "welcome",
      seat: "ff".repeat(seedLimits.seatBytes),
      iceServers: Array.from({ length: seedLimits.iceServersMax }, () => server),
      others: 0xffff_ffff,
      peers: Array.from({ length: seedLimits.peersMax }, () => ({
        seat: "ab".repeat(seedLimits.seatBytes),
        card: new Uint8Array(seedLimits.cardBytesMax),
      })),
    };
    const encoded = encodeSeedMessage(welcome);
    expect(encoded.length).toBeLessThanOrEqual(seedLimits.messageBytesMax);
    expect(decodeSeedMessage(encoded)).toEqual({ ok: true, message: welcome });
  });
});

describe("encoding asserts", () => {
  const card = new Uint8Array(0);
  const tooBig = new Uint8Array(seedLimits.cardBytesMax + 1);
  const seat = "00".repeat(seedLimits.seatBytes);
  test.each<[string, PeerMessage]>([
    ["a room of 32 bytes", { kind: "hello", version: 1, room: new Uint8Array(31), card }],
    ["the size of a card", { kind: "card", card: tooBig }],
    ["the size of a signal", { kind: "signal", seat, bytes: new Uint8Array(seedLimits.signalBytesMax + 1) }],
    ["a seat of hex digits", { kind: "signal", seat: "g".repeat(16), bytes: new Uint8Array(0) }],
    ["a count", { kind: "ask", count: 0.5 }],
  ])("%s", (_, message) => {
    expect(() => encodePeerMessage(message)).toThrow(RangeError);
  });

  test.each<[string, SeedMessage]>([
    ["the number of peers", { kind: "peers", others: 17, peers: Array.from({ length: 17 }, () => ({ seat, card })) }],
    ["a count of others", { kind: "peers", others: -1, peers: [] }],
    ["a time to stay away", { kind: "release", retryAfterMs: Number.NaN }],
    ["ICE servers", { kind: "welcome", seat, iceServers: [{ urls: ["http://a"] }], others: 0, peers: [] }],
  ])("%s", (_, message) => {
    expect(() => encodeSeedMessage(message)).toThrow(RangeError);
  });
});
