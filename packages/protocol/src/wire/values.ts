/**
 * Application data as bytes: null, booleans, finite numbers, strings, byte arrays, arrays and plain objects, each behind
 * one byte that says what it is. Numbers have one form each, bytes stay bytes at any depth, and what was written comes
 * back equal, -0 and lone surrogates included. `encodeState` and `decodeState` add what snapshots and traces hold.
 */
import { limits } from "../limits.ts";
import type { ReadFailure } from "./bytes.ts";
import { Reader } from "./bytes.ts";
import { readValue } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

export { DataTooLargeError, UnsupportedDataError } from "./value-writer.ts";

export type DecodedValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: ReadFailure };

/**
 * The bytes of `data`. Throws UnsupportedDataError, with the path to it, for what is no data; DataTooLargeError when
 * there would be more than `bytesMax` bytes.
 */
export function encodeValue(data: unknown, bytesMax: number = limits.rumorBodyBytesMax): Uint8Array {
  return new ValueWriter("data", false, bytesMax).encode(data);
}

/** Nothing in the value shares memory with `bytes`. Objects have their keys in the order in which they were written. */
export function decodeValue(bytes: Uint8Array): DecodedValue {
  return decode(bytes, false);
}

/** Plain state: data, and undefined, Map, Set, Uint32Array, bigint, NaN and infinities. Shared parts are written twice. */
export function encodeState(state: unknown): Uint8Array {
  return new ValueWriter("state", true, Number.POSITIVE_INFINITY).encode(state);
}

export function decodeState(bytes: Uint8Array): DecodedValue {
  return decode(bytes, true);
}

function decode(bytes: Uint8Array, extended: boolean): DecodedValue {
  const reader = new Reader(bytes);
  const value = readValue(reader, extended, 0);
  reader.end();
  return reader.failure === undefined ? { ok: true, value } : { ok: false, reason: reader.failure };
}
