import { limits } from "@grapevine/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, FrameWriter } from "./framing.ts";

const anyFrames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 30 });

test("any frames arrive as they were, whatever the size of the messages and however they are taken", () => {
  fc.assert(
    fc.property(anyFrames, fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (frames, sizes) => {
      const writer = new FrameWriter();
      const reader = new FrameReader();
      const got: Uint8Array[] = [];
      let turn = 0;
      const takeOne = (): void => {
        const into = new Uint8Array(sizes[turn++ % sizes.length]!);
        const message = into.subarray(0, writer.take(into));
        expect(reader.read(message, (frame) => got.push(frame) > 0)).toBeUndefined();
      };
      for (const frame of frames) {
        writer.push(frame);
        if (turn % 3 === 0) takeOne();
        else turn++;
      }
      writer.end();
      while (writer.bytes > 0) takeOne();
      expect(got).toEqual(frames);
      expect(reader.ended).toBe(true);
      expect(writer.framesTaken).toBe(frames.length);
    }),
  );
});

test("the reader is total: any messages yield sound frames or a fault", () => {
  const anyMessage = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Lengths that are small enough to be followed.
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Uint8Array.of(0, 0, bytes[0]! % 50, ...bytes)),
  );
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 20 }), (messages) => {
      const reader = new FrameReader();
      let bytesIn = 0;
      let bytesOut = 0;
      for (const message of messages) {
        bytesIn += message.length;
        const fault = reader.read(message, (frame) => {
          expect(frame.length).toBeGreaterThan(0);
          expect(frame.length).toBeLessThanOrEqual(limits.frameBytesMax);
          bytesOut += frame.length;
          return true;
        });
        if (fault !== undefined) return;
      }
      expect(bytesOut).toBeLessThanOrEqual(bytesIn);
    }),
    { numRuns: 500 },
  );
});
