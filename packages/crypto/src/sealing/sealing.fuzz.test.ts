import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createBoxKeyPair, openSealed, sealFor } from "./box.ts";
import { openTopic, sealTopic } from "./topic-seal.ts";

const key = new Uint8Array(32).fill(9);
const alice = createBoxKeyPair();
const bob = createBoxKeyPair();
const bytes = fc.uint8Array({ maxLength: 200 });

it("opening takes any bytes", () => {
  fc.assert(
    fc.property(bytes, (garbage) => {
      expect(openTopic(key, garbage)).toBeUndefined();
      const { from, bytes } = openSealed(bob, garbage);
      expect(from).toHaveLength(32);
      expect(bytes).toBeUndefined();
    }),
  );
});

it("what was sealed opens to the same bytes, and no altered copy of it opens at all", () => {
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plaintext, at, change) => {
      const topic = sealTopic(key, plaintext);
      expect(openTopic(key, topic)).toEqual(plaintext);
      topic[at % topic.length]! ^= change;
      expect(openTopic(key, topic)).toBeUndefined();
      expect(openTopic(key, topic.subarray(0, at % topic.length))).toBeUndefined();

      const box = sealFor(alice, bob.publicKey, plaintext);
      expect(openSealed(bob, box).bytes).toEqual(plaintext);
      const altered = box.slice();
      altered[at % box.length]! ^= change;
      const { from, bytes } = openSealed(bob, altered);
      // X25519 ignores the top bit of a key (RFC 7748, section 5): it opens, from a key that is nobody's.
      const onlyTopBit = at % box.length === 31 && change === 0x80;
      expect(bytes).toEqual(onlyTopBit ? plaintext : undefined);
      if (onlyTopBit) expect(from).not.toEqual(alice.publicKey);
      expect(openSealed(bob, box.subarray(0, at % box.length)).bytes).toBeUndefined();
    }),
  );
});
