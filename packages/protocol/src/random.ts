/**
 * The core's only source of chance: a small seeded generator (sfc32 by Chris Doty-Humphrey, PractRand), so that the
 * same seed and the same inputs give the same effects everywhere. It is not for secrets; keys and nonces of seals come
 * from the driver.
 */
export class Random {
  /** Four 32-bit words: the whole state, for snapshots. */
  readonly state: Uint32Array;

  /** `seed`: 16 bytes; a production driver takes them from the platform's entropy. */
  constructor(seed: Uint8Array) {
    this.state = new Uint32Array(4);
    for (let i = 0; i < 16; i++) {
      this.state[i >> 2] = (this.state[i >> 2]! << 8) | (seed[i] ?? 0);
    }
    // The first outputs follow the seed's pattern; 12 rounds are the author's own advice.
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** Continue from a snapshot's `state`. */
  static from(state: Uint32Array): Random {
    const random = new Random(new Uint8Array(16));
    random.state.set(state);
    return random;
  }

  uint32(): number {
    const s = this.state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum;
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  /** A period stretched or shortened by up to `share` of it, so that peers do not march in step. */
  jitter(periodMs: number, share = 0.2): number {
    return periodMs * (1 - share + 2 * share * this.float());
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** Up to `count` distinct items, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    const chosen: T[] = [];
    while (chosen.length < count && rest.length > 0) {
      const at = this.below(rest.length);
      chosen.push(rest[at]!);
      rest[at] = rest[rest.length - 1]!;
      rest.pop();
    }
    return chosen;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.uint32() & 0xff;
    return out;
  }
}
