/** Ed25519 by tweetnacl: slow (40 to 170 verifications a second), and there on every platform. */
import nacl from "tweetnacl";
import { backendOf, type SignatureBackend } from "./backend.ts";

export const tweetnaclBackend: SignatureBackend = backendOf({
  name: "tweetnacl",
  isAvailable: () => true,
  sign: (secretKey, message) => nacl.sign.detached(message, secretKey),
  verify: (publicKey, message, signature) => nacl.sign.detached.verify(message, signature, publicKey),
});
