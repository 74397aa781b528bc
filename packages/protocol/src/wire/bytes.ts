/**
 * Bytes out and bytes in. The writer grows one buffer, and asserts what it is given: a number that does not fit is a
 * bug. The reader is total: it never throws on input, latches the first thing that is wrong and answers zero values
 * from then on, so that a decoder checks once, at its end. Both are canonical: there is one way to write a value, and
 * the reader takes no other.
 */
import { toHex } from "./hex.ts";
import { decodeUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

export { decodeUtf8, encodeUtf8 } from "./utf8.ts";

export type ReadFailure =
  | "truncated"
  | "overlong-varint"
  | "too-long"
  | "too-deep"
  | "bad-value"
  | "bad-utf8"
  | "trailing-bytes";

const NOTHING = new Uint8Array(0);
/** 8 groups of 7 bits hold every safe integer. */
const VARINT_BYTES_MAX = 8;
const NAN: Uint8Array = Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0);
const U32_END = 0x1_0000_0000;
const U48_END = 0x1_0000_0000_0000;

/** Value of the lower-case hex digit with a code; -1 for every other code. */
const NIBBLES = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) NIBBLES[value.toString(16).charCodeAt(0)] = value;

/** The buffer of the last finished writer waits here for the next: an allocation costs more than what is written. */
let spare: Uint8Array | undefined;
const SPARE_BYTES_MIN = 1024;
const SPARE_BYTES_MAX = 65_536;

export class Writer {
  private buffer: Uint8Array;
  private at = 0;

  constructor(capacity = 256) {
    if (spare !== undefined && spare.length >= capacity) {
      this.buffer = spare;
      spare = undefined;
    } else this.buffer = new Uint8Array(Math.max(capacity, SPARE_BYTES_MIN));
  }

