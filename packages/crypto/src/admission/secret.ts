/**
 * The secret of a closed mesh: 32 random bytes, in one word with a checksum for invitations. Never a passphrase: every
 * sealed card at a seed lets whoever sees it try guesses at leisure, so only what cannot be guessed protects.
 */
import { randomBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../error.ts";
import { decodeToken, encodeToken, type TokenKind } from "../token.ts";

const SECRET_TOKEN: TokenKind = { prefix: "grapevine_secret_", expected: "a secret made by createSecret()" };

/** A new secret in its written form. */
export function createSecret(): string {
  return encodeToken(SECRET_TOKEN, randomBytes(32));
}

/** The 32 bytes of a secret, written or raw. Throws "invalid-argument" for anything else, above all for passphrases. */
export function parseSecret(secret: string | Uint8Array): Uint8Array {
  if (typeof secret !== "string") {
    expectBytes("a secret", secret, 32);
    return secret.slice();
  }
  if (!secret.trim().startsWith(SECRET_TOKEN.prefix)) {
    throw new CryptoError(
      "invalid-argument",
      `expected ${SECRET_TOKEN.expected}, got ${secret.length} other characters; a passphrase will not do, ` +
        "for whoever sees one sealed card at a seed can try guesses on it at leisure",
    );
  }
  return decodeToken(SECRET_TOKEN, secret);
}
