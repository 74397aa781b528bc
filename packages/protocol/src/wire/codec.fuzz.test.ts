import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { bytesUpTo, credential, damaged, envelope, frame, frameOf, rumor } from "./arbitraries.testing.ts";
import {
  decodeCredential,
  decodeEnvelope,
  decodeRumor,
  encodeCredential,
  encodeEnvelope,
  encodeRumor,
} from "./codec.ts";
import { decodeFrame, encodeFrame } from "./whole-codec.ts";
import type { Frame } from "./frames.ts";

type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

interface Codec<T> {
  readonly name: string;
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Decoded;
}

function codec<T>(codec: Codec<T>): Codec<unknown> {
  return codec as Codec<unknown>;
}

const CODECS = [
  codec({
    name: "a frame",
    values: frame,
    encode: encodeFrame,
    decode: (bytes) => {
      const decoded = decodeFrame(bytes);
      return decoded.ok ? { ok: true, value: decoded.frame } : decoded;
    },
  }),
  codec({
    name: "an envelope",
    values: envelope,
    encode: encodeEnvelope,
    decode: (bytes) => {
      const decoded = decodeEnvelope(bytes);
      return decoded.ok ? { ok: true, value: decoded.envelope } : decoded;
    },
  }),
  codec({
    name: "a credential",
    values: credential,
    encode: encodeCredential,
    decode: (bytes) => {
      const decoded = decodeCredential(bytes);
      return decoded.ok ? { ok: true, value: decoded.credential } : decoded;
    },
  }),
  codec({
    name: "a rumor",
    values: rumor,
    encode: encodeRumor,
    decode: (bytes) => {
      const decoded = decodeRumor(bytes);
      return decoded.ok ? { ok: true, value: decoded.rumor } : decoded;
    },
  }),
];

/** What comes of decoding and encoding again: the same bytes, or a reason. */
function decodedAndBack({ encode, decode }: Codec<unknown>, bytes: Uint8Array): Uint8Array | string {
  const decoded = decode(bytes);
  if (!decoded.ok) return decoded.reason;
  // A frame that is skipped.
  return decoded.value === undefined ? bytes : encode(decoded.value);
}

const REASON = /^[a-z\d-]+$/;

describe.each(CODECS)("$name", (codec) => {
  const { values, encode, decode } = codec;

  test("comes back as it was", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toStrictEqual({ ok: true, value });
      }),
      { numRuns: 200 },
    );
  });

  test("is decoded from no other bytes than its own, whatever they are", () => {
    fc.assert(
      fc.property(bytesUpTo(400), (bytes) => {
        const back = decodedAndBack(codec, bytes);
        expect(back).toEqual(typeof back === "string" ? expect.stringMatching(REASON) : bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test("is decoded from no other bytes than its own, when a few of them were altered", () => {
    fc.assert(
      fc.property(damaged(values.map(encode)), (bytes) => {
        const back = decodedAndBack(codec, bytes);
        expect(back).toEqual(typeof back === "string" ? expect.stringMatching(REASON) : bytes);
      }),
      { numRuns: 500 },
    );
  });

  test("is not decoded from a part of its bytes, nor from more", () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, where) => {
        const bytes = encode(value);
        expect(decode(bytes.subarray(0, where % bytes.length)).ok).toBe(false);
        expect(decode(Uint8Array.of(...bytes, where & 0xff)).ok).toBe(false);
      }),
    );
  });
});

describe.each(Object.entries<fc.Arbitrary<Frame>>(frameOf))("a frame of kind %s", (_, frames) => {
  test("fits into one frame, and keeps its first byte", () => {
    fc.assert(
      fc.property(frames, frames, (a, b) => {
        const bytes = encodeFrame(a);
        expect(bytes.length).toBeLessThanOrEqual(limits.frameBytesMax);
        expect(bytes[0]).toBe(encodeFrame(b)[0]);
      }),
      { numRuns: 20 },
    );
  });
});

test("a frame of an unknown kind below 0x80 is skipped whatever is in it, one above is refused", () => {
  const known = new Set(
    Object.values<fc.Arbitrary<Frame>>(frameOf).map((one) => encodeFrame(fc.sample(one, 1)[0]!)[0]),
  );
  fc.assert(
    fc.property(
      fc.nat(255).filter((kind) => !known.has(kind)),
      bytesUpTo(100),
      (kind, rest) => {
        const expected = kind < 0x80 ? { ok: true, frame: undefined } : { ok: false, reason: "critical-unknown-kind" };
        expect(decodeFrame(Uint8Array.of(kind, ...rest))).toEqual(expected);
      },
    ),
  );
});

test("a hello of other versions is known by its first five bytes, whatever follows", () => {
  const foreign = fc.oneof(
    fc.tuple(fc.integer({ min: 2, max: 0xffff }), fc.nat(0xffff)),
    fc.tuple(fc.nat(0xffff), fc.constant(0)),
  );
  fc.assert(
    fc.property(foreign, bytesUpTo(300), ([min, max], rest) => {
      const hello = Uint8Array.of(0, min >> 8, min & 0xff, max >> 8, max & 0xff, ...rest);
      expect(decodeFrame(hello)).toEqual({ ok: false, reason: "wrong-version" });
    }),
  );
});
