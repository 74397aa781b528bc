import { limits } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { FrameReader, FrameWriter } from "./framing.ts";
import { bytesFor } from "./recorder.testing.ts";

function messagesOf(writer: FrameWriter, bytesMax: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  while (writer.bytes > 0) {
    const into = new Uint8Array(bytesMax);
    messages.push(into.subarray(0, writer.take(into)));
  }
  return messages;
}

function read(reader: FrameReader, ...bytes: number[]): { frames: Uint8Array[]; fault: string | undefined } {
  const frames: Uint8Array[] = [];
  const fault = reader.read(Uint8Array.from(bytes), (frame) => frames.push(frame) > 0);
  return { frames, fault };
}

describe("the writer", () => {
  test("puts three bytes of length before each frame", () => {
    const writer = new FrameWriter();
    writer.push(Uint8Array.of(7, 8));
    writer.push(new Uint8Array(0x01_02_03));
    expect(writer.bytes).toBe(3 + 2 + 3 + 0x01_02_03);
    const into = new Uint8Array(9);
    expect(writer.take(into)).toBe(9);
    expect([...into]).toEqual([0, 0, 2, 7, 8, 1, 2, 3, 0]);
    expect(writer.framesTaken).toBe(1);
  });

  test("fills every message but the last", () => {
    const writer = new FrameWriter();
    for (let i = 0; i < 100; i++) writer.push(bytesFor(i, 97));
    const messages = messagesOf(writer, 1024);
    expect(messages.slice(0, -1).every((message) => message.length === 1024)).toBe(true);
    expect(messages).toHaveLength(Math.ceil((100 * 100) / 1024));
  });

  test("ends with a length of zero, once", () => {
    const writer = new FrameWriter();
    writer.push(Uint8Array.of(9));
    writer.end();
    writer.end();
    expect(messagesOf(writer, 100)).toEqual([Uint8Array.of(0, 0, 1, 9, 0, 0, 0)]);
    expect(writer.framesTaken).toBe(1);
  });
});

describe("the reader", () => {
  test("reads frames wherever messages cut them", () => {
    const reader = new FrameReader();
    expect(read(reader, 0)).toEqual({ frames: [], fault: undefined });
    expect(read(reader, 0, 3, 1)).toEqual({ frames: [], fault: undefined });
    expect(read(reader, 2, 3, 0, 0, 1, 4)).toEqual({
      frames: [Uint8Array.of(1, 2, 3), Uint8Array.of(4)],
      fault: undefined,
    });
  });

  test("refuses a frame over the limit by its length alone", () => {
    const tooLong = limits.frameBytesMax + 1;
    const prefix = [tooLong >>> 16, (tooLong >>> 8) & 0xff, tooLong & 0xff];
    expect(read(new FrameReader(), ...prefix).fault).toBe(`a frame of ${tooLong} bytes`);
    expect(read(new FrameReader(), 0xff, 0xff, 0xff).fault).toBe("a frame of 16777215 bytes");
  });

  test("takes no more room for a promised frame than twice what has come of it", () => {
    const reader = new FrameReader();
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => new FrameReader());
    const promise = [limits.frameBytesMax >>> 16, (limits.frameBytesMax >>> 8) & 0xff, limits.frameBytesMax & 0xff, 1];
    for (const each of [...readers, reader]) expect(read(each, ...promise).fault).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(limits.frameBytesMax);
  });

  test("refuses an empty message", () => {
    expect(read(new FrameReader()).fault).toBe("an empty message");
  });

  test("refuses what follows the goodbye", () => {
    const reader = new FrameReader();
    expect(read(reader, 0, 0, 0).fault).toBeUndefined();
    expect(reader.ended).toBe(true);
    expect(read(reader, 0).fault).toBe("bytes after the goodbye");
    expect(read(new FrameReader(), 0, 0, 0, 0).fault).toBe("bytes after the goodbye");
  });

  test("stops when its listener has had enough", () => {
    const frames: Uint8Array[] = [];
    const fault = new FrameReader().read(Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 2), (frame) => {
      frames.push(frame);
      return false;
    });
    expect([frames.length, fault]).toEqual([1, undefined]);
  });
});
