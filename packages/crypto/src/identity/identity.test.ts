import { inspect } from "node:util";
import * as fc from "fast-check";
import { decodeBase58 } from "@grapevine/protocol";
import { describe, expect, it } from "vitest";
import { toHex } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { createIdentity, exportIdentity, importIdentity } from "./identity.ts";

// RFC 8032, section 7.1, TEST 1.
const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
const publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

describe("an identity", () => {
  it("follows from its seed", () => {
    const identity = createIdentity(seed);
    expect(toHex(identity.publicKey)).toBe(publicKey);
    expect(toHex(decodeBase58(identity.peerId)!)).toBe(publicKey);
    expect(toHex(identity.secretKey)).toBe(seed.toString("hex") + publicKey);
  });

  it("is another each time without a seed", () => {
    expect(createIdentity().peerId).not.toBe(createIdentity().peerId);
  });

  it("refuses a seed of another length", () => {
    expect(() => createIdentity(new Uint8Array(31))).toThrow("expected a seed of 32 bytes, got 31 bytes");
  });

  it("shows its id and never its secret", () => {
    const identity = createIdentity(seed);
    const shown = [
      inspect(identity, { depth: 9, showHidden: true }),
      JSON.stringify(identity),
      JSON.stringify({ ...identity }),
      JSON.stringify(Object.getOwnPropertyNames(identity)),
      JSON.stringify(structuredClone(identity)),
    ];
    for (const text of shown) {
      expect(text).not.toContain("secret");
      // As hex, as a list of numbers, as base64.
      expect(text).not.toContain("9d61b1");
      expect(text).not.toMatch(/157,\s*97,\s*177/);
      expect(text).not.toContain("nWGx");
    }
    expect(JSON.parse(shown[1]!)).toEqual({ peerId: identity.peerId });
    expect(shown[0]).toContain(identity.peerId);
  });
});

describe("its written form", () => {
  it("brings the same identity back, blanks around it or not", () => {
    const identity = createIdentity(seed);
    const text = exportIdentity(identity);
    expect(text).toMatch(/^grapevine_identity_[1-9A-HJ-NP-Za-km-z]+$/);
    expect(importIdentity(` ${text}\n`).secretKey).toEqual(identity.secretKey);
  });

  it("notices any one wrong character, and never repeats the text", () => {
    const text = exportIdentity(createIdentity(seed));
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.constantFrom("1", "2", "3", "A", "B", "C", "x", "y", "z", "_", "0"),
        (at, character) => {
          fc.pre(text[at] !== character);
          const garbled = text.slice(0, at) + character + text.slice(at + 1);
          let error: unknown;
          try {
            importIdentity(garbled);
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toBeInstanceOf(CryptoError);
          expect((error as CryptoError).code).toBe("invalid-argument");
          expect((error as CryptoError).message).not.toContain(garbled.slice(25));
        },
      ),
    );
  });

  it("takes no other text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `grapevine_identity_${rest}`),
        ),
        (text) => {
          expect(() => importIdentity(text)).toThrow(CryptoError);
        },
      ),
    );
    expect(() => importIdentity(undefined as unknown as string)).toThrow(CryptoError);
    expect(() => importIdentity(`grapevine_identity_${"1".repeat(1_000_000)}`)).toThrow("cut short or garbled");
  });
});
