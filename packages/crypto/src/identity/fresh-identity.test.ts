import { describe, expect, test } from "vitest";
import { platform as browser } from "../platform.browser.ts";
import { platform as node } from "../platform.node.ts";
import { sign, verify } from "../signatures/signatures.ts";
import { freshIdentity } from "./fresh-identity.ts";
import { createIdentity } from "./identity.ts";

describe("a fresh identity", () => {
  test.each([
    ["node:crypto", node.publicKeyOf],
    ["WebCrypto", browser.publicKeyOf],
  ])("of %s has the public key that tweetnacl would have made of its seed", async (_, derive) => {
    const made = await freshIdentity(derive);
    const expected = createIdentity(made.secretKey.slice(0, 32));
    expect(made.peerId).toBe(expected.peerId);
    expect(made.publicKey).toEqual(expected.publicKey);
    expect(made.secretKey).toEqual(expected.secretKey);
    const message = Uint8Array.of(1, 2, 3);
    expect(await verify(made.publicKey, message, await sign(made.secretKey, message))).toBe(true);
  });

  test("shows its id only, as every identity", async () => {
    const made = await freshIdentity();
    expect(JSON.stringify(made)).toBe(JSON.stringify({ peerId: made.peerId }));
    expect({ ...made }).not.toHaveProperty("secretKey");
  });

  test.each<[string, (seed: Uint8Array) => Uint8Array | Promise<Uint8Array>]>([
    ["gives wrong keys", () => new Uint8Array(32).fill(7)],
    ["gives none later", () => Promise.reject(new Error("no Ed25519"))],
    [
      "throws",
      () => {
        throw new Error("no subtle");
      },
    ],
  ])("is tweetnacl's where the platform %s", async (_, derive) => {
    const made = await freshIdentity(derive);
    expect(made.publicKey).toEqual(createIdentity(made.secretKey.slice(0, 32)).publicKey);
  });
});
