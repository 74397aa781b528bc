import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex } from "../bytes.ts";
import { disagreements, type Ed25519Vector } from "../vectors.testing.ts";
import { isCanonical } from "./canonical.ts";
import { nodeBackend } from "./node-backend.ts";
import { selfTestVectors } from "./self-test-vectors.ts";
import { verify } from "./signatures.ts";
import { tweetnaclBackend } from "./tweetnacl-backend.ts";
import { webcryptoBackend } from "./webcrypto-backend.ts";

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/ed25519.json", import.meta.url), "utf8")) as {
  vectors: readonly Ed25519Vector[];
};
const backends = [tweetnaclBackend, nodeBackend, webcryptoBackend];

function ofClass(name: string): readonly Ed25519Vector[] {
  return vectors.filter((vector) => vector.class === name);
}

describe("one verdict everywhere", () => {
  it.each(backends)("$name agrees with every vector", async (backend) => {
    expect(await disagreements((...args) => backend.verify(...args), vectors)).toEqual([]);
  });

  it("verify agrees with every vector", async () => {
    expect(await disagreements(verify, vectors)).toEqual([]);
  });

  it("libraries without the rule disagree, which is why there is one", async () => {
    const raw = await Promise.all(
      backends.map(async (backend) => {
        const wrong = await disagreements((...args) => backend.verifyRaw(...args), vectors);
        return [...new Set(wrong.map(({ vector }) => vector.class))].toSorted();
      }),
    );
    expect(raw[0]).toContain("s-not-reduced");
    expect(raw[1]).not.toContain("s-not-reduced");
    expect(raw[1]).toContain("small-order-a");
  });

  it("reproduces the signatures of RFC 8032", () => {
    expect(ofClass("rfc-8032").map(({ signature }) => signature)).toEqual([
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ]);
  });
});

describe("the canonical rule", () => {
  const canonical = ({ publicKey, signature }: Ed25519Vector): boolean =>
    isCanonical(fromHex(publicKey), fromHex(signature));

  it.each(["s-not-reduced", "small-order-a", "small-order-r", "non-canonical-a", "non-canonical-r", "wrong-length"])(
    "refuses %s before any library sees it",
    (name) => {
      const wrong = ofClass(name).filter((vector) => vector.note !== "S = L - 1, and wrong");
      expect(wrong.length).toBeGreaterThan(0);
      expect(wrong.filter(canonical)).toEqual([]);
    },
  );

  it.each([
    "rfc-8032",
    "honest",
    "mixed-a",
    "mixed-a-reduction",
    "mixed-r",
    "mixed-both",
    "off-curve-a",
    "off-curve-r",
  ])("leaves %s to the library", (name) => {
    expect(ofClass(name).length).toBeGreaterThan(0);
    expect(ofClass(name).every(canonical)).toBe(true);
  });

  it("takes S = L - 1 and refuses S = L", () => {
    const lastS = ofClass("s-not-reduced").find(({ note }) => note === "S = L - 1, and wrong")!;
    expect(canonical(lastS)).toBe(true);
    expect(canonical(ofClass("s-not-reduced").find(({ note }) => note === "S = L")!)).toBe(false);
  });

  it("takes y = p - 2 and refuses y = p + 2, as a key and as a point", () => {
    const signature = fromHex(ofClass("honest")[0]!.signature);
    for (const [first, taken] of [
      [0xeb, true],
      [0xef, false],
    ] as const) {
      for (const last of [0x7f, 0xff]) {
        const y = Uint8Array.of(first, ...Array<number>(30).fill(0xff), last);
        expect(isCanonical(y, signature)).toBe(taken);
        expect(isCanonical(fromHex(ofClass("honest")[0]!.publicKey), Uint8Array.of(...y, ...signature.slice(32)))).toBe(
          taken,
        );
      }
    }
  });
});

it("the self-test knows a vector of every class that a library can get wrong", () => {
  const known = new Set(selfTestVectors.map(([key, , signature]) => `${key} ${signature}`));
  const classes = vectors.filter((v) => known.has(`${v.publicKey} ${v.signature}`)).map((v) => v.class);
  expect(new Set(classes)).toEqual(
    new Set([
      "rfc-8032",
      "flipped-signature",
      "s-not-reduced",
      "small-order-a",
      "small-order-r",
      "non-canonical-a",
      "non-canonical-r",
      "off-curve-a",
      "mixed-a",
      "mixed-a-reduction",
      "mixed-r",
    ]),
  );
});
