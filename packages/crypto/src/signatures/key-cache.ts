/**
 * Keys as the platform wants them, made once: importing a public key costs node:crypto as much as a verification. Public
 * ones are bounded, least recently used dropped first; a secret one lives as long as the array that holds it.
 */
import { equalConstantTime, mapKey } from "../bytes.ts";
import { Lru } from "../lru.ts";

/** Reason: one for each credential that the core keeps of admitted peers (`limits.admittedMax`). */
const PUBLIC_KEYS_MAX = 4096;

export class KeyCache<Key> {
  readonly #public = new Lru<string, Key>(PUBLIC_KEYS_MAX);
  readonly #secret = new WeakMap<Uint8Array, { readonly publicKey: Uint8Array; readonly key: Key }>();

  publicKey(bytes: Uint8Array): Key | undefined {
    return this.#public.get(mapKey(bytes));
  }

  keepPublicKey(bytes: Uint8Array, key: Key): void {
    this.#public.set(mapKey(bytes), key);
  }

  secretKey(bytes: Uint8Array): Key | undefined {
    const kept = this.#secret.get(bytes);
    // An array that was wiped or written over since is another key.
    return kept !== undefined && equalConstantTime(kept.publicKey, bytes.subarray(32)) ? kept.key : undefined;
  }

  keepSecretKey(bytes: Uint8Array, key: Key): void {
    this.#secret.set(bytes, { publicKey: bytes.slice(32), key });
  }
}
