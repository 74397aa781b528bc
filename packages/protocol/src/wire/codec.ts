/**
 * Frames as bytes. The first byte names the kind. Decoding is total (it returns a reason, never throws), canonical
 * (what it accepts encodes to the same bytes) and bounded by `limits.ts` before anything is allocated. Kinds below 0x80
 * that this build does not know are skipped, for a later version may add some; those above are refused. Encoding
 * asserts: what no reader takes is a bug of the writer.
 */
import { limits } from "../limits.ts";
import type { Credential, PeerId, Rumor } from "../types.ts";
import type { ReadFailure } from "./bytes.ts";
import { Reader, Writer } from "./bytes.ts";
import type { Frame } from "./frames.ts";
import { BYE_REASONS, PROTOCOL_VERSION } from "./frames.ts";
import type { LaterCodec, LaterFrame } from "./later-codec.ts";
import { readPeer, readRumor, writePeer, writeRumor } from "./rumor-codec.ts";
import { readRevocations, writeRevocations } from "./revocation-codec.ts";
import {
  readCredential,
  readCredentials,
  readEvidence,
  writeCredential,
  writeCredentials,
  writeEvidence,
} from "./trust-codec.ts";

export { decodeEnvelope, encodeEnvelope } from "./envelope-codec.ts";

/** "wrong-version": a hello of a peer that does not speak ours. What follows its two versions is not ours to read. */
export type DecodeReason = ReadFailure | "empty" | "critical-unknown-kind" | "wrong-version";

export type DecodedFrame =
  | { readonly ok: true; readonly frame: Frame | undefined }
  | { readonly ok: false; readonly reason: DecodeReason };

/** The kind numbers of version 1. A number is never used again for anything else. */
const NUMBERS: Readonly<Record<Frame["kind"], number>> = {
  hello: 0,
  auth: 1,
  bye: 2,
  departure: 3,
  ping: 4,
  pong: 5,
  peersWant: 6,
  peersHave: 7,
  shuffle: 8,
  shuffleReply: 9,
  route: 10,
  circuit: 11,
  routeEnd: 12,
  rumor: 13,
  digest: 14,
  have: 15,
  want: 16,
  credentialsWant: 17,
  credentialsHave: 18,
  evidence: 19,
  iHave: 20,
  graft: 21,
  prune: 22,
  tell: 23,
  told: 24,
  revocations: 27,
  reconcile: 30,
  mapDigest: 32,
  mapWant: 33,
  keyWant: 28,
  keyGive: 29,
  segment: 34,
  profileDigest: 35,
  profileWant: 36,
};
const KINDS = new Map(Object.entries(NUMBERS).map(([kind, number]) => [number, kind as Frame["kind"]]));

/** What the finding of peers, repair, maps and ways of spreading say to each other; read and written by a codec that comes when they do. */
const LATER: ReadonlySet<Frame["kind"]> = new Set<LaterFrame["kind"]>([
  "peersWant",
  "peersHave",
  "shuffle",
  "shuffleReply",
  "route",
  "circuit",
  "routeEnd",
  "digest",
  "reconcile",
  "have",
  "want",
  "segment",
  "mapDigest",
  "mapWant",
  "profileDigest",
  "profileWant",
  "iHave",
  "graft",
  "prune",
  "tell",
  "told",
]);

function isLaterFrame(frame: Frame): frame is LaterFrame {
  return LATER.has(frame.kind);
}

function isLaterKind(kind: Frame["kind"]): kind is LaterFrame["kind"] {
  return LATER.has(kind);
}

/** Are these the bytes of a frame that needs the later codec? */
export function isForLater(bytes: Uint8Array): boolean {
  const kind = KINDS.get(bytes[0] ?? -1);
  return kind !== undefined && isLaterKind(kind);
}

/** Distances travel as one byte: they are hints, and what is further is as far. */
export const HINT_MAX = 255;

/** `later`: for the frames that need it. */
export function encodeFrame(frame: Frame, later: LaterCodec | undefined): Uint8Array {
  const writer = new Writer(frame.kind === "rumor" ? frame.rumor.body.length + 256 : 256);
  writer.u8(NUMBERS[frame.kind]);
  if (isLaterFrame(frame)) later!.write(writer, frame);
  else writeFields(writer, frame);
  if (writer.length > limits.frameBytesMax) {
    throw new RangeError(`expected a frame of at most ${limits.frameBytesMax} bytes, got ${writer.length}`);
  }
  return writer.finish();
}

function writeFields(writer: Writer, frame: Exclude<Frame, LaterFrame>): void {
  switch (frame.kind) {
    case "hello":
      // Versions come first, and stay first for ever: they must be readable before anything is agreed.
      writer.u16(frame.versionMin);
      writer.u16(frame.versionMax);
      writer.u32(frame.capabilities);
      writer.fixed(frame.meshId, 32);
      writer.fixed(frame.nonce, 32);
      writer.fixed(frame.revocations, 8);
      return writeCredential(writer, frame.credential);
    case "auth":
      return writer.fixed(frame.signature, 64);
    case "bye":
      return writer.choice(frame.reason, BYE_REASONS);
    case "departure":
      writePeer(writer, frame.peer);
      writer.u48(frame.incarnation);
      return writer.fixed(frame.signature, 64);
    case "ping":
      return writer.u32(frame.nonce);
    case "pong":
      writer.u32(frame.nonce);
      return writer.u48(frame.timeMs);
    case "rumor":
      writer.u8(Math.min(frame.hops, HINT_MAX));
      writer.flag(frame.repair);
      return writeRumor(writer, frame.rumor);
    case "credentialsWant":
      return writePeers(writer, frame.peers, limits.credentialsMax);
    case "credentialsHave":
      return writeCredentials(writer, frame.credentials);
    case "evidence":
      return writeEvidence(writer, frame.evidence);
    case "revocations":
      writer.fixed(frame.held, 8);
      return writeRevocations(writer, frame.list);
    case "keyWant":
      writer.flag(frame.proof !== undefined);
      if (frame.proof !== undefined) {
        writer.hex(frame.proof.under, 8);
        writer.fixed(frame.proof.mac, 32);
      }
      writer.count(frame.keyIds.length, limits.keysAtOnceMax);
      for (const id of frame.keyIds) writer.hex(id, 8);
      return;
    case "keyGive":
      return writer.bytes(frame.sealed, limits.keyGiveBytesMax);
  }
}

