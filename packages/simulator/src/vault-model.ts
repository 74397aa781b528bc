/**
 * Modelled signatures and seals: tags that bind key and message under a secret of the world, so that whoever lacks a
 * vault can forge, alter and read nothing, at a hundredth of the cost. What they do not model is cryptanalysis: the
 * secret is 64 bits wide and the mixing is not one-way, but nobody in a simulation computes against it.
 */
import { type Hash, type PeerId, type Random, peerIdOf, publicKeyOf } from "@grapevine/protocol";
import { mix32 } from "./mix.ts";
import type { Vault, VaultMaker } from "./vault.ts";

/** As long as the real ones: sender's key, nonce, authenticator. */
const sealHeadBytes = 32 + 24 + 16;

/** Knows every key, as mathematics does; vaults ask it on behalf of their own keys only. */
export class Notary implements VaultMaker {
  readonly meshId: Uint8Array;
  private readonly random: Random;
  private readonly secret: Uint8Array;
  private readonly keys = new Map<PeerId, readonly [number, number]>();

  constructor(random: Random) {
    this.random = random;
    this.secret = random.bytes(8);
    this.meshId = random.bytes(32);
  }

  make(): Vault {
    return this.vault(peerIdOf(this.random.bytes(32)));
  }

  /** The vault of a given identity, with box keys of a new incarnation. */
  vault(self: PeerId): Vault {
    return new VaultModel(this, self, this.random.bytes(32));
  }

  /** 64 bytes; the second half follows from the first, under a key of its own. */
  tag(author: PeerId, bytes: Uint8Array): Uint8Array {
    const [first, second] = this.keysOf(author);
    const tag = new Uint8Array(64);
    const half = mix32(bytes, first);
    tag.set(half);
    tag.set(mix32(half, second), 32);
    return tag;
  }

  ticketOf(peer: PeerId): Uint8Array {
    return this.tag(peer, this.meshId).slice(0, 16);
  }

  /** The seed of the keystream and authenticator between two box keys. */
  shared(from: Uint8Array, to: Uint8Array): number {
    return firstWord(mix32(joined(this.secret, from, to)));
  }

  private keysOf(author: PeerId): readonly [number, number] {
    let keys = this.keys.get(author);
    if (keys === undefined) {
      const derived = mix32(joined(this.secret, publicKeyOf(author)));
      keys = [firstWord(derived), firstWord(derived.subarray(4))];
      this.keys.set(author, keys);
    }
    return keys;
  }
}

class VaultModel implements Vault {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  readonly boxKey: Uint8Array;
  readonly ticket: Uint8Array;
  readonly hash: Hash = mix32;
  private readonly notary: Notary;
  private nonce = 0;

  constructor(notary: Notary, self: PeerId, boxKey: Uint8Array) {
    this.notary = notary;
    this.meshId = notary.meshId;
    this.self = self;
    this.boxKey = boxKey;
    this.ticket = notary.ticketOf(self);
  }

  sign(bytes: Uint8Array): Uint8Array {
    return this.notary.tag(this.self, bytes);
  }

  verify(author: PeerId, bytes: Uint8Array, signature: Uint8Array, ticket: Uint8Array | undefined): boolean {
    if (!isSame(signature, this.notary.tag(author, bytes))) return false;
    return ticket === undefined || isSame(ticket, this.notary.ticketOf(author));
  }

  seal(to: Uint8Array, bytes: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(sealHeadBytes + bytes.length);
    sealed.set(this.boxKey);
    new DataView(sealed.buffer).setFloat64(32, ++this.nonce);
    const key = this.notary.shared(this.boxKey, to);
    sealed.set(bytes, sealHeadBytes);
    mask(sealed, key);
    sealed.set(authenticator(sealed, key), 56);
    return sealed;
  }

  open(sealed: Uint8Array): { readonly from: Uint8Array; readonly bytes: Uint8Array | undefined } {
    const from = sealed.slice(0, 32);
    if (sealed.length < sealHeadBytes) return { from: new Uint8Array(32), bytes: undefined };
    const key = this.notary.shared(from, this.boxKey);
    if (!isSame(sealed.subarray(56, sealHeadBytes), authenticator(sealed, key))) return { from, bytes: undefined };
    const opened = sealed.slice();
    mask(opened, key);
    return { from, bytes: opened.slice(sealHeadBytes) };
  }

  keyring(): never {
    throw new Error("expected real vaults in a world whose keys change: there is no model of keyrings");
  }

  sealTopic(): never {
    return this.keyring();
  }

  openTopic(): never {
    return this.keyring();
  }

  renew(): Vault {
    return this.notary.vault(this.self);
  }
}

/** Over everything but its own place. */
function authenticator(sealed: Uint8Array, key: number): Uint8Array {
  const head = mix32(sealed.subarray(0, 56), key);
  return mix32(joined(head, sealed.subarray(sealHeadBytes)), key).subarray(0, 16);
}

/** Xorshift (Marsaglia 2003) keyed by secret and nonce; applied twice it is undone. */
function mask(sealed: Uint8Array, key: number): void {
  let state = firstWord(mix32(sealed.subarray(32, 56), key)) | 1;
  for (let i = sealHeadBytes; i < sealed.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    sealed[i]! ^= state;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function firstWord(bytes: Uint8Array): number {
  return bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
