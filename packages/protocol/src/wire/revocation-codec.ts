/**
 * Revocations on the wire: who counts no longer, what of it stands, and what admits whoever says so.
 */
import { limits } from "../limits.ts";
import type { LastHead, LogId, Revocation } from "../types.ts";
import type { Reader, Writer } from "./bytes.ts";
import { readLog, readPeer, writeLog, writePeer } from "./rumor-codec.ts";
import { HEAD_ID_BYTES } from "./statements.ts";

const HEAD_BYTES_MIN: number = 54 + 1 + HEAD_ID_BYTES;
const REVOCATION_BYTES_MIN: number = 32 + 6 + 1 + 32 + 1 + 64;

function writeRevocation(writer: Writer, revocation: Revocation): void {
  writePeer(writer, revocation.key);
  writer.u48(revocation.timeMs);
  writer.count(revocation.heads.length, limits.headsMax);
  for (const { log, seq, idPrefix } of revocation.heads) {
    writeLog(writer, log);
    writer.varint(seq);
    writer.fixed(idPrefix, HEAD_ID_BYTES);
  }
  writePeer(writer, revocation.revoker);
  writer.bytes(revocation.ticket, limits.ticketBytesMax);
  writer.fixed(revocation.signature, 64);
}

function readRevocation(reader: Reader): Revocation {
  const key = readPeer(reader);
  const timeMs = reader.u48();
  const count = reader.count(limits.headsMax, HEAD_BYTES_MIN);
  const heads: LastHead[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const head = { log: readLog(reader), seq: reader.varint(), idPrefix: reader.fixed(HEAD_ID_BYTES) };
    const before = heads.at(-1);
    if (head.seq < 1 || (before !== undefined && compareLogs(before.log, head.log) >= 0)) reader.fail("bad-value");
    heads.push(head);
  }
  const revoker = readPeer(reader);
  const ticket = reader.bytes(limits.ticketBytesMax);
  return { key, timeMs, heads, revoker, ticket, signature: reader.fixed(64) };
}

export function writeRevocations(writer: Writer, list: readonly Revocation[]): void {
  writer.count(list.length, limits.revocationsPerFrameMax);
  for (const revocation of list) writeRevocation(writer, revocation);
}

export function readRevocations(reader: Reader): Revocation[] {
  const count = reader.count(limits.revocationsPerFrameMax, REVOCATION_BYTES_MIN);
  const list: Revocation[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) list.push(readRevocation(reader));
  return list;
}

/** The order of heads in a revocation: by author, topic and incarnation. */
export function compareLogs(a: LogId, b: LogId): number {
  if (a.author !== b.author) return a.author < b.author ? -1 : 1;
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.incarnation - b.incarnation;
}
