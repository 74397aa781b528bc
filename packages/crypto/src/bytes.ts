/** Small operations on bytes that every room here needs: join, compare, encode text, draw from the platform's entropy. */

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Each part behind its length (4 bytes, big-endian), so that no two lists of parts give the same bytes. */
export function fields(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...parts.flatMap((part) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, part.length);
      return [length, part];
    }),
  );
}

/** Compare in a time that depends on the lengths only, for what an attacker may try to guess byte by byte. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

export { fromHex, toHex } from "@grapevine/protocol";

/** Bytes as a string of one character each: a key for maps, cheaper than hex. */
export function mapKey(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** From the platform's own entropy, which also a page without a secure context has. At most 65 536 bytes. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** What WebCrypto writes keys in; anything else gives something else, or throws. */
export function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** The same bytes as the platform's own functions want them typed: a view of a plain, unshared buffer. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
