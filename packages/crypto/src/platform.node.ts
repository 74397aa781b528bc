/** What this package needs from Node; `#platform` picks this file or its twin. */
import { hash } from "node:crypto";
import { fileStore } from "./identity/file-store.ts";
import { memoryStore } from "./identity/store.ts";
import type { Platform } from "./platform.ts";
import { nodeBackend, publicKeyOf } from "./signatures/node-backend.ts";

export const platform: Platform = {
  sha512: (bytes) => hash("sha512", bytes, "buffer"),
  nodeBackend,
  publicKeyOf,
  x25519: undefined,
  turn: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
  identityStore: ({ path, onWarning }) => (path === undefined ? memoryStore : fileStore(path, onWarning)),
};
