/**
 * Base58 in Bitcoin's alphabet: peer ids that people can read aloud and select with a double click. Canonical: each
 * byte string has one text, and only that is decoded. Conversions of whole ids are cached, for every frame has some.
 */
import type { PeerId } from "../types.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 58; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

/** Five digits at a time: 58^5 < 2^30, so that every step stays within exact numbers. */
const CHUNK = 58 ** 5;

export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const limbs: number[] = [];
  for (let i = zeros; i < bytes.length; i++) {
    let carry = bytes[i]!;
    for (let k = 0; k < limbs.length; k++) {
      carry += limbs[k]! * 256;
      limbs[k] = carry % CHUNK;
      carry = Math.floor(carry / CHUNK);
    }
    if (carry > 0) limbs.push(carry);
  }
  let text = "";
  for (let k = 0; k < limbs.length; k++) {
    let limb = limbs[k]!;
    const last = k === limbs.length - 1;
    for (let digit = 0; digit < 5 && (limb > 0 || !last); digit++) {
      text = ALPHABET[limb % 58]! + text;
      limb = Math.floor(limb / 58);
    }
  }
  return "1".repeat(zeros) + text;
}

export function decodeBase58(text: string): Uint8Array | undefined {
  let zeros = 0;
  while (zeros < text.length && text[zeros] === "1") zeros++;
  const bytes: number[] = [];
  for (let i = zeros; i < text.length; i++) {
    const code = text.charCodeAt(i);
    let carry = code < 128 ? DIGITS[code]! : -1;
    if (carry < 0) return undefined;
    for (let k = 0; k < bytes.length; k++) {
      carry += bytes[k]! * 58;
      bytes[k] = carry & 0xff;
      carry >>= 8;
    }
    if (carry > 0) bytes.push(carry);
  }
  const out = new Uint8Array(zeros + bytes.length);
  for (let k = 0; k < bytes.length; k++) out[zeros + k] = bytes[bytes.length - 1 - k]!;
  return out;
}

/** Entries of each cache; emptied when full, for the ids in use come back at once. Reason: some 200 B an entry. */
const CACHE_MAX = 8_192;
const keys = new Map<PeerId, Uint8Array>();
const ids = new Map<string, PeerId>();

/** The id of a 32-byte public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  const raw = String.fromCharCode(...publicKey);
  let id = ids.get(raw);
  if (id === undefined) {
    id = encodeBase58(publicKey);
    if (ids.size >= CACHE_MAX) ids.clear();
    ids.set(raw, id);
  }
  return id;
}

/** The 32-byte public key that an id names. Asserts that it is one: ids inside the core come from keys. */
export function publicKeyOf(peer: PeerId): Uint8Array {
  let key = keys.get(peer);
  if (key === undefined) {
    key = decodeBase58(peer);
    if (key?.length !== 32) throw new Error(`expected a peer id, got ${JSON.stringify(peer)}`);
    if (keys.size >= CACHE_MAX) keys.clear();
    keys.set(peer, key);
  }
  return key;
}

export function isPeerId(text: string): boolean {
  return text.length >= 32 && text.length <= 44 && decodeBase58(text)?.length === 32;
}