/** The frame holds views into `bytes`, which must not change any more. */
export function decodeFrame(bytes: Uint8Array, later: LaterCodec | undefined): DecodedFrame {
  if (bytes.length === 0) return { ok: false, reason: "empty" };
  if (bytes.length > limits.frameBytesMax) return { ok: false, reason: "too-long" };
  const reader = new Reader(bytes);
  const number = reader.u8();
  const kind = KINDS.get(number);
  if (kind === undefined)
    return number < 0x80 ? { ok: true, frame: undefined } : { ok: false, reason: "critical-unknown-kind" };
  if (kind === "hello" && speaksOthersOnly(bytes)) return { ok: false, reason: "wrong-version" };
  const frame = isLaterKind(kind) ? later!.read(reader, kind) : readFrame(reader, kind);
  reader.end();
  return reader.failure === undefined ? { ok: true, frame } : { ok: false, reason: reader.failure };
}

/** Does a hello name versions, and not ours? */
function speaksOthersOnly(hello: Uint8Array): boolean {
  const reader = new Reader(hello.subarray(1));
  const [versionMin, versionMax] = [reader.u16(), reader.u16()];
  return reader.failure === undefined && (versionMin > PROTOCOL_VERSION || versionMax < PROTOCOL_VERSION);
}

function readFrame(reader: Reader, kind: Exclude<Frame, LaterFrame>["kind"]): Frame {
  switch (kind) {
    case "hello": {
      const [versionMin, versionMax, capabilities] = [reader.u16(), reader.u16(), reader.u32()];
      const [meshId, nonce] = [reader.fixed(32), reader.fixed(32)];
      const revocations = reader.fixed(8);
      const credential = readCredential(reader);
      return { kind, versionMin, versionMax, capabilities, meshId, nonce, revocations, credential };
    }
    case "auth":
      return { kind, signature: reader.fixed(64) };
    case "bye":
      return { kind, reason: reader.choice(BYE_REASONS) };
    case "departure":
      return { kind, peer: readPeer(reader), incarnation: reader.u48(), signature: reader.fixed(64) };
    case "ping":
      return { kind, nonce: reader.u32() };
    case "pong":
      return { kind, nonce: reader.u32(), timeMs: reader.u48() };
    case "rumor":
      return { kind, hops: reader.u8(), repair: reader.flag(), rumor: readRumor(reader) };
    case "credentialsWant":
      return { kind, peers: readPeers(reader, limits.credentialsMax) };
    case "credentialsHave":
      return { kind, credentials: readCredentials(reader) };
    case "evidence":
      return { kind, evidence: readEvidence(reader) };
    case "revocations":
      return { kind, held: reader.fixed(8), list: readRevocations(reader) };
    case "keyWant": {
      const proof = reader.flag() ? { under: reader.hex(8), mac: reader.fixed(32) } : undefined;
      const count = reader.count(limits.keysAtOnceMax, 8);
      return { kind, proof, keyIds: Array.from({ length: count }, () => reader.hex(8)) };
    }
    case "keyGive":
      return { kind, sealed: reader.bytes(limits.keyGiveBytesMax) };
  }
}

export function writePeers(writer: Writer, peers: readonly PeerId[], max: number): void {
  writer.count(peers.length, max);
  for (const peer of peers) writePeer(writer, peer);
}

export function readPeers(reader: Reader, max: number): PeerId[] {
  const count = reader.count(max, 32);
  return Array.from({ length: count }, () => readPeer(reader));
}

/** A credential alone: the card that a peer shows at the seed. */
export function encodeCredential(credential: Credential): Uint8Array {
  const writer = new Writer(256);
  writeCredential(writer, credential);
  return writer.finish();
}

export function decodeCredential(
  bytes: Uint8Array,
): { readonly ok: true; readonly credential: Credential } | { readonly ok: false; readonly reason: ReadFailure } {
  const reader = new Reader(bytes);
  const credential = readCredential(reader);
  reader.end();
  return reader.failure === undefined ? { ok: true, credential } : { ok: false, reason: reader.failure };
}

/** A rumor alone: the form in which it is stored. */
export function encodeRumor(rumor: Rumor): Uint8Array {
  const writer = new Writer(rumor.body.length + 256);
  writeRumor(writer, rumor);
  return writer.finish();
}

export function decodeRumor(
  bytes: Uint8Array,
): { readonly ok: true; readonly rumor: Rumor } | { readonly ok: false; readonly reason: ReadFailure } {
  const reader = new Reader(bytes);
  const rumor = readRumor(reader);
  reader.end();
  return reader.failure === undefined ? { ok: true, rumor } : { ok: false, reason: reader.failure };
}
