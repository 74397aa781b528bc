/**
 * The hash of modelled runs: MurmurHash3's 128-bit mixing (Austin Appleby, public domain), widened to 32 bytes by
 * its finaliser. Well mixed, so that rings, ids and tables behave as with SHA-512, but not one-way: nobody in a modelled
 * run attacks the hash. It costs about a twentieth, and hashing is what a simulated mesh does most.
 */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const LAST = new Uint8Array(16);

export function mix32(bytes: Uint8Array, seed = 0): Uint8Array {
  let h1 = seed | 0;
  let h2 = seed | 0;
  let h3 = seed | 0;
  let h4 = seed | 0;
  const { length } = bytes;
  const whole = length & ~15;
  // The last block is filled up with zeros; the length is mixed in below.
  if (whole < length) {
    LAST.fill(0);
    for (let at = whole; at < length; at++) LAST[at - whole] = bytes[at]!;
  }
  for (let at = 0; at < length; at += 16) {
    const block = at < whole ? bytes : LAST;
    const from = at < whole ? at : 0;
    const k1 = word(block, from);
    const k2 = word(block, from + 4);
    const k3 = word(block, from + 8);
    const k4 = word(block, from + 12);
    h1 ^= Math.imul(rotate(Math.imul(k1, C1), 15), C2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(k2, C2), 16), C3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(k3, C3), 17), C4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(k4, C4), 18), C1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  const out = new Uint8Array(32);
  for (let half = 0; half < 32; half += 16) {
    h1 = (h1 + h2 + h3 + h4 + half) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    h1 = finalise(h1);
    h2 = finalise(h2);
    h3 = finalise(h3);
    h4 = finalise(h4);
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    put(out, half, h1);
    put(out, half + 4, h2);
    put(out, half + 8, h3);
    put(out, half + 12, h4);
  }
  return out;
}

/** A running 53-bit fingerprint of numbers: equal ones mean, for all practical purposes, equal histories. */
export class Fingerprint {
  private high = 0x9e3779b9 | 0;
  private low = 0x85ebca6b | 0;

  number(value: number): void {
    this.word(value | 0);
    // Fractions of a millisecond and what lies beyond 32 bits count too.
    this.word(((value % 1) * 0x1_0000_0000) | 0);
    this.word((value / 0x1_0000_0000) | 0);
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    this.word(text.length);
  }

  /** Length and first bytes: those tell messages apart, and the rest of a run follows from them. */
  bytes(bytes: Uint8Array): void {
    const end = Math.min(bytes.length, 64);
    let at = 0;
    for (; at + 4 <= end; at += 4) this.word(word(bytes, at));
    for (; at < end; at++) this.word(bytes[at]!);
    this.word(bytes.length);
  }

  /** 14 hex digits. */
  toString(): string {
    const high = finalise(this.high ^ this.low) >>> 11;
    const low = finalise(this.low + this.high) >>> 0;
    return high.toString(16).padStart(6, "0") + low.toString(16).padStart(8, "0");
  }

  private word(value: number): void {
    this.low = (Math.imul(rotate(this.low ^ value, 13), 5) + 0x52dce729) | 0;
    this.high = (rotate(this.high, 7) + Math.imul(this.low, C1)) | 0;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function finalise(value: number): number {
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return value ^ (value >>> 16);
}

function put(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}
