import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  // Mostly surrogates, in any order.
  fc.array(fc.integer({ min: 0xd7ff, max: 0xe000 })).map((units) => String.fromCharCode(...units)),
);

function wtf8(text: string): Uint8Array {
  const out = new Uint8Array(utf8Length(text));
  expect(writeUtf8(text, out, 0, "keep")).toBe(out.length);
  return out;
}

describe("UTF-8", () => {
  test("is written as TextEncoder writes it", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(encodeUtf8(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
      }),
    );
  });

  test("is read as a strict TextDecoder reads it, and refused where it refuses", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const almost = fc.tuple(anyText, fc.nat(), fc.nat(255)).map(([text, where, byte]) => {
      const bytes = encodeUtf8(text);
      return bytes.length === 0 ? bytes : bytes.with(where % bytes.length, byte);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), almost), (bytes) => {
        let expected: string | undefined;
        try {
          expected = strict.decode(bytes);
        } catch {
          expected = undefined;
        }
        expect(decodeUtf8(bytes)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("of a long text comes back", () => {
    const text = "abcdé木😀".repeat(5_000);
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });
});

describe("WTF-8", () => {
  test("brings every string back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(decodeUtf8(wtf8(text), "keep")).toBe(text);
      }),
    );
  });

  test("is read from no other bytes than it is written to", () => {
    const nearSurrogates = fc
      .array(fc.constantFrom("eda080", "edb080", "edbfbf", "f0908080", "61", "ed", "a0", "80"))
      .map((parts) => new Uint8Array(Buffer.from(parts.join(""), "hex")));
    fc.assert(
      fc.property(nearSurrogates, (bytes) => {
        const text = decodeUtf8(bytes, "keep");
        expect(text === undefined ? bytes : wtf8(text)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
