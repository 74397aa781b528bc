import * as fc from "fast-check";
import { expect, it } from "vitest";
import { CryptoError } from "../error.ts";
import { createIdentity } from "./identity.ts";
import { freshRecord, recordCodec } from "./record.ts";

const identity = createIdentity(new Uint8Array(32).fill(3));

it("parses what it formats", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1 }), fc.maxSafeNat(), (lastMintSlot, lastIncarnation) => {
      const record = recordCodec.parse(recordCodec.format({ identity, lastMintSlot, lastIncarnation }));
      expect(record.identity.peerId).toBe(identity.peerId);
      expect({ ...record, identity }).toEqual({ identity, lastMintSlot, lastIncarnation });
    }),
  );
});

it("refuses anything else with one kind of error", () => {
  const whole = JSON.parse(recordCodec.format(freshRecord(identity))) as Record<string, unknown>;
  const altered = fc
    .tuple(fc.constantFrom(...Object.keys(whole)), fc.jsonValue())
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(whole[key]))
    .filter(([, value]) => !Number.isSafeInteger(value))
    .map(([key, value]) => JSON.stringify({ ...whole, [key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), altered), (text) => {
      expect(() => recordCodec.parse(text)).toThrow(CryptoError);
    }),
  );
});

it("refuses a record that is cut short, without repeating it", () => {
  const text = recordCodec.format(freshRecord(identity));
  for (let length = 0; length < text.length; length += 7) {
    expect(() => recordCodec.parse(text.slice(0, length))).toThrow(
      /^expected a record of an identity, got [a-z A-Z]+$/,
    );
  }
});
