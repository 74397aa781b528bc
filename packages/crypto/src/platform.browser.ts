/** What this package needs from a browser; `#platform` picks this file or its twin. Nothing is touched before its use. */
import nacl from "tweetnacl";
import { randomBytes, toHex } from "./bytes.ts";
import { CryptoError } from "./error.ts";
import { memoryStore } from "./identity/store.ts";
import { channelGuard, lockGuard, noGuard, type OpenChannel, type TabGuard, type Wait } from "./identity/tab-guard.ts";
import { tabStore } from "./identity/tab-store.ts";
import type { Platform } from "./platform.ts";
import { x25519, x25519PublicKey } from "./sealing/x25519.ts";
import { absentBackend } from "./signatures/absent-backend.ts";
import { publicKeyOf } from "./signatures/webcrypto-backend.ts";

export const platform: Platform = {
  // WebCrypto's digest is a promise; the core needs its hash in line.
  sha512: (bytes) => nacl.hash(bytes),
  nodeBackend: absentBackend,
  publicKeyOf,
  x25519: { publicKey: x25519PublicKey, shared: x25519 },
  // A message to oneself: unlike timers it is not slowed in a hidden tab.
  turn: () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(undefined);
    }),
  identityStore({ name, path, onWarning }) {
    if (path !== undefined) {
      throw new CryptoError("invalid-argument", "expected no path in a browser, got one: it has no files of its own");
    }
    const storage = sessionStorageOf();
    return storage === undefined ? memoryStore : tabStore({ storage, guard: guardOf(), name, onWarning });
  },
};

/** Workers and servers have none; a frame without its origin, or a user who blocks it, makes the mere look throw. */
function sessionStorageOf(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

const wait: Wait = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const openChannel: OpenChannel = (name, onMessage) => {
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => onMessage(data));
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
    post: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
};

function guardOf(): TabGuard {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks !== undefined) return lockGuard(locks, wait);
  if (typeof BroadcastChannel === "undefined") return noGuard;
  return channelGuard(openChannel, toHex(randomBytes(16)), wait);
}
