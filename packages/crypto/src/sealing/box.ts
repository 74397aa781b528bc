/**
 * Seals what is meant for one peer: tweetnacl's box (X25519, XSalsa20-Poly1305) under the sender's key of its present
 * incarnation, which goes in front. Opening tells by which key it was sealed, which a credential ties to a peer.
 */
import nacl from "tweetnacl";
import { platform } from "#platform";
import { chain, type Awaitable } from "../awaitable.ts";
import { concat, mapKey, randomBytes, utf8 } from "../bytes.ts";
import { expectBytes } from "../error.ts";
import { Lru } from "../lru.ts";
import type { Platform } from "../platform.ts";
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

/** The same by the platform where it can: tweetnacl's would keep a page busy. */
export function freshBoxKeyPair(x25519: Platform["x25519"] = platform.x25519): Awaitable<BoxKeyPair> {
  if (x25519 === undefined) return createBoxKeyPair();
  const secretKey = randomBytes(KEY_BYTES);
  return x25519.publicKey(secretKey).then(
    (publicKey) => new KeyPair({ publicKey, secretKey }),
    () => new KeyPair(nacl.box.keyPair.fromSecretKey(secretKey)),
  );
}

/** own public key (32) || nonce (24) || box. `to`: 32 bytes, else "invalid-argument". */
export function sealFor(own: BoxKeyPair, to: Uint8Array, plaintext: Uint8Array): Uint8Array {
  expectBytes("an X25519 public key", to, KEY_BYTES);
  return sealUnder(own, to, plaintext, sharedKey(own, to));
}

/** As `sealFor`; what is not known yet the platform works out, where it can. */
export function sealSoon(
  own: BoxKeyPair,
  to: Uint8Array,
  plaintext: Uint8Array,
  x25519: Platform["x25519"] = platform.x25519,
): Awaitable<Uint8Array> {
  expectBytes("an X25519 public key", to, KEY_BYTES);
  return chain(sharedKeySoon(own, to, x25519), (shared) => sealUnder(own, to, plaintext, shared));
}

function sealUnder(own: BoxKeyPair, to: Uint8Array, plaintext: Uint8Array, shared: Uint8Array | undefined): Uint8Array {
  if (shared !== undefined) sharedKeysOf(own).set(mapKey(to), shared);
  // Sealed for everyone's key the content would be public; under a random one nobody opens it.
  const key = shared ?? randomBytes(KEY_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  return concat(own.publicKey, nonce, nacl.box.after(plaintext, nonce, key));
}

/** Takes any bytes. */
export function openSealed(own: BoxKeyPair, sealed: Uint8Array): Opened {
  if (sealed.length < BOX_SEAL_BYTES) return { from: new Uint8Array(KEY_BYTES), bytes: undefined };
  return openUnder(own, sealed, sharedKey(own, sealed.subarray(0, KEY_BYTES)));
}

/** As `openSealed`; what is not known yet the platform works out, where it can. */
export function openSoon(
  own: BoxKeyPair,
  sealed: Uint8Array,
  x25519: Platform["x25519"] = platform.x25519,
): Awaitable<Opened> {
  if (sealed.length < BOX_SEAL_BYTES) return openSealed(own, sealed);
  return chain(sharedKeySoon(own, sealed.slice(0, KEY_BYTES), x25519), (shared) => openUnder(own, sealed, shared));
}

function openUnder(own: BoxKeyPair, sealed: Uint8Array, shared: Uint8Array | undefined): Opened {
  const from = sealed.slice(0, KEY_BYTES);
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
function sharedKey(own: BoxKeyPair, other: Uint8Array): Uint8Array | undefined {
  return sharedKeysOf(own).get(mapKey(other)) ?? unlessEveryones(nacl.box.before(other, own.secretKey));
}

function unlessEveryones(shared: Uint8Array): Uint8Array | undefined {
  return mapKey(shared) === EVERYONES_KEY ? undefined : shared;
}

/** Being worked out: what comes from one key is opened in the order in which it came. */
const pending = new WeakMap<BoxKeyPair, Map<string, Promise<Uint8Array | undefined>>>();

function sharedKeySoon(
  own: BoxKeyPair,
  other: Uint8Array,
  x25519: Platform["x25519"],
): Awaitable<Uint8Array | undefined> {
  const name = mapKey(other);
  const waiting = pending.get(own) ?? new Map<string, Promise<Uint8Array | undefined>>();
  pending.set(own, waiting);
  const begun = waiting.get(name);
  if (begun !== undefined) return begun;
  if (x25519 === undefined || sharedKeysOf(own).get(name) !== undefined) return sharedKey(own, other);
  const shared = x25519
    .shared(own.secretKey, other)
    .then((agreed) => unlessEveryones(hsalsa20(agreed)))
    .catch(() => sharedKey(own, other))
    .finally(() => waiting.delete(name));
  waiting.set(name, shared);
  return shared;
}

/** What tweetnacl's box makes of an agreement: HSalsa20 of zeros under it. Exported there, and not in its types. */
function hsalsa20(agreed: Uint8Array): Uint8Array {
  const { lowlevel } = nacl as unknown as {
    lowlevel: { crypto_core_hsalsa20(out: Uint8Array, input: Uint8Array, key: Uint8Array, sigma: Uint8Array): void };
  };
  const out = new Uint8Array(KEY_BYTES);
  lowlevel.crypto_core_hsalsa20(out, new Uint8Array(16), agreed, utf8("expand 32-byte k"));
  return out;
}
