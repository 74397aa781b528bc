// Mutations of bytes, after AFL: flips, telling values, cuts, copies, and splices of two inputs. All chance comes from a
// seed, so that a run can be repeated.

/** A generator of 32-bit numbers (Marsaglia's xorshift128). */
export class Chance {
  /** @type {Uint32Array} */
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = Uint32Array.of(seed, 0x9e3779b9, seed ^ 0x85ebca6b, 0xc2b2ae35);
    for (let i = 0; i < 16; i++) this.below(2);
  }

  /** @param {number} bound */
  below(bound) {
    const s = this.#state;
    let t = s[3] ?? 0;
    const first = s[0] ?? 0;
    s[3] = s[2] ?? 0;
    s[2] = s[1] ?? 0;
    s[1] = first;
    t ^= t << 11;
    t ^= t >>> 8;
    s[0] = t ^ first ^ (first >>> 19);
    return (s[0] ?? 0) % bound;
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T} */
  pick(items) {
    const first = items[this.below(items.length)];
    if (first === undefined) throw new Error("expected something to pick from, got nothing");
    return first;
  }
}

const TELLING = [0, 1, 2, 16, 32, 63, 64, 65, 127, 128, 129, 254, 255];
const TELLING_WIDE = [0, 1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const LENGTH_MAX = 8_192;

/**
 * @param {Uint8Array} bytes
 * @param {readonly Uint8Array[]} others
 * @param {Chance} chance */
export function mutate(bytes, others, chance) {
  let result = bytes;
  for (let rest = 1 + chance.below(chance.below(4) === 0 ? 8 : 2); rest > 0; rest--) {
    result = once(result, others, chance);
  }
  return result.length > LENGTH_MAX ? result.slice(0, LENGTH_MAX) : result;
}

/**
 * @param {Uint8Array} bytes
 * @param {readonly Uint8Array[]} others
 * @param {Chance} chance */
function once(bytes, others, chance) {
  const at = chance.below(bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + chance.below(chance.below(4) === 0 ? 64 : 6));
  const before = bytes.subarray(0, at);
  switch (bytes.length === 0 ? 4 : chance.below(9)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << chance.below(8)));
    case 1:
      return changed(bytes, at, () => chance.pick(TELLING));
    case 2:
      return changed(bytes, at, (byte) => byte + (chance.below(2) === 0 ? 1 : 255));
    case 3: {
      const wide = new DataView(new ArrayBuffer(4));
      wide.setUint32(0, chance.pick(TELLING_WIDE));
      const value = new Uint8Array(wide.buffer).subarray(chance.pick([0, 2, 3]));
      return join(before, value, bytes.subarray(Math.min(bytes.length, at + value.length)));
    }
    case 4:
      return join(
        before,
        Uint8Array.from({ length: 1 + chance.below(8) }, () => chance.below(256)),
        bytes.subarray(at),
      );
    case 5:
      return join(before, bytes.subarray(at + length));
    case 6: {
      const to = chance.below(bytes.length + 1);
      return join(bytes.subarray(0, to), bytes.subarray(at, at + length), bytes.subarray(to));
    }
    case 7: {
      const other = chance.pick(others);
      return join(before, other.subarray(chance.below(other.length + 1)));
    }
    default:
      return before.slice();
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {(byte: number) => number} change */
function changed(bytes, at, change) {
  const copy = bytes.slice();
  const place = at % copy.length;
  copy[place] = change(copy[place] ?? 0);
  return copy;
}

/** @param {Uint8Array[]} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
