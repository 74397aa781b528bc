/**
 * Base58 in Bitcoin's alphabet (Nakamoto, base58.h): ids that people can read aloud and select with a double click.
 * Canonical: each byte string has one text, and only that is decoded. Conversions of whole ids are remembered, for every
 * frame has some.
 */
import type { PeerId } from "../types.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 58; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

/**
 * Both directions take several digits of one base at a time into limbs of the other, 5 digits of base 58 (58^5 < 2^30)
 * against 2 bytes, so that every step is an exact number. That is a tenth of the steps of digit by digit.
 */
const CHUNK_DIGITS = 5;
const CHUNK: number = 58 ** CHUNK_DIGITS;
const WORD = 0x1_0000;

/** Longest bytes and longest text. Reason: the work grows with the square, and nothing longer is read by people. */
const BYTES_MAX = 2048;
const TEXT_MAX = 2800;

/** Of at most 2048 bytes. */
export function encodeBase58(bytes: Uint8Array): string {
  if (bytes.length > BYTES_MAX) throw new RangeError(`expected at most ${BYTES_MAX} bytes, got ${bytes.length}`);
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  /** Lowest first, each below CHUNK. A limb holds more than 29 bits. */
  const limbs = new Float64Array(Math.ceil(((bytes.length - zeros) * 8) / 29));
  let used = 0;
  for (let at = zeros; at < bytes.length;) {
    // An odd byte goes first, alone.
    let carry = bytes[at++]!;
    if ((bytes.length - at) % 2 === 1) carry = (carry << 8) | bytes[at++]!;
    for (let k = 0; k < used; k++) {
      carry += limbs[k]! * WORD;
      const high = Math.floor(carry / CHUNK);
      limbs[k] = carry - high * CHUNK;
      carry = high;
    }
    if (carry > 0) limbs[used++] = carry;
  }
  const digits = new Uint8Array(zeros + used * CHUNK_DIGITS).fill(ALPHABET.charCodeAt(0));
  let first = digits.length;
  for (let k = 0; k < used; k++) {
    // As a 32-bit integer: the remainder of a float takes ten times as long.
    let rest = limbs[k]! | 0;
    for (let digit = 0; digit < CHUNK_DIGITS; digit++) {
      digits[--first] = ALPHABET.charCodeAt(rest % 58);
      rest = (rest / 58) | 0;
    }
  }
  // The highest limb seldom fills its chunk; and of zero digits there are as many as zero bytes.
  while (first < digits.length && digits[first] === ALPHABET.charCodeAt(0)) first++;
  return String.fromCharCode.apply(undefined, digits.subarray(first - zeros) as unknown as number[]);
}

/** Undefined for what is no base58, or longer than 2800 digits. */
export function decodeBase58(text: string): Uint8Array | undefined {
  if (text.length > TEXT_MAX) return undefined;
  let zeros = 0;
  while (zeros < text.length && text.charCodeAt(zeros) === 0x31) zeros++;
  /** Lowest first, each below WORD. A digit holds less than 6 bits. */
  const words = new Uint16Array(Math.ceil(((text.length - zeros) * 6) / 16) + 1);
  let used = 0;
  for (let at = zeros; at < text.length;) {
    // An incomplete chunk goes first.
    const end = at + ((text.length - at) % CHUNK_DIGITS || CHUNK_DIGITS);
    let carry = 0;
    let scale = 1;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      const digit = code < 128 ? DIGITS[code]! : -1;
      if (digit < 0) return undefined;
      carry = carry * 58 + digit;
      scale *= 58;
    }
    for (let k = 0; k < used; k++) {
      carry += words[k]! * scale;
      const high = Math.floor(carry / WORD);
      words[k] = carry - high * WORD;
      carry = high;
    }
    for (; carry > 0; carry = Math.floor(carry / WORD)) words[used++] = carry % WORD;
  }
  const odd = used > 0 && words[used - 1]! < 0x100;
  const out = new Uint8Array(zeros + 2 * used - (odd ? 1 : 0));
  for (let k = 0, to = out.length; k < used; k++) {
    out[--to] = words[k]!;
    if (to > zeros) out[--to] = words[k]! >> 8;
  }
  return out;
}

interface Known {
  readonly key: Uint8Array;
  readonly id: PeerId;
}

/**
 * What was converted last, found from both sides. A pair stands in the place that its key (or its id) names, or, pushed
 * away by a later one, in the place next to it. Keys are as good as random, so that three in use rarely meet; one who
 * makes keys that do costs us the conversion, some microseconds.
 */
const PLACES = 8192;
const byKey: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);
const byId: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);

/** The id of a 32-byte public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  if (publicKey.length !== 32) throw new RangeError(`expected a public key of 32 bytes, got ${publicKey.length}`);
  const place = placeOfKey(publicKey);
  const known = byKey[place];
  if (known !== undefined && isSame(known.key, publicKey)) return known.id;
  const pushed = byKey[place ^ 1];
  if (pushed !== undefined && isSame(pushed.key, publicKey)) return pushed.id;
  // A copy: the key may be a view into a whole frame.
  return remember({ key: new Uint8Array(publicKey), id: encodeBase58(publicKey) }).id;
}

/** The 32-byte public key that an id names; not to be changed. Asserts that it is one: ids in the core come from keys. */
export function publicKeyOf(peer: PeerId): Uint8Array {
  const place = placeOfId(peer);
  const known = byId[place];
  if (known?.id === peer) return known.key;
  const pushed = byId[place ^ 1];
  if (pushed?.id === peer) return pushed.key;
  const key = isLikePeerId(peer) ? decodeBase58(peer) : undefined;
  if (key?.length !== 32) throw new RangeError(`expected a peer id, got ${JSON.stringify(peer)}`);
  return remember({ key, id: peer }).key;
}

export function isPeerId(text: string): boolean {
  return isLikePeerId(text) && decodeBase58(text)?.length === 32;
}

/** 32 zero bytes are 32 digits, and 2^256 - 1 is 44 digits. */
function isLikePeerId(text: string): boolean {
  return text.length >= 32 && text.length <= 44;
}

function remember(known: Known): Known {
  put(byKey, placeOfKey(known.key), known);
  put(byId, placeOfId(known.id), known);
  return known;
}

function put(table: (Known | undefined)[], place: number, known: Known): void {
  table[place ^ 1] = table[place];
  table[place] = known;
}

function placeOfKey(key: Uint8Array): number {
  return (key[0]! | (key[1]! << 8)) % PLACES;
}

/** From digits at the end, for the first one is seldom high. */
function placeOfId(id: PeerId): number {
  const last = id.length - 1;
  return ((id.charCodeAt(last) * 58 + id.charCodeAt(last - 1)) * 58 + id.charCodeAt(last - 2)) % PLACES;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}
