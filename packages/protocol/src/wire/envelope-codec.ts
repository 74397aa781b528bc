/**
 * What is inside a sealed envelope: the sender's credential, then one word about a call, or a direct message.
 */
import { limits } from "../limits.ts";
import type { Purpose } from "../effect.ts";
import type { ReadFailure } from "./bytes.ts";
import { Reader, Writer } from "./bytes.ts";
import type { Envelope, EnvelopeBody, RefuseReason } from "./frames.ts";
import { readRevocations, writeRevocations } from "./revocation-codec.ts";
import { readCredential, readEvidence, writeCredential, writeEvidence } from "./trust-codec.ts";

const BODIES = ["request", "offer", "answer", "refuse", "message", "ack", "revoked", "convicted", "gossip"] as const;
const PURPOSES: readonly [Purpose, ...Purpose[]] = ["ring", "filler", "join"];
const REASONS: readonly [RefuseReason, ...RefuseReason[]] = ["full", "not-assigned", "busy", "already-linked", "left"];

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const writer = new Writer(512);
  const { body } = envelope;
  writer.choice(body.type, BODIES);
  writeCredential(writer, envelope.sender);
  switch (body.type) {
    case "request":
    case "offer":
      writer.hex(body.call, 8);
      writer.choice(body.purpose, PURPOSES);
      writer.u8(body.ring);
      writer.u48(body.epoch);
      if (body.type === "offer") writer.bytes(body.signal, limits.signalBytesMax);
      break;
    case "answer":
      writer.hex(body.call, 8);
      writer.bytes(body.signal, limits.signalBytesMax);
      break;
    case "refuse":
      writer.hex(body.call, 8);
      writer.choice(body.reason, REASONS);
      break;
    case "message":
      writer.hex(body.id, 8);
      writer.bytes(body.data, limits.directBytesMax);
      break;
    case "ack":
      writer.hex(body.id, 8);
      break;
    case "gossip":
      writer.hex(body.id, 8);
      writer.bytes(body.frame, limits.directBytesMax);
      break;
    case "revoked":
      writer.hex(body.call, 8);
      writeRevocations(writer, body.list);
      break;
    case "convicted":
      writer.hex(body.call, 8);
      writeEvidence(writer, body.evidence);
  }
  return writer.finish();
}

export function decodeEnvelope(
  bytes: Uint8Array,
): { readonly ok: true; readonly envelope: Envelope } | { readonly ok: false; readonly reason: ReadFailure } {
  const reader = new Reader(bytes);
  const type = reader.choice(BODIES);
  const sender = readCredential(reader);
  const body = readBody(reader, type);
  reader.end();
  return reader.failure === undefined
    ? { ok: true, envelope: { sender, body } }
    : { ok: false, reason: reader.failure };
}

function readBody(reader: Reader, type: EnvelopeBody["type"]): EnvelopeBody {
  const id = reader.hex(8);
  switch (type) {
    case "request":
      return { type, call: id, ...readPurpose(reader) };
    case "offer":
      return { type, call: id, ...readPurpose(reader), signal: reader.bytes(limits.signalBytesMax) };
    case "answer":
      return { type, call: id, signal: reader.bytes(limits.signalBytesMax) };
    case "refuse":
      return { type, call: id, reason: reader.choice(REASONS) };
    case "message":
      return { type, id, data: reader.bytes(limits.directBytesMax) };
    case "ack":
      return { type, id };
    case "gossip":
      return { type, id, frame: reader.bytes(limits.directBytesMax) };
    case "revoked":
      return { type, call: id, list: readRevocations(reader) };
    case "convicted":
      return { type, call: id, evidence: readEvidence(reader) };
  }
}

function readPurpose(reader: Reader): { readonly purpose: Purpose; readonly ring: number; readonly epoch: number } {
  return { purpose: reader.choice(PURPOSES), ring: reader.u8(), epoch: reader.u48() };
}
