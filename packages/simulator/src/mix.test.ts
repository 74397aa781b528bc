import fc from "fast-check";
import { expect, test } from "vitest";
import { Fingerprint, mix32 } from "./mix.ts";

test("the same bytes give the same 32 bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const hash = mix32(bytes);
      expect(hash).toHaveLength(32);
      expect(mix32(bytes.slice())).toEqual(hash);
    }),
  );
});

test("one flipped bit changes about half of all bits, in every part of the hash", () => {
  const flips = Array.from({ length: 256 }, () => 0);
  const trials = 2_000;
  for (let i = 0; i < trials; i++) {
    const bytes = new TextEncoder().encode(`message ${i} of some length`);
    const before = mix32(bytes);
    const at = i % (bytes.length * 8);
    bytes[at >> 3]! ^= 1 << (at & 7);
    const after = mix32(bytes);
    for (let bit = 0; bit < 256; bit++) if (((before[bit >> 3]! ^ after[bit >> 3]!) >> (bit & 7)) & 1) flips[bit]!++;
  }
  // Five standard deviations of a fair coin tossed 2 000 times are 112.
  for (const count of flips) expect(Math.abs(count - trials / 2)).toBeLessThan(112);
});

test("trailing zeros and length count", () => {
  const hashes = Array.from({ length: 40 }, (_, length) => mix32(new Uint8Array(length)).join());
  expect(new Set(hashes).size).toBe(40);
});

test("a fingerprint tells histories apart by content and order", () => {
  const of = (...numbers: number[]): string => {
    const fingerprint = new Fingerprint();
    for (const number of numbers) fingerprint.number(number);
    return fingerprint.toString();
  };
  expect(of(1, 2, 3)).toBe(of(1, 2, 3));
  expect(of(1, 2, 3)).not.toBe(of(1, 3, 2));
  expect(of(1.5)).not.toBe(of(1.25));
  expect(of(2 ** 40)).not.toBe(of(0));
  expect(of(7)).toMatch(/^[0-9a-f]{14}$/);
});
