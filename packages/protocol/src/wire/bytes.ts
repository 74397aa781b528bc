/**
 * Bytes out and bytes in. The writer grows one buffer. The reader is total: it never throws on input, latches the first
 * thing that is wrong and answers zero values from then on, so that a decoder checks once, at its end. Both are
 * canonical: there is one way to write a value, and the reader takes no other.
 */
export type ReadFailure = "truncated" | "overlong-varint" | "too-long" | "bad-value" | "bad-utf8" | "trailing-bytes";

const NOTHING = new Uint8Array(0);
/** 8 groups of 7 bits hold every safe integer. */
const VARINT_BYTES_MAX = 8;

export class Writer {
  private buffer: Uint8Array;
  private at = 0;

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.buffer[this.at++] = value >>> 8;
    this.buffer[this.at++] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  /** Whole numbers below 2^48: milliseconds until the year 10 889. */
  u48(value: number): void {
    this.u16(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  f64(value: number): void {
    this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(this.at, value);
    this.at += 8;
  }

  /** Unsigned LEB128, up to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.at++] = rest;
  }

  /** Bytes whose length both sides know. */
  fixed(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Bytes behind their length. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.fixed(bytes);
  }

  /** Text behind the length of its UTF-8 form. */
  utf8(text: string): void {
    this.bytes(encodeUtf8(text));
  }

  /** Lower-case hex digits as half as many bytes. */
  hex(digits: string): void {
    for (let i = 0; i < digits.length; i += 2) this.u8(Number.parseInt(digits.slice(i, i + 2), 16));
  }

  get length(): number {
    return this.at;
  }

  finish(): Uint8Array {
    return this.buffer.slice(0, this.at);
  }

  private reserve(more: number): void {
    const need = this.at + more;
    if (need <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(need, this.buffer.length * 2));
    grown.set(this.buffer);
    this.buffer = grown;
  }
}

export class Reader {
  failure: ReadFailure | undefined;
  private readonly buffer: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = bytes;
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

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  u48(): number {
    return this.u16() * 0x1_0000_0000 + this.u32();
  }

  f64(): number {
    const bytes = this.fixed(8);
    return bytes.length < 8 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        if (byte === 0 && i > 0) this.fail("overlong-varint");
        if (value > max) this.fail(max === Number.MAX_SAFE_INTEGER ? "bad-value" : "too-long");
        return this.failure === undefined ? value : 0;
      }
    }
    this.fail("overlong-varint");
    return 0;
  }

  /** A view into the input, not a copy: whoever handed it in must not change it any more. */
  fixed(length: number): Uint8Array {
    if (length > this.remaining) {
      this.fail("truncated");
      return NOTHING;
    }
    const from = this.at;
    this.at += length;
    return this.buffer.subarray(from, this.at);
  }

  bytes(max: number): Uint8Array {
    return this.fixed(this.varint(max));
  }

  utf8(bytesMax: number): string {
    const bytes = this.bytes(bytesMax);
    const text = decodeUtf8(bytes);
    if (text === undefined) {
      this.fail("bad-utf8");
      return "";
    }
    return text;
  }

  hex(length: number): string {
    let text = "";
    for (const byte of this.fixed(length)) text += HEX[byte]!;
    return text;
  }

  /** A count of items, each at least `itemBytesMin` long: refused before anything is allocated for it. */
  count(max: number, itemBytesMin: number): number {
    const count = this.varint(max);
    if (count * itemBytesMin > this.remaining) {
      this.fail("truncated");
      return 0;
    }
    return count;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.remaining > 0) this.fail("trailing-bytes");
  }
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lone surrogates, which UTF-8 cannot carry, become U+FFFD, as TextEncoder has it. */
export function encodeUtf8(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code <= 0xdbff ? text.charCodeAt(i + 1) : Number.NaN;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x1_0000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
        i++;
      } else code = 0xfffd;
    }
    if (code < 0x80) out[at++] = code;
    else if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
      out[at++] = 0x80 | (code & 0x3f);
    } else if (code < 0x1_0000) {
      out[at++] = 0xe0 | (code >> 12);
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
      out[at++] = 0x80 | (code & 0x3f);
    } else {
      out[at++] = 0xf0 | (code >> 18);
      out[at++] = 0x80 | ((code >> 12) & 0x3f);
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
      out[at++] = 0x80 | (code & 0x3f);
    }
  }
  return out.slice(0, at);
}

/** Undefined for anything that is not well-formed, shortest-form UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more > bytes.length) return undefined;
    let code = first & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = bytes[i++]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (next & 0x3f);
    }
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x1_0000;
    if (code < least || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}
