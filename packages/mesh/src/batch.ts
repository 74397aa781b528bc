/**
 * The body of a rumor: 1 to n messages that were published in one go, before it is sealed.
 *
 *   batch   = format (u8, 1) count (varint) message*
 *   message = age (varint, milliseconds before the rumor's stamp) length (varint) value
 */
import { Reader, Writer } from "@grapevine/protocol";
import { meshLimits } from "./limits.ts";

export interface BatchItem {
  /** A value as `data.ts` encodes it. */
  readonly value: Uint8Array;
  /** Milliseconds from its publication until the batch was made. */
  readonly ageMs: number;
}

const FORMAT = 1;
/** Format and count. */
export const BATCH_BYTES = 4;
/** Age and length of one message at most. */
export const ITEM_BYTES = 10;
/** Reason: messages wait for a signature, not for longer; more is a clock that jumped. */
const AGE_MS_MAX = 60_000;

export function encodeBatch(items: readonly BatchItem[]): Uint8Array {
  const out = new Writer(items.reduce((sum, { value }) => sum + value.length + ITEM_BYTES, BATCH_BYTES));
  out.u8(FORMAT);
  out.varint(items.length);
  for (const { value, ageMs } of items) {
    out.varint(Math.min(Math.max(0, Math.round(ageMs)), AGE_MS_MAX));
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
