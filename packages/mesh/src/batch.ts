/**
 * The body of a rumor, before it is sealed: 1 to n messages that were published in one go, or a piece of a large one.
 *
 *   batch    = format (u8, 1) count (varint) message*
 *   message  = age (varint, milliseconds before the rumor's stamp) length (varint) value
 *   fragment = format (u8, 2) age (varint) total (varint, bytes of the value) offset (varint) length (varint) piece
 */
import { Reader, Writer } from "@grapevine/protocol";
import { meshLimits } from "./limits.ts";

export interface BatchItem {
  /** A value as `data.ts` encodes it. */
  readonly value: Uint8Array;
  /** Milliseconds from its publication until the batch was made. */
  readonly ageMs: number;
}

/** A piece of one value that is too large for a batch. */
export interface Fragment {
  readonly piece: Uint8Array;
  /** Where in the value it stands, and how long the value is. */
  readonly offset: number;
  readonly bytesTotal: number;
  readonly ageMs: number;
}

const FORMAT = 1;
const FRAGMENT_FORMAT = 2;
/** Format and count. */
export const BATCH_BYTES = 4;
/** Age and length of one message at most. */
export const ITEM_BYTES = 10;
/** Format, age, total, offset and length at most. */
const FRAGMENT_BYTES = 16;
/** Reason: messages wait for a signature, not for longer; more is a clock that jumped. */
const AGE_MS_MAX = 60_000;

export function encodeBatch(items: readonly BatchItem[]): Uint8Array {
  const out = new Writer(items.reduce((sum, { value }) => sum + value.length + ITEM_BYTES, BATCH_BYTES));
  out.u8(FORMAT);
  out.varint(items.length);
  for (const { value, ageMs } of items) {
    out.varint(ageOf(ageMs));
    out.bytes(value);
  }
  return out.finish();
}

/** Undefined for anything that is no batch. The values are views into `bytes`, and not looked at yet. */
export function decodeBatch(bytes: Uint8Array): BatchItem[] | undefined {
  const reader = new Reader(bytes);
  if (reader.u8() !== FORMAT) return undefined;
  const count = reader.count(meshLimits.batchMessagesMax, 2);
  if (count === 0) return undefined;
  const items: BatchItem[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const ageMs = reader.varint(AGE_MS_MAX);
    items.push({ ageMs, value: reader.bytes(bytes.length) });
  }
  reader.end();
  return reader.failure === undefined ? items : undefined;
}

export function encodeFragment({ piece, offset, bytesTotal, ageMs }: Fragment): Uint8Array {
  const out = new Writer(piece.length + FRAGMENT_BYTES);
  out.u8(FRAGMENT_FORMAT);
  out.varint(ageOf(ageMs));
  out.varint(bytesTotal);
  out.varint(offset);
  out.bytes(piece);
  return out.finish();
}

/** Undefined for anything that is no piece of a value that may be. The piece is a view into `bytes`. */
export function decodeFragment(bytes: Uint8Array): Fragment | undefined {
  const reader = new Reader(bytes);
  if (reader.u8() !== FRAGMENT_FORMAT) return undefined;
  const ageMs = reader.varint(AGE_MS_MAX);
  const bytesTotal = reader.varint(meshLimits.messageBytesMax);
  const offset = reader.varint(meshLimits.messageBytesMax);
  const piece = reader.bytes(bytes.length);
  reader.end();
  const fits = reader.failure === undefined && piece.length > 0 && offset + piece.length <= bytesTotal;
  return fits ? { piece, offset, bytesTotal, ageMs } : undefined;
}

function ageOf(ageMs: number): number {
  return Math.min(Math.max(0, Math.round(ageMs)), AGE_MS_MAX);
}
