/** Ed25519 by WebCrypto: native speed in a tab, by promises, and only in a secure context of a recent browser. */
import { fromBase64Url, unshared } from "../bytes.ts";
import { backendOf, type SignatureBackend } from "./backend.ts";
import { pkcs8 } from "./der.ts";
import { KeyCache } from "./key-cache.ts";

/** Of a seed of 32 bytes. Rejects where there is no WebCrypto, or no Ed25519 in it. */
export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("pkcs8", unshared(pkcs8(seed)), "Ed25519", true, ["sign"]);
  // The only form of a private key that tells the public half: base64url (RFC 8037).
  const { x } = await crypto.subtle.exportKey("jwk", key);
  return fromBase64Url(x ?? "");
}

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
