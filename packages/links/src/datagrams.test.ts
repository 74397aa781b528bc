import { limits } from "@grapevine/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DatagramWriter, readDatagram } from "./datagrams.ts";
import { linkLimits } from "./limits.ts";
import { bytesFor } from "./recorder.testing.ts";

/** Holds what it is given until it is told to drain. */
function heldChannel() {
  const sent: Uint8Array[] = [];
  return { sent, bufferedAmount: 0, broken: false, send };
  function send(this: { bufferedAmount: number; broken: boolean }, message: Uint8Array): void {
    if (this.broken) throw new Error("closed");
    sent.push(message.slice());
    this.bufferedAmount += message.length;
  }
}

function framesOf(messages: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const message of messages) expect(readDatagram(message, (frame) => frames.push(frame) > 0)).toBeUndefined();
  return frames;
}

test("any frames come out as they went in, in messages that fit one packet", () => {
  const frame = fc.uint8Array({ minLength: 1, maxLength: limits.unreliableFrameBytesMax });
  fc.assert(
    fc.property(fc.array(fc.record({ frame, flush: fc.boolean() }), { maxLength: 12 }), (steps) => {
      const channel = heldChannel();
      const writer = new DatagramWriter();
      writer.open(channel);
      for (const { frame, flush } of steps) {
        writer.push(frame);
        if (flush) writer.flush();
      }
      writer.flush();
      expect(framesOf(channel.sent)).toEqual(steps.map(({ frame }) => frame));
      for (const message of channel.sent) expect(message.length).toBeLessThanOrEqual(linkLimits.datagramBytesMax);
      expect([writer.sentFrames, writer.sentMessages, writer.dropped]).toEqual([steps.length, channel.sent.length, 0]);
    }),
  );
});

test("many small frames leave in one message", () => {
  const channel = heldChannel();
  const writer = new DatagramWriter();
  writer.open(channel);
  for (let i = 0; i < 10; i++) writer.push(bytesFor(i, 100));
  expect(channel.sent).toHaveLength(0);
  writer.flush();
  expect(channel.sent).toHaveLength(1);
});

describe("what cannot leave at once is dropped and counted", () => {
  test("with no channel", () => {
    const writer = new DatagramWriter();
    writer.push(bytesFor(1, 10));
    const channel = heldChannel();
    writer.open(channel);
    writer.flush();
    expect([channel.sent.length, writer.dropped]).toEqual([0, 1]);
  });

  test("when it fits no packet", () => {
    const channel = heldChannel();
    const writer = new DatagramWriter();
    writer.open(channel);
    writer.push(new Uint8Array(0));
    writer.push(new Uint8Array(limits.unreliableFrameBytesMax + 1));
    writer.flush();
    expect([channel.sent.length, writer.dropped]).toEqual([0, 2]);
  });

  test("when the channel still holds what came before, until it has drained", () => {
    const channel = heldChannel();
    const writer = new DatagramWriter();
    writer.open(channel);
    for (let i = 0; i < 100; i++) writer.push(bytesFor(i, 1000));
    writer.flush();
    const fitting = Math.floor(linkLimits.datagramsBufferedBytesMax / 1003);
    expect([channel.sent.length, writer.sentFrames, writer.dropped]).toEqual([fitting, fitting, 100 - fitting]);
    channel.bufferedAmount = 0;
    writer.push(bytesFor(100, 1000));
    writer.flush();
    expect(framesOf(channel.sent.slice(-1))).toEqual([bytesFor(100, 1000)]);
  });

  test("when the channel has closed", () => {
    const channel = heldChannel();
    const writer = new DatagramWriter();
    writer.open(channel);
    channel.broken = true;
    writer.push(bytesFor(1, 10));
    writer.flush();
    channel.broken = false;
    writer.push(bytesFor(2, 10));
    writer.flush();
    expect([channel.sent.length, writer.dropped]).toEqual([0, 2]);
  });
});

describe("reading", () => {
  test.each<[string, Uint8Array]>([
    ["an empty message", new Uint8Array(0)],
    ["a message that is too large", new Uint8Array(linkLimits.datagramBytesMax + 1).fill(1)],
    ["half a length", Uint8Array.of(0, 0)],
    ["an empty frame", Uint8Array.of(0, 0, 0)],
    ["a frame longer than its message", Uint8Array.of(0, 0, 2, 9)],
  ])("finds fault with %s", (_, message) => {
    const frames: Uint8Array[] = [];
    expect(readDatagram(message, (frame) => frames.push(frame) > 0)).toBeTypeOf("string");
    expect(frames).toEqual([]);
  });

  test("never throws, and yields nothing that was not in the message", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        let bytes = 0;
        readDatagram(message, (frame) => {
          expect(frame.length).toBeGreaterThan(0);
          bytes += 3 + frame.length;
          return true;
        });
        expect(bytes).toBeLessThanOrEqual(message.length);
      }),
    );
  });

  test("stops when it is told to", () => {
    const frames: Uint8Array[] = [];
    expect(readDatagram(Uint8Array.of(0, 0, 1, 7, 0, 0, 1, 8), (frame) => frames.push(frame) === 0)).toBeUndefined();
    expect(frames).toEqual([Uint8Array.of(7)]);
  });
});
