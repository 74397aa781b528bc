import { limits } from "@grapevine/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";

const anySignal = fc.record({
  role: fc.constantFrom("offer" as const, "answer" as const),
  messageBytesMax: fc.integer({ min: linkLimits.messageBytesLeast, max: linkLimits.messageBytesMost }),
  body: fc.uint8Array({ minLength: 1, maxLength: 100 }),
});

test("a signal survives encoding, and is none for the other role", () => {
  fc.assert(
    fc.property(anySignal, (signal) => {
      const bytes = encodeSignal(signal);
      expect(decodeSignal(bytes, signal.role)).toEqual(signal);
      expect(decodeSignal(bytes, signal.role === "offer" ? "answer" : "offer")).toBeUndefined();
    }),
  );
});

test("has its role in the first byte and its message size in the next three", () => {
  const body = Uint8Array.of(9);
  expect([...encodeSignal({ role: "offer", messageBytesMax: 0x4000, body })]).toEqual([1, 0, 0x40, 0, 9]);
  expect([...encodeSignal({ role: "answer", messageBytesMax: 0x1_0000, body })]).toEqual([2, 1, 0, 0, 9]);
});

test("a signal that is too long, has no body, or asks for a strange size is none", () => {
  const body = new Uint8Array(limits.signalBytesMax);
  expect(decodeSignal(encodeSignal({ role: "offer", messageBytesMax: 4096, body }), "offer")).toBeUndefined();
  expect(decodeSignal(Uint8Array.of(1, 0, 16, 0), "offer")).toBeUndefined();
  for (const messageBytesMax of [0, linkLimits.messageBytesLeast - 1, linkLimits.messageBytesMost + 1, 0xff_ffff]) {
    const bytes = encodeSignal({ role: "offer", messageBytesMax, body: Uint8Array.of(1) });
    expect(decodeSignal(bytes, "offer")).toBeUndefined();
  }
});

test("decoding is total", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const signal = decodeSignal(bytes, "offer");
      expect(signal === undefined ? bytes : encodeSignal(signal)).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});
