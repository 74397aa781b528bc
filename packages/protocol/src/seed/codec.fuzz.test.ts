import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SeedDecoded } from "./codec.ts";
import { decodePeerMessage, decodeSeedMessage, encodePeerMessage, encodeSeedMessage } from "./codec.ts";
import { seedLimits } from "./limits.ts";
import type { PeerMessage, SeedMessage } from "./messages.ts";

const bytes = (max: number, min = 0): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });
const card = bytes(seedLimits.cardBytesMax);
const seat = bytes(seedLimits.seatBytes, seedLimits.seatBytes).map((bytes) => Buffer.from(bytes).toString("hex"));
const text = fc.string({ maxLength: 40, unit: "grapheme" });

const iceServer = fc.record(
  {
    urls: fc.array(fc.constantFrom("stun:a.example:3478", "stuns:[::1]:1", "turn:b?transport=tcp", "turns:c"), {
      minLength: 1,
      maxLength: seedLimits.iceUrlsMax,
    }),
    username: text,
    credential: text,
  },
  { noNullPrototype: true },
);

const peers = {
  others: fc.nat(0xffff_ffff),
  peers: fc.array(fc.record({ seat, card }, { noNullPrototype: true }), { maxLength: seedLimits.peersMax }),
};

const peerMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("hello" as const),
    version: fc.constant(1 as const),
    room: bytes(seedLimits.roomBytes, seedLimits.roomBytes),
    card,
  }),
  fc.record({ kind: fc.constant("ask" as const), count: fc.integer({ min: 1, max: seedLimits.peersMax }) }),
  fc.record({ kind: fc.constant("signal" as const), seat, bytes: bytes(4096) }),
  fc.record({ kind: fc.constant("card" as const), card }),
);

const seedMessage: fc.Arbitrary<SeedMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("welcome" as const),
    seat,
    iceServers: fc.array(iceServer, { maxLength: seedLimits.iceServersMax }),
    ...peers,
  }),
  fc.record({ kind: fc.constant("peers" as const), ...peers }),
  fc.record({ kind: fc.constant("signal" as const), seat, bytes: bytes(4096) }),
  fc.record({ kind: fc.constant("gone" as const), seat }),
  fc.record({ kind: fc.constant("release" as const), retryAfterMs: fc.nat(seedLimits.retryAfterMsMax) }),
);

describe.each<
  [string, fc.Arbitrary<object>, (message: never) => Uint8Array, (bytes: Uint8Array) => SeedDecoded<object>]
>([
  ["a peer", peerMessage, encodePeerMessage, decodePeerMessage],
  ["a seed", seedMessage, encodeSeedMessage, decodeSeedMessage],
])("messages of %s", (_, messages, encode, decode) => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decode(encode(message as never))).toStrictEqual({ ok: true, message: { ...message } });
      }),
    );
  });

  test("decode to a message or a reason, whatever the bytes, and only canonical ones to a message", () => {
    const garbage = fc.oneof(
      bytes(200),
      // A valid kind first, so that fields are reached.
      fc
        .tuple(fc.constantFrom(1, 2, 3, 4, 0x41, 0x42, 0x43, 0x44, 0x45), bytes(200))
        .map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
    );
    fc.assert(
      fc.property(garbage, (bytes) => {
        const decoded = decode(bytes);
        if (decoded.ok) expect(encode(decoded.message as never)).toEqual(bytes);
        else expect(decoded.reason).toMatch(/^[a-z\d-]+$/);
      }),
      { numRuns: 500 },
    );
  });

  test("with one byte changed, cut or added decode to a message or a reason", () => {
    fc.assert(
      fc.property(
        messages,
        fc.nat(),
        fc.nat(255),
        fc.constantFrom("change", "cut", "add"),
        (message, at, byte, how) => {
          const valid = encode(message as never);
          const place = at % valid.length;
          const broken =
            how === "cut"
              ? valid.slice(0, place)
              : how === "add"
                ? Uint8Array.of(...valid, byte)
                : valid.with(place, byte);
          const decoded = decode(broken);
          expect(decoded.ok && how !== "change").toBe(false);
          if (decoded.ok) expect(encode(decoded.message as never)).toEqual(broken);
        },
      ),
      { numRuns: 500 },
    );
  });
});
