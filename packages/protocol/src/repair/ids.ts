/** Byte strings as identities: the same or not, and in which order. And rumors, without hashing them. */
import type { Rumor } from "../types.ts";

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** The very same rumor, signature and all: what most copies are. */
export function sameRumor(a: Rumor, b: Rumor): boolean {
  if (!same(a.signature, b.signature) || !same(a.body, b.body)) return false;
  const { prev, keyId, ...header } = a.header;
  if (!same(prev, b.header.prev) || !same(keyId, b.header.keyId)) return false;
  for (const field of Object.keys(header) as (keyof typeof header)[])
    if (header[field] !== b.header[field]) return false;
  return true;
}

/** Where `key` stands, or would stand, in the sorted `keys`. */
export function position(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
