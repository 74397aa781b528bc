import { describe, expect, it } from "vitest";
import { KeyedHash, toWords } from "./keyed-hash.ts";

/** Key 00 01 ... 07, input 00 01 ... of that length. Source: vectors.h of the reference implementation (vectors_hsip64). */
const VECTORS = [
  [0, "218d1f59b9b83cc8"],
  [4, "d5e78a175be52ea1"],
  [8, "edfee820bce4858c"],
  [12, "7bc71f9faef5c799"],
  [16, "7336aad25f7bf3b5"],
] as const;

describe("the keyed hash", () => {
  it("is HalfSipHash-2-4 with 64 bits", () => {
    const hash = new KeyedHash({ low: 0x03020100, high: 0x07060504 });
    for (const [length, expected] of VECTORS) {
      const words = new Uint32Array(length / 4);
      toWords(
        Uint8Array.from({ length }, (_, i) => i),
        words,
      );
      hash.words(words);
      const bytes = new DataView(new ArrayBuffer(8));
      bytes.setUint32(0, hash.low, true);
      bytes.setUint32(4, hash.high, true);
      expect(Buffer.from(bytes.buffer).toString("hex")).toBe(expected);
    }
  });

  it("takes its words in parts", () => {
    const hash = new KeyedHash({ low: 1, high: 2 });
    hash.words([1, 2, 3]);
    const whole = [hash.low, hash.high];
    hash.words([1], [2, 3]);
    expect([hash.low, hash.high]).toEqual(whole);
    hash.words([1, 3, 2]);
    expect([hash.low, hash.high]).not.toEqual(whole);
  });
});
