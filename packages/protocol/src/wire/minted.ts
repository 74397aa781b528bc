/**
 * Minted descriptors that were read lately. Each goes from peer to peer many times in its life, and the same bytes are the
 * same value: whoever reads them again is given the object that stands already, so that table, witness and shuffles hold
 * one copy, and that copy holds no frame. Descriptors are never changed, by type; so peers of one process may share them.
 */
import type { Descriptor } from "../types.ts";
import { Reader } from "./bytes.ts";

interface Known {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

/** Some 0.6 KB each. Guess: what a peer hears of within a minute; where that is more, the latest stand. */
const PLACES = 1024;
let places: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);

/** For a process of many peers, such as the simulator: remember so many. What was remembered is forgotten. */
export function rememberMinted(count: number): void {
  places = Array.from({ length: count }, () => undefined);
}

/**
 * The descriptor in bytes of `reader` from `start` to where it stands, which `read` has passed over without a failure. It
 * stands in the place that the end of its signature names: one who grinds signatures costs others a decoding each.
 */
export function minted(reader: Reader, start: number, read: (reader: Reader) => Descriptor): Descriptor {
  const place = reader.last32 % places.length;
  const known = places[place];
  if (known !== undefined && reader.isSame(start, known.bytes)) return known.descriptor;
  const bytes = reader.copy(start);
  const descriptor = read(new Reader(bytes));
  places[place] = { bytes, descriptor };
  return descriptor;
}
