/**
 * Real cryptography in a simulated world: the crypto package's vault with identities drawn from the world's seed. It
 * runs where the platform answers in line (Node). Box keys and nonces come from the platform's entropy, as they must,
 * so the bytes, and with them the fingerprint, differ between two runs of one seed.
 */
import {
  type Awaitable,
  createBoxKeyPair,
  createIdentity,
  createVault,
  deriveMesh,
  hash,
  type Identity,
  type MeshKeys,
  openTopic,
  sealTopic,
} from "@grapevine/crypto";
import type { Hash, KeyringAnswer, KeyringAsk, PeerId, Random } from "@grapevine/protocol";
import type { Vault, VaultMaker } from "./vault.ts";

export function realVaults(random: Random): VaultMaker {
  const mesh = deriveMesh({ name: "simulation", admission: { kind: "open", bits: 0 } });
  return { make: () => new RealVault(createIdentity(random.bytes(32)), mesh) };
}

class RealVault implements Vault {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  readonly boxKey: Uint8Array;
  /** Proof of no work: any nonce does in a mesh that asks for 0 bits. */
  readonly ticket: Uint8Array = new Uint8Array(9);
  readonly hash: Hash = hash;
  private readonly identity: Identity;
  private readonly mesh: MeshKeys;
  private readonly vault;

  constructor(identity: Identity, mesh: MeshKeys) {
    const box = createBoxKeyPair();
    this.identity = identity;
    this.mesh = mesh;
    this.meshId = mesh.meshId;
    this.self = identity.peerId;
    this.boxKey = box.publicKey;
    this.vault = createVault({ identity, box, mesh });
  }

  sign(bytes: Uint8Array): Uint8Array {
    return inLine(this.vault.sign(bytes));
  }

  verify(author: PeerId, bytes: Uint8Array, signature: Uint8Array, ticket: Uint8Array | undefined): boolean {
    return inLine(this.vault.verify(author, bytes, signature, ticket)).ok;
  }

  seal(to: Uint8Array, bytes: Uint8Array): Uint8Array {
    return inLine(this.vault.seal(to, bytes));
  }

  open(bytes: Uint8Array): { readonly from: Uint8Array; readonly bytes: Uint8Array | undefined } {
    return inLine(this.vault.open(bytes));
  }

  keyring(ask: KeyringAsk): KeyringAnswer {
    return this.vault.keyring.answer(ask);
  }

  sealTopic(keyId: string, topic: string, body: Uint8Array): Uint8Array | undefined {
    const key = this.vault.keyring.topicKey(keyId, topic);
    return key === undefined ? undefined : sealTopic(key, body);
  }

  openTopic(keyId: string, topic: string, sealed: Uint8Array): Uint8Array | undefined {
    const key = this.vault.keyring.topicKey(keyId, topic);
    return key === undefined ? undefined : openTopic(key, sealed);
  }

  renew(): Vault {
    return new RealVault(this.identity, this.mesh);
  }
}

function inLine<T>(value: Awaitable<T>): T {
  if (value instanceof Promise) throw new Error("expected a platform that signs in line; real signatures need Node");
  return value;
}
