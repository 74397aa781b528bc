/**
 * Signing and verifying by the best backend that passed its self-test on this platform, with one verdict everywhere.
 * The choice is made at the first use and kept; tweetnacl is always there and answers whenever a native one cannot.
 */
import { platform } from "#platform";
import { chain, type Awaitable } from "../awaitable.ts";
import { expectBytes } from "../error.ts";
import type { SignatureBackend } from "./backend.ts";
import { selfTest } from "./self-test.ts";
import { tweetnaclBackend } from "./tweetnacl-backend.ts";
import { webcryptoBackend } from "./webcrypto-backend.ts";

export interface BackendReport {
  /** The backend in use; undefined until the first use or `selectBackend()`. */
  readonly backend: string | undefined;
  /** Every candidate that was looked at, best first, and why it was or was not taken. */
  readonly candidates: readonly { readonly name: string; readonly verdict: string }[];
  /** Times that the native backend threw instead of answering, and tweetnacl answered. */
  readonly fallbacks: number;
}

export interface Signatures {
  readonly backend: SignatureBackend;
  readonly candidates: BackendReport["candidates"];
  sign(secretKey: Uint8Array, message: Uint8Array): Awaitable<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean>;
}

/** In a tab one that says it is not available. */
export const nodeBackend: SignatureBackend = platform.nodeBackend;

let chosen: Awaitable<Signatures> | undefined;
let settled: Signatures | undefined;
let fallbacks = 0;

/**
 * Make the choice now, if it was not made before. In line in Node, a promise in a tab. Worth awaiting at start-up, so
 * that no first message waits for it.
 */
export function selectBackend(): Awaitable<SignatureBackend> {
  return chain(signatures(), (signatures) => signatures.backend);
}

export function backendReport(): BackendReport {
  return { backend: settled?.backend.name, candidates: settled?.candidates ?? [], fallbacks };
}

/** 64 bytes. `secretKey`: 64 bytes, as `Identity` holds it. Throws "invalid-argument" for another length. */
export function sign(secretKey: Uint8Array, message: Uint8Array): Awaitable<Uint8Array> {
  expectBytes("a secret key", secretKey, 64);
  return chain(settled ?? signatures(), (signatures) => signatures.sign(secretKey, message));
}

/** Whether `signature` is the canonical, valid one of `publicKey` under `message`. False for any garbage; never throws. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean> {
  return chain(settled ?? signatures(), (signatures) => signatures.verify(publicKey, message, signature));
}

function signatures(): Awaitable<Signatures> {
  chosen ??= chain(
    choose([nodeBackend, webcryptoBackend, tweetnaclBackend], () => {
      fallbacks += 1;
    }),
    (signatures) => (settled = signatures),
  );
  return chosen;
}

/** The first of `candidates` that is available and passes; the last one is taken as it is. Backed by tweetnacl. */
export function choose(candidates: readonly SignatureBackend[], onFallback: () => void): Awaitable<Signatures> {
  const seen: { name: string; verdict: string }[] = [];
  const take = (backend: SignatureBackend, verdict: string): Signatures => {
    seen.push({ name: backend.name, verdict });
    return { backend, candidates: seen, ...withFallback(backend, onFallback) };
  };
  const next = (at: number): Awaitable<Signatures> => {
    const backend = candidates[at] ?? tweetnaclBackend;
    if (at >= candidates.length - 1) return take(backend, "used: the one that is always there");
    if (!backend.available) {
      seen.push({ name: backend.name, verdict: "not available on this platform" });
      return next(at + 1);
    }
    return chain(selfTest(backend), (failure) => {
      if (failure === undefined) return take(backend, "used: passed its self-test");
      seen.push({ name: backend.name, verdict: failure });
      return next(at + 1);
    });
  };
  return next(0);
}

/**
 * A native library that throws has given no verdict: some import keys lazily, some refuse those off the curve at once.
 * Then tweetnacl gives the one that counts.
 */
function withFallback(backend: SignatureBackend, onFallback: () => void): Pick<Signatures, "sign" | "verify"> {
  const guard = <T>(native: () => Awaitable<T>, fallback: () => Awaitable<T>): Awaitable<T> => {
    const instead = (): Awaitable<T> => {
      onFallback();
      return fallback();
    };
    try {
      const result = native();
      return result instanceof Promise ? result.catch(instead) : result;
    } catch {
      return instead();
    }
  };
  return {
    sign: (secretKey, message) =>
      guard(
        () => backend.sign(secretKey, message),
        () => tweetnaclBackend.sign(secretKey, message),
      ),
    verify: (publicKey, message, signature) =>
      guard(
        () => backend.verify(publicKey, message, signature),
        () => tweetnaclBackend.verify(publicKey, message, signature),
      ),
  };
}