  u8(value: number): void {
    assertWhole(value, 0x100);
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /** One of a few values, as its place among them. */
  choice<T>(value: T, values: readonly T[]): void {
    this.u8(values.indexOf(value));
  }

  u16(value: number): void {
    assertWhole(value, 0x1_0000);
    this.reserve(2);
    this.buffer[this.at++] = value >>> 8;
    this.buffer[this.at++] = value;
  }

  u32(value: number): void {
    assertWhole(value, U32_END);
    this.reserve(4);
    this.put32(value);
  }

  /** Whole numbers below 2^48: milliseconds until the year 10 889. */
  u48(value: number): void {
    assertWhole(value, U48_END);
    this.reserve(6);
    const high = Math.floor(value / U32_END);
    this.buffer[this.at++] = high >>> 8;
    this.buffer[this.at++] = high;
    this.put32(value % U32_END);
  }

  /** IEEE 754 binary64, high byte first. */
  f64(value: number): void {
    // Which of its many forms a platform gives NaN is its own affair.
    if (Number.isNaN(value)) return this.fixed(NAN);
    this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(this.at, value);
    this.at += 8;
  }

  /** Unsigned LEB128, up to 2^53 - 1. */
  varint(value: number): void {
    assertWhole(value, Number.MAX_SAFE_INTEGER + 1);
    this.reserve(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.at++] = rest;
  }

  /** Bytes whose length both sides know. */
  fixed(bytes: Uint8Array, length: number = bytes.length): void {
    if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`);
    this.reserve(length);
    this.buffer.set(bytes, this.at);
    this.at += length;
  }

  /** Bytes behind their length. Asserts that they are no more than a reader takes. */
  bytes(bytes: Uint8Array, max: number = Number.MAX_SAFE_INTEGER): void {
    if (bytes.length > max) throw new RangeError(`expected at most ${max} bytes, got ${bytes.length}`);
    this.varint(bytes.length);
    this.fixed(bytes);
  }

  /** Text behind the length of its UTF-8 form; a lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    const length = utf8Length(text);
    this.varint(length);
    this.reserve(length);
    this.at = writeUtf8(text, this.buffer, this.at);
  }

  /** Text behind the length of its WTF-8 form, which carries every string as it is. */
  wtf8(text: string): void {
    const length = utf8Length(text);
    this.varint(length);
    this.reserve(length);
    this.at = writeUtf8(text, this.buffer, this.at, "keep");
  }

  /** How many items follow. Asserts that they are no more than a reader takes. */
  count(count: number, max: number): void {
    if (count > max) throw new RangeError(`expected at most ${max} items, got ${count}`);
    this.varint(count);
  }

  /** Lower-case hex digits as half as many bytes, `length` of them. */
  hex(digits: string, length: number = digits.length / 2): void {
    if (digits.length !== 2 * length) throw new RangeError(`expected ${2 * length} hex digits, got ${digits.length}`);
    this.reserve(length);
    for (let i = 0; i < digits.length; i += 2) {
      const byte = (nibble(digits, i) << 4) | nibble(digits, i + 1);
      if (byte < 0) throw new RangeError(`expected lower-case hex digits, got ${JSON.stringify(digits)}`);
      this.buffer[this.at++] = byte;
    }
  }

  get length(): number {
    return this.at;
  }

  /** Go back to where `length` was, to write what follows anew. */
  rewind(length: number): void {
    if (length > this.at) throw new RangeError(`expected at most ${this.at} bytes, got ${length}`);
    this.at = length;
  }

  /** What was written, as it stands there until something else is. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.at);
  }

  /** A copy of what was written. The writer is done with, and holds nothing any more. */
  finish(): Uint8Array {
    const bytes = this.buffer.slice(0, this.at);
    if (this.buffer.length <= SPARE_BYTES_MAX) spare = this.buffer;
    this.buffer = NOTHING;
    this.at = 0;
    return bytes;
  }

  private put32(value: number): void {
    this.buffer[this.at++] = value >>> 24;
    this.buffer[this.at++] = value >>> 16;
    this.buffer[this.at++] = value >>> 8;
    this.buffer[this.at++] = value;
  }

  private reserve(more: number): void {
    const need = this.at + more;
    if (need <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(need, this.buffer.length * 2));
    grown.set(this.buffer);
    this.buffer = grown;
  }
}

function assertWhole(value: number, end: number): void {
  // The first comparison is false for NaN too.
  if (!(value >= 0 && value < end) || !Number.isInteger(value)) {
    throw new RangeError(`expected a whole number from 0 to ${end - 1}, got ${value}`);
  }
}

/** -1 for what is no lower-case hex digit. */
function nibble(digits: string, at: number): number {
  const code = digits.charCodeAt(at);
  return code < 128 ? NIBBLES[code]! : -1;
}

export class Reader {
  failure: ReadFailure | undefined;
  private readonly buffer: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer of Node is a Uint8Array whose `slice` does not copy: what is read must be plain, whoever keeps it.
    this.buffer =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.buffer.length - this.at;
  }

  fail(failure: ReadFailure): void {
    this.failure ??= failure;
    this.at = this.buffer.length;
  }

  u8(): number {
    if (this.at >= this.buffer.length) {
      this.fail("truncated");
      return 0;
    }
    return this.buffer[this.at++]!;
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.fail("bad-value");
    return value === 1;
  }

  /** After a failure the first of them. */
  choice<T>(values: readonly [T, ...T[]]): T {
    const value = values[this.u8()];
    if (value === undefined) this.fail("bad-value");
    return value ?? values[0];
  }

  u16(): number {
    if (!this.has(2)) return 0;
    return this.buffer[this.at++]! * 0x100 + this.buffer[this.at++]!;
  }

  u32(): number {
    if (!this.has(4)) return 0;
    return this.u16() * 0x1_0000 + this.u16();
  }

  u48(): number {
    if (!this.has(6)) return 0;
    return this.u16() * U32_END + this.u32();
  }

  /** Takes one form of NaN. */
  f64(): number {
    const bits = this.fixed(8);
    if (bits.length < 8) return 0;
    const value = new DataView(bits.buffer, bits.byteOffset, 8).getFloat64(0);
    if (Number.isNaN(value) && bits.some((byte, i) => byte !== NAN[i])) this.fail("bad-value");
    return value;
  }

  /** Answers "too-long" above `max`, which is a limit of ours; "bad-value" for what is no safe integer. */
  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        if (byte === 0 && i > 0) this.fail("overlong-varint");
        if (value > max) this.fail(value > Number.MAX_SAFE_INTEGER ? "bad-value" : "too-long");
        return this.failure === undefined ? value : 0;
      }
    }
    this.fail("overlong-varint");
    return 0;
  }

  /** A view into the input, not a copy: whoever handed it in must not change it any more. */
  fixed(length: number): Uint8Array {
    if (!this.has(length)) return NOTHING;
    const from = this.at;
    this.at += length;
    return this.buffer.subarray(from, this.at);
  }

  bytes(max: number): Uint8Array {
    return this.fixed(this.varint(max));
  }

  utf8(bytesMax: number): string {
    return this.text(decodeUtf8(this.bytes(bytesMax)));
  }

  wtf8(bytesMax: number): string {
    return this.text(decodeUtf8(this.bytes(bytesMax), "keep"));
  }

  hex(length: number): string {
    return toHex(this.fixed(length));
  }

  /** A count of items, each at least `itemBytesMin` long: refused before anything is allocated for it. */
  count(max: number, itemBytesMin: number): number {
    const count = this.varint(max);
    return this.has(count * itemBytesMin) ? count : 0;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.remaining > 0) this.fail("trailing-bytes");
  }

  private has(length: number): boolean {
    if (length <= this.buffer.length - this.at) return true;
    this.fail("truncated");
    return false;
  }

  private text(decoded: string | undefined): string {
    if (decoded === undefined) this.fail("bad-utf8");
    return decoded ?? "";
  }
}
