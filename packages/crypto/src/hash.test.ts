import { createHash, createHmac, hkdfSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { platform as browser } from "./platform.browser.ts";
import { platform as node } from "./platform.node.ts";
import { hkdfExpand, hkdfExtract, hmac } from "./derive.ts";
import { hash } from "./hash.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

describe("hash", () => {
  it("is SHA-512 cut to 32 bytes, in a plain array of its own", () => {
    const digest = hash(new TextEncoder().encode("abc"));
    expect(Buffer.from(digest).toString("hex")).toBe(
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
    );
    expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
    expect(digest.buffer.byteLength).toBe(32);
  });

  it("is the same in a tab and in Node", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const digest = createHash("sha512").update(input).digest("hex");
        expect(Buffer.from(browser.sha512(input)).toString("hex")).toBe(digest);
        expect(Buffer.from(node.sha512(input)).toString("hex")).toBe(digest);
      }),
    );
  });
});

describe("derivation", () => {
  it("HMAC is RFC 2104 over SHA-512", () => {
    fc.assert(
      fc.property(bytes, bytes, (key, message) => {
        expect(Buffer.from(hmac(key, message))).toEqual(createHmac("sha512", key).update(message).digest());
      }),
    );
  });

  it("HKDF is RFC 5869 over SHA-512", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 200 }), (salt, input, info, length) => {
        const expected = Buffer.from(hkdfSync("sha512", input, salt, info, length));
        expect(Buffer.from(hkdfExpand(hkdfExtract(salt, input), info, length))).toEqual(expected);
      }),
    );
  });
});
