/**
 * X25519 by WebCrypto, for tabs: tweetnacl's first steps take 5 to 15 ms of a page that has just been loaded, and a peer
 * that joins needs a key, and one agreement, before its offer can leave (measured; WebCrypto takes 1, elsewhere).
 */
import { fromBase64Url, unshared } from "../bytes.ts";

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

const importSecret = (secretKey: Uint8Array, extractable: boolean): Promise<CryptoKey> => {
  const bytes = new Uint8Array(PKCS8.length + secretKey.length);
  bytes.set(PKCS8);
  bytes.set(secretKey, PKCS8.length);
  return crypto.subtle.importKey("pkcs8", bytes, "X25519", extractable, ["deriveBits"]);
};

/** The public key of a secret one, 32 bytes each. Rejects where the platform has no X25519. */
export async function x25519PublicKey(secretKey: Uint8Array): Promise<Uint8Array> {
  const { x } = await crypto.subtle.exportKey("jwk", await importSecret(secretKey, true));
  return fromBase64Url(x ?? "");
}

/** What both ends agree on, 32 bytes. Rejects for a key of small order, and where the platform has no X25519. */
export async function x25519(secretKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> {
  const [own, other] = await Promise.all([
    importSecret(secretKey, false),
    crypto.subtle.importKey("raw", unshared(publicKey), "X25519", false, []),
  ]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, own, 256));
}
