/**
 * The announcement of an epoch, as it stands in the body of a rumor: which key the mesh seals with from now on, who may
 * not have it, and which keys it follows. It names keys by their hashes and holds no secret.
 */
import { limits } from "../limits.ts";
import type { History, PeerId } from "../types.ts";
import { Reader, Writer } from "./bytes.ts";
import { readPeer, writePeer } from "./rumor-codec.ts";

export interface Announcement {
  /** One more than the greatest that its maker knew: for people, it decides nothing. */
  readonly number: number;
  /** Key id of the new key, 16 hex digits. */
  readonly keyId: string;
  readonly rotateMs: number;
  readonly history: History;
  readonly reason: RotationReason;
  /** Whom its maker knew to be removed: none of them gets the key. */
  readonly out: readonly PeerId[];
  /** Epochs that it ends, and those before them, newest first: when each began. */
  readonly former: readonly { readonly keyId: string; readonly startMs: number }[];
}

/** Why an epoch was made. */
export type RotationReason = "first" | "schedule" | "removal" | "joining";

const VERSION = 1;
const REASONS: readonly [RotationReason, ...RotationReason[]] = ["first", "schedule", "removal", "joining"];
const HISTORIES: readonly [History, ...History[]] = ["all", "since-join"];

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const writer = new Writer();
  writer.u8(VERSION);
  writer.varint(announcement.number);
  writer.hex(announcement.keyId, 8);
  writer.varint(announcement.rotateMs);
  writer.choice(announcement.history, HISTORIES);
  writer.choice(announcement.reason, REASONS);
  writer.count(announcement.out.length, limits.shutOutMax);
  for (const peer of announcement.out) writePeer(writer, peer);
  writer.count(announcement.former.length, limits.keysAtOnceMax);
  for (const { keyId, startMs } of announcement.former) {
    writer.hex(keyId, 8);
    writer.u48(startMs);
  }
  return writer.finish();
}

/** Undefined for anything else, and for what a later version says. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | undefined {
  const reader = new Reader(bytes);
  if (reader.u8() !== VERSION) reader.fail("bad-value");
  const [number, keyId, rotateMs] = [reader.varint(), reader.hex(8), reader.varint()];
  const [history, reason] = [reader.choice(HISTORIES), reader.choice(REASONS)];
  const outs = reader.count(limits.shutOutMax, 32);
  const out = Array.from({ length: outs }, () => readPeer(reader));
  const formers = reader.count(limits.keysAtOnceMax, 14);
  const former = Array.from({ length: formers }, () => ({ keyId: reader.hex(8), startMs: reader.u48() }));
  reader.end();
  return reader.failure === undefined ? { number, keyId, rotateMs, history, reason, out, former } : undefined;
}
