import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { decodeFrame, encodeFrame } from "./whole-codec.ts";
import type { NamedVersion, ProfileDigestFrame } from "./frames.ts";

const LAST = 2 ** 48 - 1;

function version(name: number): NamedVersion {
  return { name, incarnation: 1, seq: 1, print: 1 };
}

function answer(bits: number, parts: number, names: readonly number[]): Uint8Array {
  const says = { kind: "versions" as const, parts, versions: names.map(version) };
  return encodeFrame({ kind: "profileDigest", round: 1, bits, says });
}

describe("a digest of profiles", () => {
  it("travels as it is, opening and answer", () => {
    const opening: ProfileDigestFrame = {
      kind: "profileDigest",
      round: 7,
      bits: 5,
      says: { kind: "prints", prints: Uint32Array.from({ length: 32 }, (_, i) => i) },
    };
    expect(decodeFrame(encodeFrame(opening))).toEqual({ ok: true, frame: opening });
    expect(decodeFrame(answer(5, 0x8000_0001, [1, LAST]))).toMatchObject({ ok: true });
    expect(encodeFrame(opening)).toHaveLength(7 + 4 * 32);
  });

  it.each([
    ["names out of order", answer(0, 1, [2, 1])],
    ["one name twice", answer(0, 1, [2, 2])],
    ["a name in a part that it does not speak of", answer(1, 1, [LAST])],
    ["parts that there are not", answer(1, 4, [])],
    [
      "more parts than a set holds",
      encodeFrame({ kind: "profileDigest", round: 1, bits: 6, says: { kind: "prints", prints: new Uint32Array(64) } }),
    ],
  ])("is refused with %s", (_, bytes) => {
    expect(decodeFrame(bytes)).toEqual({ ok: false, reason: "bad-value" });
  });

  it("has versions of a mesh of some hundreds at most", () => {
    const names = Array.from({ length: limits.profileVersionsMax + 1 }, (_, i) => i);
    expect(() => answer(0, 1, names)).toThrow(RangeError);
    expect(decodeFrame(answer(0, 1, names.slice(1)))).toMatchObject({ ok: true });
  });
});

describe("a want of profiles", () => {
  it("names each once, in order", () => {
    const want = (names: readonly number[]): unknown =>
      decodeFrame(encodeFrame({ kind: "profileWant", round: 1, names }));
    expect(want([1, LAST])).toMatchObject({ ok: true });
    expect(want([2, 2])).toEqual({ ok: false, reason: "bad-value" });
    expect(want([3, 2])).toEqual({ ok: false, reason: "bad-value" });
  });
});
