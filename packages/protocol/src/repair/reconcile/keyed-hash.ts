/**
 * A short keyed hash for sums and short ids that live as long as one session: HalfSipHash-2-4 with 64 bits of output
 * (Aumasson and Bernstein 2012; its variant for words of 32 bits, which is what JavaScript is quick at). Whoever does not
 * know the key can neither find two inputs of one hash nor sets of inputs of one sum.
 */

/** The key of one session, 64 bits. Drawn by one of its two ends; news to everybody else. */
export interface Salt {
  readonly high: number;
  readonly low: number;
}

/** Hashes whole words: the result stands in `low` and `high` until the next call, for a pair would be garbage each time. */
export class KeyedHash {
  low = 0;
  high = 0;
  private readonly salt: Salt;
  private v0 = 0;
  private v1 = 0;
  private v2 = 0;
  private v3 = 0;

  constructor(salt: Salt) {
    this.salt = salt;
  }

  /** Source: the reference implementation, for inputs of whole words, low byte first. */
  words(...parts: readonly ArrayLike<number>[]): void {
    const { high, low } = this.salt;
    this.v0 = low;
    this.v1 = high ^ 0xee;
    this.v2 = 0x6c796765 ^ low;
    this.v3 = 0x74656462 ^ high;
    let length = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) this.absorb(part[i]!);
      length += part.length;
    }
    this.absorb((length * 4) << 24);
    this.v2 ^= 0xee;
    this.rounds(4);
    this.low = (this.v1 ^ this.v3) >>> 0;
    this.v1 ^= 0xdd;
    this.rounds(4);
    this.high = (this.v1 ^ this.v3) >>> 0;
  }

  private absorb(word: number): void {
    this.v3 ^= word;
    this.rounds(2);
    this.v0 ^= word;
  }

  private rounds(count: number): void {
    let { v0, v1, v2, v3 } = this;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}

/** Bytes as words, low byte first, into `words`; as many as it holds. */
export function toWords(bytes: Uint8Array, words: Uint32Array): void {
  for (let i = 0; i < words.length; i++) {
    const at = i * 4;
    words[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
}
