import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase58, encodeBase58, isPeerId, peerIdOf, publicKeyOf } from "./base58.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** By definition: zero bytes are ones, the rest is one number. */
function byDefinition(bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)]! + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros === -1 ? bytes.length : zeros) + text;
}

const someBytes = fc
  .tuple(fc.nat(4), fc.uint8Array({ maxLength: 80 }))
  .map(([zeros, bytes]) => Uint8Array.of(...new Uint8Array(zeros), ...bytes));

describe("base58", () => {
  test("is what its definition says", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(encodeBase58(bytes)).toBe(byDefinition(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test("brings bytes back", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(decodeBase58(encodeBase58(bytes))).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test("has one text for each byte string", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(57).map((digit) => ALPHABET.charAt(digit)), maxLength: 80 }), (text) => {
        expect(encodeBase58(decodeBase58(text)!)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test.each(["0", "O", "I", "l", " ", "1 ", "é", "木", "+", "\u0000"])("refuses %j", (text) => {
    expect(decodeBase58(text)).toBeUndefined();
  });

  test("bounds what it takes, and takes back what it gives", () => {
    expect(() => encodeBase58(new Uint8Array(2049))).toThrow("expected at most 2048 bytes, got 2049");
    expect(decodeBase58("z".repeat(2801))).toBeUndefined();
    const longest = new Uint8Array(2048).fill(255);
    expect(decodeBase58(encodeBase58(longest))).toEqual(longest);
  });
});

describe("a peer id", () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

  test("names its key and is named by it, remembered or not", () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), (keys) => {
        for (let round = 0; round < 2; round++) {
          for (const key of keys) {
            expect(peerIdOf(key)).toBe(byDefinition(key));
            expect(publicKeyOf(byDefinition(key))).toEqual(key);
          }
        }
      }),
    );
  });

  test("is right for keys that share a place in what is remembered", () => {
    const keys = Array.from({ length: 20 }, (_, i) => new Uint8Array(32).fill(1).with(31, i));
    for (let round = 0; round < 2; round++) {
      for (const key of keys) expect(publicKeyOf(peerIdOf(key))).toEqual(key);
    }
  });

  test("does not change with the bytes that it was made from", () => {
    const key = new Uint8Array(32).fill(42);
    const id = peerIdOf(key);
    key.fill(43);
    expect(publicKeyOf(id)).toEqual(new Uint8Array(32).fill(42));
  });

  test("is 32 bytes, no more, no less", () => {
    expect(isPeerId(encodeBase58(new Uint8Array(32)))).toBe(true);
    expect(isPeerId(encodeBase58(new Uint8Array(32).fill(255)))).toBe(true);
    expect(isPeerId(encodeBase58(new Uint8Array(31).fill(255)))).toBe(false);
    expect(isPeerId(encodeBase58(new Uint8Array(33)))).toBe(false);
    expect(isPeerId("")).toBe(false);
    expect(isPeerId("0".repeat(44))).toBe(false);
  });

  test("asserts that it is one", () => {
    expect(() => publicKeyOf("not an id")).toThrow('expected a peer id, got "not an id"');
    expect(() => publicKeyOf("")).toThrow(RangeError);
    expect(() => publicKeyOf("z".repeat(44))).toThrow(RangeError);
    expect(() => peerIdOf(new Uint8Array(31))).toThrow("expected a public key of 32 bytes, got 31");
  });
});
