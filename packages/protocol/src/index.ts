/** The sans-IO core of Grapevine: everything a peer decides, nothing that it does. */
export type * from "./types.ts";
export { accusedIn, explainEvidence } from "./trust/evidence.ts";
export {
  MEMBER,
  ROLE_ADMIN,
  ROLE_READER,
  ROLE_ROOT,
  ROLE_WRITER,
  RUMOR_KIND_BULK,
  RUMOR_KIND_LOG,
  RUMOR_KIND_PROFILE,
  RUMOR_KIND_STATE,
} from "./types.ts";
export type * from "./input.ts";
export type * from "./effect.ts";
export type * from "./runs/storage.ts";
export type { Config, SpreadingPolicy, Tuning } from "./config.ts";
export { DEFAULT_TUNING, DIRECTIONS, MEMORIES } from "./config.ts";
export { CALLER_SHARE } from "./sampling/rings.ts";
export { limits } from "./limits.ts";
export { Random } from "./random.ts";
export { decodeBase58, encodeBase58, isPeerId, peerIdOf, publicKeyOf } from "./wire/base58.ts";
export { Reader, Writer } from "./wire/bytes.ts";
export type { ReadFailure } from "./wire/bytes.ts";
export type { DecodedFrame, DecodeReason } from "./wire/codec.ts";
export {
  decodeCredential,
  decodeEnvelope,
  decodeRumor,
  encodeCredential,
  encodeEnvelope,
  encodeRumor,
} from "./wire/codec.ts";
export { decodeFrame, encodeFrame } from "./wire/whole-codec.ts";
export type * from "./wire/frames.ts";
export { PROTOCOL_VERSION } from "./wire/frames.ts";
export { RUMOR_VERSION, readHead, writeHead } from "./wire/rumor-codec.ts";
export type { Transcript } from "./wire/statements.ts";
export {
  chainDigest,
  credentialBytes,
  departureBytes,
  descriptorBytes,
  handshakeBytes,
  headerBytes,
  revocationBytes,
  keysTopic,
  rumorBytes,
  rumorId,
  transferBytes,
} from "./wire/statements.ts";
export type { DecodedValue } from "./wire/values.ts";
export {
  DataTooLargeError,
  decodeState,
  decodeValue,
  encodeState,
  encodeValue,
  UnsupportedDataError,
} from "./wire/values.ts";
export { WholePeer as Peer } from "./whole-peer.ts";
export type { Parts } from "./parts/parts.ts";
export { wholeParts } from "./parts/whole-parts.ts";
export type { PeerState, Snapshot } from "./peer-state.ts";
export type { Aspect, Deeds, Score } from "./trust/scores.ts";
export { ASPECTS } from "./trust/scores.ts";
export type { KeyRoom } from "./parts/absent.ts";
export type { RotationReason } from "./wire/epoch-codec.ts";
export type { Epoch } from "./trust/epochs.ts";
export type { KeyCounts, MemberView, NeighborView, PeerCounts } from "./peer-view.ts";
export type { Foundation, Moment, Outbox } from "./room.ts";
export { NO_LIMIT } from "./repair/limit.ts";
export { fromHex, toHex } from "./wire/hex.ts";
export { Rumors } from "./rumors/rumors.ts";
export { restore } from "./runs/restore.ts";
export { Spreading } from "./spreading/spreading.ts";
export type { Accepted } from "./spreading/strategy.ts";
export { headOf, isAfter, nameOf } from "./state/entry.ts";
export type { MapCounts, MapEntry } from "./rumors/maps.ts";
export type { ProfileCounts } from "./rumors/profiles.ts";
export type { Retained, RumorCounts } from "./rumors/rumors.ts";
export type { KnownRevocation } from "./trust/revocations.ts";
export type { DecodedTrace, Entry as TraceEntry, RecorderOptions, Step as TraceStep, Trace } from "./runs/trace.ts";
export { decodeTrace, encodeTrace, Recorder, replay, TRACE_VERSION } from "./runs/trace.ts";
export type { MongeringRules, Tally } from "./spreading/mongering-rules.ts";
