import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Keys, Records } from "./records.ts";
import { MESH_ID, logOf, testHash, written } from "./written.testing.ts";

const records = new Records(testHash, MESH_ID);
const keys = new Keys(MESH_ID);

describe("a record", () => {
  it("comes back as it was, under its own key only", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.nat({ max: 2_000 }),
        fc.integer({ min: 2, max: 50 }),
        (author, bodyBytes, seq) => {
          const kept = written(author, seq, { bodyBytes });
          const key = keys.rumor(kept.rumor.header, seq);
          const value = records.sealRumor(key, kept);
          expect(records.openRumor(key, value)).toEqual(kept);
          expect(records.openRumor(keys.rumor(kept.rumor.header, seq - 1), value)).toBeUndefined();
          expect(records.openFact(key, value.subarray(1))).toBeUndefined();
        },
      ),
    );
  });

  it("is no record with any of its bytes changed, or with some of them gone", () => {
    const key = keys.rumor(logOf(2), 1);
    const value = records.sealRumor(key, written(2, 1));
    fc.assert(
      fc.property(fc.nat({ max: value.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = value.slice();
        changed[at]! ^= change;
        expect(records.openRumor(key, changed)).toBeUndefined();
        expect(records.openRumor(key, value.subarray(0, at))).toBeUndefined();
      }),
    );
  });

  it("is nothing that anybody else wrote, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 400 }), (key, bytes) => {
        expect(records.openRumor(key, bytes)).toBeUndefined();
        expect(records.openFact(key, bytes)).toBeUndefined();
        // Whole, and yet no rumor and no fact.
        const sealed = records.seal(key, bytes);
        expect(records.open(key, sealed)).toEqual(bytes);
        expect(() => [records.openRumor(key, sealed), records.openFact(key, sealed)]).not.toThrow();
      }),
    );
  });
});
