/**
 * Seals what is meant for one peer: tweetnacl's box (X25519, XSalsa20-Poly1305) under the sender's key of its present
 * incarnation, which goes in front. Opening tells by which key it was sealed, which a credential ties to a peer.
 */
import nacl from "tweetnacl";
import { concat, mapKey, randomBytes } from "../bytes.ts";
import { expectBytes } from "../error.ts";
import { Lru } from "../lru.ts";
import { SecretHolder, secretOf } from "../secret-holder.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Bytes that a seal adds. */
export const BOX_SEAL_BYTES: number = KEY_BYTES + NONCE_BYTES + TAG_BYTES;

/** Shared keys kept. Reason: every peer of some two tables; each costs 0.5 ms in Node, some 1 ms in a tab, to make. */
const SHARED_KEYS_MAX = 512;

/** What X25519 and HSalsa20 give for a public key of small order, whatever the secret one: anyone can make it. */
const EVERYONES_KEY =
  "\x35\x1f\x86\xfa\xa3\xb9\x88\x46\x8a\x85\x01\x22\xb6\x5b\x0a\xce\xce\x9c\x48\x26\x80\x6a\xee\xe6\x3d\xe9\xc0\xda\x2b\xd7\xf9\x1e";

export interface BoxKeyPair {
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. Not enumerable. */
  readonly secretKey: Uint8Array;
}

export interface Opened {
  /** X25519 key under which it was sealed, 32 bytes; a claim only, unless `bytes` are there. */
  readonly from: Uint8Array;
  /** Undefined when the seal did not open. */
  readonly bytes: Uint8Array | undefined;
}

class KeyPair extends SecretHolder implements BoxKeyPair {
  readonly publicKey: Uint8Array;

  constructor({ publicKey, secretKey }: nacl.BoxKeyPair) {
    super(secretKey);
    this.publicKey = publicKey;
  }

  get secretKey(): Uint8Array {
    return secretOf(this);
  }

  toJSON(): { readonly publicKey: Uint8Array } {
    return { publicKey: this.publicKey };
  }
}

/** New keys, for one incarnation of a peer. */
export function createBoxKeyPair(): BoxKeyPair {
  return new KeyPair(nacl.box.keyPair.fromSecretKey(randomBytes(KEY_BYTES)));
}

/** own public key (32) || nonce (24) || box. `to`: 32 bytes, else "invalid-argument". */
export function sealFor(own: BoxKeyPair, to: Uint8Array, plaintext: Uint8Array): Uint8Array {
  expectBytes("an X25519 public key", to, KEY_BYTES);
  // Sealed for everyone's key the content would be public; under a random one nobody opens it.
  const shared = sharedKey(own, to, "keep") ?? randomBytes(KEY_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  return concat(own.publicKey, nonce, nacl.box.after(plaintext, nonce, shared));
}

/** Takes any bytes. */
export function openSealed(own: BoxKeyPair, sealed: Uint8Array): Opened {
  if (sealed.length < BOX_SEAL_BYTES) return { from: new Uint8Array(KEY_BYTES), bytes: undefined };
  const from = sealed.slice(0, KEY_BYTES);
  const shared = sharedKey(own, from, "look");
  if (shared === undefined) return { from, bytes: undefined };
  const nonce = sealed.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES);
  const bytes = nacl.box.open.after(sealed.subarray(KEY_BYTES + NONCE_BYTES), nonce, shared) ?? undefined;
  // Kept only now: garbage from made-up keys must not push out those of real peers.
  if (bytes !== undefined) sharedKeysOf(own).set(mapKey(from), shared);
  return { from, bytes };
}

const sharedKeys = new WeakMap<BoxKeyPair, Lru<string, Uint8Array>>();

function sharedKeysOf(own: BoxKeyPair): Lru<string, Uint8Array> {
  let keys = sharedKeys.get(own);
  if (keys === undefined) {
    keys = new Lru(SHARED_KEYS_MAX);
    sharedKeys.set(own, keys);
  }
  return keys;
}

/** Undefined when `other` is of small order (RFC 7748, section 6.1). */
function sharedKey(own: BoxKeyPair, other: Uint8Array, mode: "keep" | "look"): Uint8Array | undefined {
  const keys = sharedKeysOf(own);
  const name = mapKey(other);
  const kept = keys.get(name);
  if (kept !== undefined) return kept;
  const shared = nacl.box.before(other, own.secretKey);
  if (mapKey(shared) === EVERYONES_KEY) return undefined;
  if (mode === "keep") keys.set(name, shared);
  return shared;
}
