import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesUpTo, damaged, data } from "./arbitraries.testing.ts";
import { decodeState, decodeValue, encodeState, encodeValue } from "./values.ts";

const state: fc.Arbitrary<unknown> = fc.letrec<{ state: unknown }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    data,
    fc.constantFrom(undefined, Number.NaN, Number.NEGATIVE_INFINITY),
    fc.bigInt(),
    fc.uint32Array({ maxLength: 5 }),
    fc.array(tie("state"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(fc.string(), fc.nat()), tie("state")), { maxLength: 4 }).map((items) => new Map(items)),
    fc.array(fc.oneof(fc.string(), fc.nat()), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).state;

const CODECS = [
  { name: "data", values: data, encode: (value: unknown) => encodeValue(value), decode: decodeValue },
  { name: "state", values: state, encode: encodeState, decode: decodeState },
];

describe.each(CODECS)("$name", ({ values, encode, decode }) => {
  test("comes back as it was, and in the same bytes", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        const decoded = decode(bytes);
        // Not vitest's own equality, which takes a key named "constructor" for one.
        expect(decoded.ok && isDeepStrictEqual(decoded.value, value)).toBe(true);
        expect(encode(decoded.ok && decoded.value)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test("is decoded to a value or a reason, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(bytesUpTo(60), damaged(values.map(encode))), (bytes) => {
        const decoded = decode(bytes);
        if (decoded.ok) {
          // Only the order of keys that are numbers may differ, which JavaScript sorts.
          const again = encode(decoded.value);
          expect(again).toHaveLength(bytes.length);
          expect(isDeepStrictEqual(decode(again), decoded)).toBe(true);
        } else expect(decoded.reason).toMatch(/^[a-z\d-]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("is not decoded from a part of its bytes", () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, where) => {
        const bytes = encode(value);
        expect(decode(bytes.subarray(0, where % bytes.length)).ok).toBe(false);
      }),
    );
  });
});
