/** Ed25519 by node:crypto (OpenSSL), in line: the fastest there is, and only in Node. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { backendOf, type SignatureBackend } from "./backend.ts";
import { pkcs8, spki } from "./der.ts";
import { KeyCache } from "./key-cache.ts";

/** Of a seed of 32 bytes. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(pkcs8(seed)), format: "der", type: "pkcs8" });
  // SubjectPublicKeyInfo ends in the raw key.
  return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
}

const keys = new KeyCache<KeyObject>();

export const nodeBackend: SignatureBackend = backendOf({
  name: "node",
  isAvailable: () => true,
  sign(secretKey, message) {
    let key = keys.secretKey(secretKey);
    if (key === undefined) {
      key = createPrivateKey({ key: Buffer.from(pkcs8(secretKey.subarray(0, 32))), format: "der", type: "pkcs8" });
      keys.keepSecretKey(secretKey, key);
    }
    return new Uint8Array(sign(null, message, key));
  },
  verify(publicKey, message, signature) {
    let key = keys.publicKey(publicKey);
    if (key === undefined) {
      key = createPublicKey({ key: Buffer.from(spki(publicKey)), format: "der", type: "spki" });
      keys.keepPublicKey(publicKey, key);
    }
    return verify(null, message, key, signature);
  },
});
