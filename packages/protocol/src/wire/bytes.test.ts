import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader, Writer } from "./bytes.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  write(writer);
  return writer.finish();
}

const VARINTS: readonly [number, string][] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "8001"],
  [300, "ac02"],
  [2 ** 32, "8080808010"],
  [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
];

describe("a varint", () => {
  test.each(VARINTS)("%d is %s", (value, encoded) => {
    expect(hex(written((writer) => writer.varint(value)))).toBe(encoded);
    const reader = new Reader(bytes(encoded));
    expect(reader.varint()).toBe(value);
    reader.end();
    expect(reader.failure).toBeUndefined();
  });

  test.each([
    ["in a longer form than needed", "8000", "overlong-varint"],
    ["of nine bytes", "808080808080808001", "overlong-varint"],
    ["beyond 2^53 - 1", "8080808080808010", "bad-value"],
    ["that is cut", "80", "truncated"],
    ["that is missing", "", "truncated"],
  ])("%s is refused", (_, encoded, failure) => {
    const reader = new Reader(bytes(encoded));
    expect(reader.varint()).toBe(0);
    expect(reader.failure).toBe(failure);
  });

  test("above a limit is too long", () => {
    const reader = new Reader(bytes("0b"));
    expect(reader.varint(10)).toBe(0);
    expect(reader.failure).toBe("too-long");
  });
});

describe("numbers of a fixed size", () => {
  test.each([
    ["u8", 1],
    ["u16", 2],
    ["u32", 4],
    ["u48", 6],
  ] as const)("%s comes back, high byte first", (kind, size) => {
    const end = 256 ** size;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(0, 1, end - 1),
          fc.maxSafeNat().map((n) => n % end),
        ),
        (value) => {
          const encoded = written((writer) => writer[kind](value));
          expect(hex(encoded)).toBe(value.toString(16).padStart(2 * size, "0"));
          expect(new Reader(encoded)[kind]()).toBe(value);
        },
      ),
    );
  });

  test.each(["u8", "u16", "u32", "u48", "varint"] as const)("%s asserts a whole number that fits", (kind) => {
    for (const value of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => new Writer()[kind](value)).toThrow(RangeError);
    }
  });

  test("f64 comes back", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(new Reader(written((writer) => writer.f64(value))).f64()).toBe(value);
      }),
    );
  });
});

describe("a reader", () => {
  test("latches its first failure and answers zero values from then on", () => {
    const reader = new Reader(bytes("01"));
    expect(reader.u32()).toBe(0);
    expect(reader.failure).toBe("truncated");
    expect([reader.u8(), reader.u16(), reader.u48(), reader.varint(), reader.f64()]).toEqual([0, 0, 0, 0, 0]);
    expect([reader.hex(2), reader.utf8(9), reader.wtf8(9)]).toEqual(["", "", ""]);
    expect([reader.fixed(3), reader.bytes(3)]).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    reader.fail("bad-value");
    reader.end();
    expect(reader.failure).toBe("truncated");
  });

  test("refuses a count of more items than there are bytes for", () => {
    const reader = new Reader(bytes("020000"));
    expect(reader.count(10, 2)).toBe(0);
    expect(reader.failure).toBe("truncated");
  });

  test("refuses bytes behind a greater length than allowed before it looks for them", () => {
    const reader = new Reader(bytes("ff01"));
    expect(reader.bytes(100)).toHaveLength(0);
    expect(reader.failure).toBe("too-long");
  });

  test("refuses what follows the end", () => {
    const reader = new Reader(bytes("0000"));
    reader.u8();
    reader.end();
    expect(reader.failure).toBe("trailing-bytes");
  });

  test("gives views into the input, plain ones even when the input is a Buffer", () => {
    const input = Buffer.from("00010203", "hex");
    const reader = new Reader(input);
    reader.u8();
    const view = reader.fixed(3);
    expect(view.constructor).toBe(Uint8Array);
    expect(view).toEqual(Uint8Array.of(1, 2, 3));
    input[1] = 9;
    expect(view[0]).toBe(9);
  });
});

describe("a writer", () => {
  test("grows as far as it must", () => {
    const big = new Uint8Array(100_000).fill(7);
    const encoded = written((writer) => {
      writer.u8(1);
      writer.bytes(big);
      writer.hex("ff");
    });
    expect(encoded).toHaveLength(1 + 3 + 100_000 + 1);
    expect(encoded.at(-1)).toBe(0xff);
  });

  test("gives bytes that no later writer touches", () => {
    const first = written((writer) => writer.u32(0x01020304));
    written((writer) => writer.u32(0xffff_ffff));
    expect(hex(first)).toBe("01020304");
  });

  test("is independent of another one that is open at the same time", () => {
    const [a, b] = [new Writer(), new Writer()];
    a.u8(1);
    b.u8(2);
    a.u8(3);
    expect([hex(a.finish()), hex(b.finish())]).toEqual(["0103", "02"]);
  });

  test("asserts lengths, hex digits and counts", () => {
    const writer = new Writer();
    expect(() => writer.fixed(new Uint8Array(31), 32)).toThrow("expected 32 bytes, got 31");
    expect(() => writer.bytes(new Uint8Array(3), 2)).toThrow("expected at most 2 bytes, got 3");
    expect(() => writer.hex("0", 1)).toThrow("expected 2 hex digits, got 1");
    expect(() => writer.hex("0G")).toThrow(RangeError);
    expect(() => writer.hex("FF")).toThrow(RangeError);
    expect(() => writer.count(3, 2)).toThrow("expected at most 2 items, got 3");
  });
});
