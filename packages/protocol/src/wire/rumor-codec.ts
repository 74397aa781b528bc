/**
 * Rumors and their logs on the wire. The header's fields stand in the order in which they are hashed; the mesh id does
 * not travel.
 */
import { limits } from "../limits.ts";
import type { Head, Header, LogId, Rumor } from "../types.ts";
import { peerIdOf, publicKeyOf } from "./base58.ts";
import type { Reader, Writer } from "./bytes.ts";
import { writeHeader } from "./statements.ts";

export const RUMOR_VERSION = 1;

export function readHeader(reader: Reader): Header {
  const version = reader.u8();
  if (version !== RUMOR_VERSION) reader.fail("bad-value");
  const kind = reader.u8();
  const author = readPeer(reader);
  const incarnation = reader.u48();
  const topic = reader.hex(16);
  const seq = reader.varint();
  const low = reader.varint();
  const prev = reader.fixed(32);
  const timeMs = reader.u48();
  const counter = reader.varint();
  const expiryMs = reader.u48();
  const keyId = reader.fixed(8);
  if (seq < 1 || low < 1 || low > seq) reader.fail("bad-value");
  return { version, kind, author, incarnation, topic, seq, low, prev, timeMs, counter, expiryMs, keyId };
}

export function writeRumor(writer: Writer, rumor: Rumor): void {
  writeHeader(writer, rumor.header);
  writer.bytes(rumor.body, limits.rumorBodyBytesMax);
  writer.fixed(rumor.signature, 64);
}

export function readRumor(reader: Reader): Rumor {
  const header = readHeader(reader);
  const body = reader.bytes(limits.rumorBodyBytesMax);
  return { header, body, signature: reader.fixed(64) };
}

export function writeHead(writer: Writer, head: Head): void {
  writeHeader(writer, head.header);
  writer.fixed(head.bodyHash, 32);
  writer.fixed(head.signature, 64);
}

export function readHead(reader: Reader): Head {
  const header = readHeader(reader);
  const bodyHash = reader.fixed(32);
  return { header, bodyHash, signature: reader.fixed(64) };
}

export function writePeer(writer: Writer, peer: string): void {
  writer.fixed(publicKeyOf(peer));
}

export function readPeer(reader: Reader): string {
  const key = reader.fixed(32);
  return key.length === 32 ? peerIdOf(key) : "";
}

export function writeLog(writer: Writer, log: LogId): void {
  writePeer(writer, log.author);
  writer.u48(log.incarnation);
  writer.hex(log.topic, 16);
}

export function readLog(reader: Reader): LogId {
  return { author: readPeer(reader), incarnation: reader.u48(), topic: reader.hex(16) };
}
