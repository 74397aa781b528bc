/** Ed25519 by WebCrypto: native speed in a tab, by promises, and only in a secure context of a recent browser. */
import { unshared } from "../bytes.ts";
import { backendOf, type SignatureBackend } from "./backend.ts";
import { pkcs8 } from "./der.ts";
import { KeyCache } from "./key-cache.ts";

const keys = new KeyCache<CryptoKey>();

export const webcryptoBackend: SignatureBackend = backendOf({
  name: "webcrypto",
  isAvailable: () => globalThis.crypto?.subtle !== undefined,
  async sign(secretKey, message) {
    let key = keys.secretKey(secretKey);
    if (key === undefined) {
      // A caller may use its buffers anew while the key is being imported.
      message = message.slice();
      const seed = unshared(pkcs8(secretKey.subarray(0, 32)));
      key = await crypto.subtle.importKey("pkcs8", seed, "Ed25519", false, ["sign"]);
      keys.keepSecretKey(secretKey, key);
    }
    return new Uint8Array(await crypto.subtle.sign("Ed25519", key, unshared(message)));
  },
  async verify(publicKey, message, signature) {
    let key = keys.publicKey(publicKey);
    if (key === undefined) {
      [publicKey, message, signature] = [publicKey.slice(), message.slice(), signature.slice()];
      key = await crypto.subtle.importKey("raw", unshared(publicKey), "Ed25519", false, ["verify"]);
      keys.keepPublicKey(publicKey, key);
    }
    return crypto.subtle.verify("Ed25519", key, unshared(signature), unshared(message));
  },
});
