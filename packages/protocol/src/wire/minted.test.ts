import { expect, test } from "vitest";
import { peerId } from "../room.testing.ts";
import { descriptor as descriptorOf } from "../sampling/testing.testing.ts";
import type { Descriptor } from "../types.ts";
import { decodeFrame, encodeFrame } from "./whole-codec.ts";

function overTheWire(descriptor: Descriptor): Descriptor {
  const bytes = encodeFrame({ kind: "peersHave", credentials: [], samples: [{ descriptor, chain: 1 }] });
  const decoded = decodeFrame(bytes);
  if (!decoded.ok || decoded.frame?.kind !== "peersHave") throw new Error("expected a frame that decodes");
  return decoded.frame.samples[0]!.descriptor;
}

test("the same bytes are the same object, and hold no frame", () => {
  const descriptor = descriptorOf(peerId(1), 7);
  const first = overTheWire(descriptor);
  expect(first).toEqual(descriptor);
  expect(overTheWire(descriptor)).toBe(first);
  expect(first.signature.buffer.byteLength).toBeLessThan(300);
});

test("who copies a signature is not taken for whom it was copied from", () => {
  const descriptor = descriptorOf(peerId(1), 7);
  const first = overTheWire(descriptor);
  for (const forged of [
    { ...descriptor, creator: peerId(2) },
    { ...descriptor, slot: 8 },
    { ...descriptor, boxKey: new Uint8Array(32).fill(1) },
  ]) {
    expect(overTheWire(forged)).toEqual(forged);
  }
  expect(overTheWire(descriptor)).toEqual(first);
});
