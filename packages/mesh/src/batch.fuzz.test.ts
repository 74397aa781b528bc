import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBatch, decodeFragment, encodeBatch, encodeFragment } from "./batch.ts";

test("any batch comes back as it was", () => {
  const item = fc.record({ value: fc.uint8Array({ maxLength: 300 }), ageMs: fc.integer({ min: 0, max: 60_000 }) });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
      expect(decodeBatch(encodeBatch(items))).toEqual(items);
    }),
  );
});

test("takes any bytes, and what it takes is canonical", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const bytes = Uint8Array.of(1, ...noise);
      const items = decodeBatch(bytes);
      if (items !== undefined) expect(encodeBatch(items)).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

test("takes any bytes for a piece, and what it takes is canonical and lies within its value", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      const bytes = Uint8Array.of(2, ...noise);
      const fragment = decodeFragment(bytes);
      if (fragment === undefined) return;
      expect(encodeFragment(fragment)).toEqual(bytes);
      expect(fragment.offset + fragment.piece.length).toBeLessThanOrEqual(fragment.bytesTotal);
    }),
    { numRuns: 2000 },
  );
});
