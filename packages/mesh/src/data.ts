/**
 * What can be published and sent: null, booleans, finite numbers, strings, Uint8Array, arrays and plain objects of
 * these, at any depth. Everything else is refused where it is handed in, with the path to it.
 */
import { DataTooLargeError, UnsupportedDataError, decodeValue, encodeValue, limits } from "@grapevine/protocol";
import { MeshError } from "./errors.ts";

/** Throws `unsupported-data`, with the path to what is none; or `too-large`. */
export function encodeData(data: unknown, bytesMax: number = limits.rumorBodyBytesMax): Uint8Array {
  try {
    return encodeValue(data, bytesMax);
  } catch (error) {
    if (error instanceof UnsupportedDataError) throw new MeshError("unsupported-data", error.message, { cause: error });
    if (error instanceof DataTooLargeError) throw new MeshError("too-large", error.message, { cause: error });
    throw error;
  }
}

/** Undefined for bytes that `encodeData` did not make. */
export function decodeData(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const decoded = decodeValue(bytes);
  return decoded.ok ? decoded : undefined;
}
