/** Who a peer is: an Ed25519 key pair (RFC 8032), named everywhere by base58 of its public half. */
import { peerIdOf, type PeerId } from "@grapevine/protocol";
import nacl from "tweetnacl";
import { randomBytes } from "../bytes.ts";
import { expectBytes } from "../error.ts";
import { SecretHolder, secretOf } from "../secret-holder.ts";
import { decodeToken, encodeToken, type TokenKind } from "../token.ts";

/** Shows its id only: neither console nor JSON nor a copy of its properties holds the secret. */
export interface Identity {
  readonly peerId: PeerId;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, seed and public key, as tweetnacl has it. Not enumerable. */
  readonly secretKey: Uint8Array;
}

const IDENTITY_TOKEN: TokenKind = {
  prefix: "grapevine_identity_",
  expected: "an identity made by exportIdentity()",
};

class KeyPair extends SecretHolder implements Identity {
  readonly peerId: PeerId;
  readonly publicKey: Uint8Array;

  constructor(publicKey: Uint8Array, secretKey: Uint8Array) {
    super(secretKey);
    this.peerId = peerIdOf(publicKey);
    this.publicKey = publicKey;
  }

  get secretKey(): Uint8Array {
    return secretOf(this);
  }

  toJSON(): { readonly peerId: PeerId } {
    return { peerId: this.peerId };
  }
}

/** A new identity, or the one that a seed of 32 bytes names. Throws "invalid-argument" for another length. */
export function createIdentity(seed: Uint8Array = randomBytes(32)): Identity {
  expectBytes("a seed", seed, 32);
  return identityOf(nacl.sign.keyPair.fromSeed(seed).secretKey);
}

/** `secretKey`: 64 bytes, a seed and the public key that belongs to it. */
export function identityOf(secretKey: Uint8Array): Identity {
  return new KeyPair(secretKey.slice(32), secretKey);
}

/** One word with a checksum. It IS the secret: who has it is this peer. */
export function exportIdentity(identity: Identity): string {
  return encodeToken(IDENTITY_TOKEN, identity.secretKey.slice(0, 32));
}

/** Throws "invalid-argument" for anything that `exportIdentity` did not make. */
export function importIdentity(text: string): Identity {
  return createIdentity(decodeToken(IDENTITY_TOKEN, text));
}
