/**
 * Tags of a replicated map's keys: keyed hashes, by which peers that cannot read a map still know which of its entries
 * belong to one key, and learn nothing else of it.
 */
import { toHex, utf8 } from "../bytes.ts";
import { hmac } from "../derive.ts";
import { expectBytes } from "../error.ts";

const TAG_BYTES = 32;

/** 64 hex digits. `tagKey`: 32 bytes. */
export function mapKeyTag(tagKey: Uint8Array, key: string): string {
  expectBytes("a tag key", tagKey, TAG_BYTES);
  return toHex(hmac(tagKey, utf8(key)).subarray(0, TAG_BYTES));
}

/** What the key tags of a map are made with that has a key of its own: who lacks that key cannot try out names. */
export function tagKeyFrom(key: Uint8Array): Uint8Array {
  expectBytes("a map's key", key, TAG_BYTES);
  return hmac(key, utf8("grapevine map key tag 1")).slice(0, TAG_BYTES);
}
