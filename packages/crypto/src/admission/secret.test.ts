import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CryptoError } from "../error.ts";
import { createIdentity, exportIdentity } from "../identity/identity.ts";
import { createSecret, parseSecret } from "./secret.ts";

describe("a mesh's secret", () => {
  it("is one word that brings its 32 bytes back", () => {
    const text = createSecret();
    expect(text).toMatch(/^grapevine_secret_[1-9A-HJ-NP-Za-km-z]{43,50}$/);
    expect(parseSecret(text)).toHaveLength(32);
    expect(parseSecret(`\n ${text} `)).toEqual(parseSecret(text));
    expect(createSecret()).not.toBe(text);
  });

  it("may be given as its bytes", () => {
    const bytes = new Uint8Array(32).fill(5);
    expect(parseSecret(bytes)).toEqual(bytes);
    expect(() => parseSecret(new Uint8Array(16))).toThrow(CryptoError);
  });

  it("is never a passphrase, and the error says why without repeating it", () => {
    let error: unknown;
    try {
      parseSecret("correct horse battery staple");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "invalid-argument" });
    expect((error as Error).message).toContain("passphrase will not do");
    expect((error as Error).message).not.toContain("horse");
  });

  it("is not an identity", () => {
    expect(() => parseSecret(exportIdentity(createIdentity()))).toThrow(CryptoError);
  });

  it("takes no other text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `grapevine_secret_${rest}`),
        ),
        (text) => {
          expect(() => parseSecret(text)).toThrow(CryptoError);
        },
      ),
    );
    expect(() => parseSecret(7 as unknown as string)).toThrow(CryptoError);
  });
});
