/** What this package needs from the platform it runs on. `#platform` picks `platform.browser.ts` or `platform.node.ts`. */
import type { Awaitable } from "./awaitable.ts";
import type { IdentityStore } from "./identity/store.ts";
import type { SignatureBackend } from "./signatures/backend.ts";

export interface Platform {
  /** 64 bytes, in line. */
  sha512(bytes: Uint8Array): Uint8Array;
  /** Ed25519 of node:crypto; in a tab one that says it is not available. */
  readonly nodeBackend: SignatureBackend;
  /** The Ed25519 public key of a seed of 32 bytes. Throws or rejects where the platform makes none. */
  readonly publicKeyOf: (seed: Uint8Array) => Awaitable<Uint8Array>;
  /**
   * X25519 in a tab: the public key of a secret one, and what it agrees on with another's. Both reject where the platform
   * has none, or the other's key is of small order. Undefined in Node, where tweetnacl's is quick enough.
   */
  readonly x25519:
    | {
        publicKey(secretKey: Uint8Array): Promise<Uint8Array>;
        shared(secretKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array>;
      }
    | undefined;
  /** Let the event loop turn once, undelayed even in a hidden tab, whose timers fire once a second. */
  turn(): Promise<void>;
  /** Where an identity is kept: at `path`, else where this platform keeps one by itself. */
  identityStore(options: IdentityStoreOptions): IdentityStore;
}

export interface IdentityStoreOptions {
  readonly name: string;
  readonly path: string | undefined;
  readonly onWarning: (message: string) => void;
}
