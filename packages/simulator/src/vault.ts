/**
 * What a node keeps secret and what it can do with it: sign, check, seal, open. Two kinds are interchangeable: the
 * modelled one of `vault-model.ts`, and real cryptography in `vault-real.ts`.
 */
import type { Hash, KeyringAnswer, KeyringAsk, PeerId } from "@grapevine/protocol";

export interface Vault {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  /** X25519 public key of this incarnation. */
  readonly boxKey: Uint8Array;
  readonly ticket: Uint8Array;
  readonly hash: Hash;
  sign(bytes: Uint8Array): Uint8Array;
  /** With a ticket, also whether it admits the author. */
  verify(author: PeerId, bytes: Uint8Array, signature: Uint8Array, ticket: Uint8Array | undefined): boolean;
  seal(to: Uint8Array, bytes: Uint8Array): Uint8Array;
  open(bytes: Uint8Array): { readonly from: Uint8Array; readonly bytes: Uint8Array | undefined };
  /** The keys of epochs. A restarted node has to ask for them again. */
  keyring(ask: KeyringAsk): KeyringAnswer;
  /** Under the key of an epoch; undefined without it. */
  sealTopic(keyId: string, topic: string, body: Uint8Array): Uint8Array | undefined;
  openTopic(keyId: string, topic: string, sealed: Uint8Array): Uint8Array | undefined;
  /** The same identity with the keys of a new incarnation. */
  renew(): Vault;
}

/** Who makes vaults: for one world, all of one kind. */
export interface VaultMaker {
  make(): Vault;
}
