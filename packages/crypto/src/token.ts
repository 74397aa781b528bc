/**
 * The written form of a secret: a prefix that says what it is (and lets scanners of leaked secrets find it), then base58
 * of the bytes and a checksum, so that a slip in copying is noticed rather than taken for another key. One word, so
 * that a double click selects it whole.
 */
import { decodeBase58, encodeBase58 } from "@grapevine/protocol";
import { concat, utf8 } from "./bytes.ts";
import { CryptoError } from "./error.ts";
import { hash } from "./hash.ts";

const CHECKSUM_BYTES = 4;
/** Reason: 36 bytes need 50 digits of base58; more is refused unread. */
const DIGITS_MAX = 60;

export interface TokenKind {
  readonly prefix: string;
  /** "a secret made by createSecret()": what an error says was expected. */
  readonly expected: string;
}

export function encodeToken(kind: TokenKind, bytes: Uint8Array): string {
  return kind.prefix + encodeBase58(concat(bytes, checksum(kind, bytes)));
}

/** The 32 bytes. Throws "invalid-argument", never repeating the text, for it may be a secret all the same. */
export function decodeToken(kind: TokenKind, text: string): Uint8Array {
  if (typeof text !== "string") {
    throw new CryptoError("invalid-argument", `expected ${kind.expected}, got ${typeof text}`);
  }
  const digits = text.trim();
  if (!digits.startsWith(kind.prefix)) {
    throw new CryptoError(
      "invalid-argument",
      `expected ${kind.expected}, which begins with ${kind.prefix}, got ${text.length} other characters`,
    );
  }
  const rest = digits.slice(kind.prefix.length);
  const bytes = rest.length <= DIGITS_MAX ? decodeBase58(rest) : undefined;
  if (bytes === undefined || bytes.length !== 32 + CHECKSUM_BYTES) {
    throw new CryptoError("invalid-argument", `expected ${kind.expected}, got one that is cut short or garbled`);
  }
  const content = bytes.slice(0, 32);
  const expected = checksum(kind, content);
  if (expected.some((byte, i) => byte !== bytes[32 + i])) {
    throw new CryptoError("invalid-argument", `expected ${kind.expected}, got one whose checksum is wrong`);
  }
  return content;
}

function checksum(kind: TokenKind, bytes: Uint8Array): Uint8Array {
  return hash(concat(utf8(kind.prefix), bytes)).slice(0, CHECKSUM_BYTES);
}
