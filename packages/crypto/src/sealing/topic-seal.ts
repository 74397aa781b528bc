/**
 * Seals what is meant for everyone who has a key: a topic's bodies, and the cards at the seed. XSalsa20-Poly1305 by
 * tweetnacl's secretbox under a random nonce of 24 bytes, which goes in front. For messages of usual size it is faster
 * than WebCrypto, which would answer by a promise besides.
 */
import nacl from "tweetnacl";
import { concat, randomBytes, utf8 } from "../bytes.ts";
import { expectBytes } from "../error.ts";
import { hash } from "../hash.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Bytes that a seal adds. */
export const TOPIC_SEAL_BYTES: number = NONCE_BYTES + TAG_BYTES;

/** nonce (24) || box. `key`: 32 bytes, else "invalid-argument". */
export function sealTopic(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  expectBytes("a topic key", key, 32);
  const nonce = randomBytes(NONCE_BYTES);
  return concat(nonce, nacl.secretbox(plaintext, nonce, key));
}

/** Undefined for anything that `sealTopic` did not make under this very key. */
export function openTopic(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  expectBytes("a topic key", key, 32);
  if (sealed.length < TOPIC_SEAL_BYTES) return undefined;
  return nacl.secretbox.open(sealed.subarray(NONCE_BYTES), sealed.subarray(0, NONCE_BYTES), key) ?? undefined;
}

/**
 * Names a key without telling it: 8 bytes. Part of what an author signs, for secretbox does not commit to its key: a
 * sealed body could be made that opens under two.
 */
export function keyId(key: Uint8Array): Uint8Array {
  expectBytes("a topic key", key, 32);
  return hash(concat(utf8("grapevine key id 1"), key)).slice(0, 8);
}
