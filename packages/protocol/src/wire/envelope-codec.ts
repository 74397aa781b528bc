/**
 * What is inside a sealed envelope: the sender's credential, then one word about a call, or a direct message.
 */
import { limits } from "../limits.ts";
import type { Purpose } from "../effect.ts";
import type { ReadFailure } from "./bytes.ts";
import { Reader, Writer } from "./bytes.ts";
import type { Envelope, EnvelopeBody, RefuseReason } from "./frames.ts";
import { readCredential, writeCredential } from "./trust-codec.ts";

const BODIES = ["request", "offer", "answer", "refuse", "message", "ack"] as const;
const PURPOSES: readonly Purpose[] = ["ring", "filler", "join"];
const REASONS: readonly RefuseReason[] = ["full", "not-assigned", "busy", "already-linked", "left"];

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const writer = new Writer(512);
  const { body } = envelope;
  writer.u8(BODIES.indexOf(body.type));
  writeCredential(writer, envelope.sender);
  switch (body.type) {
    case "request":
    case "offer":
      writer.hex(body.call, 8);
      writer.u8(PURPOSES.indexOf(body.purpose));
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
      writer.u8(REASONS.indexOf(body.reason));
      break;
    case "message":
      writer.hex(body.id, 8);
      writer.bytes(body.data, limits.directBytesMax);
      break;
    case "ack":
      writer.hex(body.id, 8);
  }
  return writer.finish();
}

export function decodeEnvelope(
  bytes: Uint8Array,
): { readonly ok: true; readonly envelope: Envelope } | { readonly ok: false; readonly reason: ReadFailure } {
  const reader = new Reader(bytes);
  const type = BODIES[reader.u8()];
  const sender = readCredential(reader);
  const body = type === undefined ? undefined : readBody(reader, type);
  reader.end();
  if (reader.failure !== undefined) return { ok: false, reason: reader.failure };
  if (body === undefined) return { ok: false, reason: "bad-value" };
  return { ok: true, envelope: { sender, body } };
}

function readBody(reader: Reader, type: EnvelopeBody["type"]): EnvelopeBody | undefined {
  const id = reader.hex(8);
  switch (type) {
    case "request":
    case "offer": {
      const purpose = PURPOSES[reader.u8()];
      const ring = reader.u8();
      const epoch = reader.u48();
      if (purpose === undefined) return undefined;
      if (type === "request") return { type, call: id, purpose, ring, epoch };
      return { type, call: id, purpose, ring, epoch, signal: reader.bytes(limits.signalBytesMax) };
    }
    case "answer":
      return { type, call: id, signal: reader.bytes(limits.signalBytesMax) };
    case "refuse": {
      const reason = REASONS[reader.u8()];
      return reason === undefined ? undefined : { type, call: id, reason };
    }
    case "message":
      return { type, id, data: reader.bytes(limits.directBytesMax) };
    case "ack":
      return { type, id };
  }
}
