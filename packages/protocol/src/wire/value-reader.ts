/**
 * Bytes to values. Total, as every decoder is; canonical but for the order of an object's keys, which is its author's;
 * and nothing in it can reach a prototype.
 */
import { limits } from "../limits.ts";
import type { Reader } from "./bytes.ts";
import * as tag from "./value-tags.ts";

const ANY = Number.MAX_SAFE_INTEGER;
/** Reason: a bigint in a state is a counter, never a key of RSA. */
const BIGINT_BYTES_MAX = 1024;

/** One value. `extended` also takes what only a state may hold. */
export function readValue(reader: Reader, extended: boolean, depth: number): unknown {
  const kind = reader.u8();
  switch (kind) {
    case tag.TAG_NULL:
      return null;
    case tag.TAG_FALSE:
      return false;
    case tag.TAG_TRUE:
      return true;
    case tag.TAG_WHOLE:
      return reader.varint();
    case tag.TAG_NEGATIVE:
      return readNegative(reader);
    case tag.TAG_FLOAT:
      return readFloat(reader, extended);
    case tag.TAG_STRING:
      return reader.wtf8(ANY);
    case tag.TAG_BYTES:
      return reader.bytes(ANY).slice();
    case tag.TAG_ARRAY:
    case tag.TAG_OBJECT:
      if (depth >= limits.valueDepthMax) return reader.fail("too-deep");
      return kind === tag.TAG_ARRAY ? readArray(reader, extended, depth + 1) : readPlain(reader, extended, depth + 1);
    default:
      return extended ? readState(reader, kind, depth) : reader.fail("bad-value");
  }
}

function readState(reader: Reader, kind: number, depth: number): unknown {
  switch (kind) {
    case tag.TAG_UNDEFINED:
      return undefined;
    case tag.TAG_UINT32_ARRAY:
      return Uint32Array.from({ length: reader.count(ANY, 4) }, () => reader.u32());
    case tag.TAG_BIGINT:
      return readBigint(reader);
    case tag.TAG_MAP:
    case tag.TAG_SET:
      if (depth >= limits.valueDepthMax) return reader.fail("too-deep");
      return kind === tag.TAG_MAP ? readMap(reader, depth + 1) : readSet(reader, depth + 1);
    default:
      return reader.fail("bad-value");
  }
}

function readNegative(reader: Reader): number {
  const below = reader.varint();
  if (below === Number.MAX_SAFE_INTEGER) reader.fail("bad-value");
  return -1 - below;
}

/** One form for each number: no float for what is a whole number. */
function readFloat(reader: Reader, extended: boolean): number {
  const value = reader.f64();
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) reader.fail("bad-value");
  if (!Number.isFinite(value) && !extended) reader.fail("bad-value");
  return value;
}

function readBigint(reader: Reader): bigint {
  const sign = reader.u8();
  const magnitude = reader.bytes(BIGINT_BYTES_MAX);
  if (sign > 1 || magnitude[0] === 0 || (magnitude.length === 0 && sign === 1)) reader.fail("bad-value");
  let value = 0n;
  for (const byte of magnitude) value = value * 256n + BigInt(byte);
  return sign === 1 ? -value : value;
}

function readArray(reader: Reader, extended: boolean, depth: number): unknown[] {
  const count = reader.count(ANY, 1);
  const array: unknown[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) array.push(readValue(reader, extended, depth));
  return array;
}

function readPlain(reader: Reader, extended: boolean, depth: number): Record<string, unknown> {
  const count = reader.count(ANY, 2);
  const object: Record<string, unknown> = {};
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const key = reader.wtf8(ANY);
    const value = readValue(reader, extended, depth);
    if (Object.hasOwn(object, key)) reader.fail("bad-value");
    else if (key !== "__proto__") object[key] = value;
    // An assignment would set the prototype.
    else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** A Map takes -0 for 0, and so does a Set. */
function readMap(reader: Reader, depth: number): Map<unknown, unknown> {
  const count = reader.count(ANY, 2);
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const key = readValue(reader, true, depth);
    if (map.has(key) || Object.is(key, -0)) reader.fail("bad-value");
    map.set(key, readValue(reader, true, depth));
  }
  return map;
}

function readSet(reader: Reader, depth: number): Set<unknown> {
  const count = reader.count(ANY, 1);
  const set = new Set<unknown>();
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const item = readValue(reader, true, depth);
    if (set.has(item) || Object.is(item, -0)) reader.fail("bad-value");
    set.add(item);
  }
  return set;
}
