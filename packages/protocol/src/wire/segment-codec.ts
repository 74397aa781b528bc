/**
 * Segments on the wire: consecutive rumors of one log, oldest first. What they share is said once, and the names of their
 * predecessors, which are hashes of what is said, not at all.
 */
import { limits } from "../limits.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { SegmentEntry, SegmentFrame } from "./frames.ts";
import { HOPS_MAX } from "./onward.ts";
import { readLog, RUMOR_VERSION, writeLog } from "./rumor-codec.ts";

/** Kind, low, time, counter, expiry, key id, length of the body, signature. */
const ENTRY_BYTES_MIN = 88;

export function writeSegment(writer: Writer, { hops, log, first, prev, entries }: SegmentFrame): void {
  writer.u8(Math.min(hops, HOPS_MAX));
  writer.u8(RUMOR_VERSION);
  writeLog(writer, log);
  writer.varint(first);
  writer.fixed(prev, 32);
  if (entries.length === 0) throw new RangeError("expected a segment of at least one rumor");
  writer.count(entries.length, limits.segmentRumorsMax);
  for (const { kind, low, timeMs, counter, expiryMs, keyId, body, signature } of entries) {
    writer.u8(kind);
    writer.varint(low);
    writer.u48(timeMs);
    writer.varint(counter);
    writer.u48(expiryMs);
    writer.fixed(keyId, 8);
    writer.bytes(body, limits.rumorBodyBytesMax);
    writer.fixed(signature, 64);
  }
}

export function readSegment(reader: Reader): SegmentFrame {
  const hops = reader.u8();
  if (reader.u8() !== RUMOR_VERSION) reader.fail("bad-value");
  const log = readLog(reader);
  const [first, prev] = [reader.varint(), reader.fixed(32)];
  const count = reader.count(limits.segmentRumorsMax, ENTRY_BYTES_MIN);
  if (count === 0 || first < 1 || !Number.isSafeInteger(first + count)) reader.fail("bad-value");
  const entries: SegmentEntry[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const [kind, low, timeMs] = [reader.u8(), reader.varint(), reader.u48()];
    const [counter, expiryMs, keyId] = [reader.varint(), reader.u48(), reader.fixed(8)];
    const [body, signature] = [reader.bytes(limits.rumorBodyBytesMax), reader.fixed(64)];
    if (low < 1 || low > first + i) reader.fail("bad-value");
    entries.push({ kind, low, timeMs, counter, expiryMs, keyId, body, signature });
  }
  return { kind: "segment", hops, log, first, prev, entries };
}
