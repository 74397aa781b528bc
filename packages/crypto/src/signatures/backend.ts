/**
 * One way to make and check Ed25519 signatures (RFC 8032). Every backend stands behind the canonical rule, so that any
 * of them gives the same verdict on any bytes; what its library says without the rule can be asked for comparison.
 */
import type { Awaitable } from "../awaitable.ts";
import { expectBytes } from "../error.ts";
import { isCanonical } from "./canonical.ts";

export interface SignatureBackend {
  readonly name: string;
  /** Whether the platform seems to have it; whether it is right is for the self-test to say. */
  readonly available: boolean;
  /** 64 bytes. `secretKey`: 64 bytes, seed and public key. Throws "invalid-argument" for another length. */
  sign(secretKey: Uint8Array, message: Uint8Array): Awaitable<Uint8Array>;
  /** False for anything that is not one canonical, valid signature, lengths included. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean>;
  /** The library's verdict without the rule. Libraries disagree on it: for comparing them, never for deciding. */
  verifyRaw(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean>;
}

/** What a library is wrapped in: given right lengths only. It may throw, or reject, where it has no verdict. */
export interface SignatureLibrary {
  readonly name: string;
  isAvailable(): boolean;
  sign(secretKey: Uint8Array, message: Uint8Array): Awaitable<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean>;
}

export function backendOf(library: SignatureLibrary): SignatureBackend {
  return {
    name: library.name,
    get available() {
      return library.isAvailable();
    },
    sign(secretKey, message) {
      expectBytes("a secret key", secretKey, 64);
      return library.sign(secretKey, message);
    },
    verify(publicKey, message, signature) {
      return isCanonical(publicKey, signature) && library.verify(publicKey, message, signature);
    },
    verifyRaw(publicKey, message, signature) {
      return publicKey.length === 32 && signature.length === 64 && library.verify(publicKey, message, signature);
    },
  };
}
