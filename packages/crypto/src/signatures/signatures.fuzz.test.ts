import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createIdentity } from "../identity/identity.ts";
import { isCanonical } from "./canonical.ts";
import { nodeBackend } from "./node-backend.ts";
import { tweetnaclBackend } from "./tweetnacl-backend.ts";
import { verify } from "./signatures.ts";
import { webcryptoBackend } from "./webcrypto-backend.ts";

const bytes = fc.uint8Array({ maxLength: 100 });
const edge = fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xec, 0xed, 0xee, 0xff);
/** Bytes that hug the edges of the encodings: runs of one value with other ends. */
const crafted = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(edge, edge, edge).map(([first, middle, last]) => {
    const out = new Uint8Array(length).fill(middle);
    out[0] = first;
    out[length - 1] = last;
    return out;
  });

it("takes any bytes for key, message and signature", () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (publicKey, message, signature) => {
      expect(verify(publicKey, message, signature)).toBe(false);
    }),
  );
});

it("gives one verdict on crafted bytes, whatever the backend", async () => {
  await fc.assert(
    fc.asyncProperty(crafted(32), bytes, crafted(32), crafted(32), async (publicKey, message, r, s) => {
      const signature = Uint8Array.of(...r, ...s);
      const verdicts = await Promise.all([
        tweetnaclBackend.verify(publicKey, message, signature),
        nodeBackend.verify(publicKey, message, signature),
        webcryptoBackend.verify(publicKey, message, signature),
      ]);
      expect(verdicts).toEqual([false, false, false]);
    }),
  );
});

it("refuses a signature with any one bit flipped, whatever the backend", async () => {
  const { publicKey, secretKey } = createIdentity(new Uint8Array(32).fill(1));
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat({ max: 511 }), async (message, bit) => {
      const signature = await nodeBackend.sign(secretKey, message);
      expect(isCanonical(publicKey, signature)).toBe(true);
      signature[bit >> 3]! ^= 1 << (bit & 7);
      expect(nodeBackend.verify(publicKey, message, signature)).toBe(false);
      expect(tweetnaclBackend.verify(publicKey, message, signature)).toBe(false);
      expect(await webcryptoBackend.verify(publicKey, message, signature)).toBe(false);
    }),
    { numRuns: 40 },
  );
});
