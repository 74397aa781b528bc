/**
 * Keys from keys: HMAC (RFC 2104) and HKDF (RFC 5869) over SHA-512. Whatever is derived names its domain in `info`, so
 * that no key ever serves two ends.
 */
import { concat } from "./bytes.ts";
import { platform } from "#platform";

const BLOCK_BYTES = 128;
const DIGEST_BYTES = 64;

/** 64 bytes. */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? platform.sha512(key) : key);
  const inner = block.map((byte) => byte ^ 0x36);
  const outer = block.map((byte) => byte ^ 0x5c);
  return platform.sha512(concat(outer, platform.sha512(concat(inner, message))));
}

/** RFC 5869, section 2.2: a key of 64 evenly random bytes from whatever entropy `input` has. */
export function hkdfExtract(salt: Uint8Array, input: Uint8Array): Uint8Array {
  return hmac(salt, input);
}

/** RFC 5869, section 2.3: `length` bytes for the end that `info` names. */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (let i = 1; (i - 1) * DIGEST_BYTES < length; i++) {
    last = hmac(key, concat(last, info, Uint8Array.of(i)));
    blocks.push(last);
  }
  return concat(...blocks).slice(0, length);
}
