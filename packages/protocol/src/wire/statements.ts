/**
 * The exact bytes that are signed or hashed. Each statement begins with its own domain and the mesh it is made in, so
 * that none can be read as another, nor taken to another mesh.
 */
import type { Descriptor, Hash, Header, PeerId, Revocation } from "../types.ts";
import { publicKeyOf } from "./base58.ts";
import { Writer, encodeUtf8 } from "./bytes.ts";
import { toHex } from "./hex.ts";

/** A statement's domain, with the zero byte that ends it, and its mesh. */
function begin(domain: Uint8Array, meshId: Uint8Array): Writer {
  const writer = new Writer(512);
  writer.fixed(domain);
  writer.fixed(meshId, 32);
  return writer;
}

function domain(name: string): Uint8Array {
  return encodeUtf8(`${name}\0`);
}

const HEADER: Uint8Array = domain("grapevine header 1");
const RUMOR: Uint8Array = domain("grapevine rumor 1");
const CREDENTIAL: Uint8Array = domain("grapevine credential 1");
const DEPARTURE: Uint8Array = domain("grapevine departure 1");
const DESCRIPTOR: Uint8Array = domain("grapevine descriptor 1");
const TRANSFER: Uint8Array = domain("grapevine transfer 1");
const HANDSHAKE: Uint8Array = domain("grapevine handshake 1");
const REVOCATION: Uint8Array = domain("grapevine revocation 1");

/** Bytes of a rumor's id by which a revocation names it. */
export const HEAD_ID_BYTES = 16;
const KEY_PROOF: Uint8Array = domain("grapevine key proof 1");
const KEYS_TOPIC: Uint8Array = domain("grapevine keys topic 1");
const PROFILES_TOPIC: Uint8Array = domain("grapevine profiles topic 1");

/** The header as it is hashed: as on the wire, behind domain and mesh. */
export function headerBytes(meshId: Uint8Array, header: Header): Uint8Array {
  const writer = begin(HEADER, meshId);
  writeHeader(writer, header);
  return writer.finish();
}

/** Fields of a header in their order on the wire. */
export function writeHeader(writer: Writer, header: Header): void {
  writeLogOf(writer, header);
  writePlace(writer, header);
}

/** What all rumors of one kind in one log have in common. */
function writeLogOf(writer: Writer, header: Header): void {
  writer.u8(header.version);
  writer.u8(header.kind);
  writer.fixed(publicKeyOf(header.author));
  writer.u48(header.incarnation);
  writer.hex(header.topic, 16);
}

function writePlace(writer: Writer, header: Header): void {
  writer.varint(header.seq);
  writer.varint(header.low);
  writer.fixed(header.prev, 32);
  writer.u48(header.timeMs);
  writer.varint(header.counter);
  writer.u48(header.expiryMs);
  writer.fixed(header.keyId, 8);
}

/** id = H(header || H(body)): 32 bytes, never of the signature. */
export function rumorId(hash: Hash, meshId: Uint8Array, header: Header, bodyHash: Uint8Array): Uint8Array {
  const writer = begin(HEADER, meshId);
  writeHeader(writer, header);
  writer.fixed(bodyHash, 32);
  return hash(writer.finish());
}

/** `rumorId` for many rumors of one log: what they have in common is written once. */
export function rumorIdsOf(hash: Hash, meshId: Uint8Array): (header: Header, bodyHash: Uint8Array) => Uint8Array {
  const writer = begin(HEADER, meshId);
  const start = writer.length;
  let [kind, shared] = [-1, start];
  return (header, bodyHash) => {
    if (header.kind === kind) writer.rewind(shared);
    else {
      writer.rewind(start);
      writeLogOf(writer, header);
      [kind, shared] = [header.kind, writer.length];
    }
    writePlace(writer, header);
    writer.fixed(bodyHash, 32);
    return hash(writer.view());
  };
}

/** What an author signs. The id commits to mesh, header and body. */
export function rumorBytes(id: Uint8Array): Uint8Array {
  const out = new Uint8Array(RUMOR.length + id.length);
  out.set(RUMOR, 0);
  out.set(id, RUMOR.length);
  return out;
}

export function credentialBytes(
  meshId: Uint8Array,
  peer: PeerId,
  incarnation: number,
  boxKey: Uint8Array,
  ticketHash: Uint8Array,
): Uint8Array {
  const writer = begin(CREDENTIAL, meshId);
  writer.fixed(publicKeyOf(peer));
  writer.u48(incarnation);
  writer.fixed(boxKey, 32);
  writer.fixed(ticketHash, 32);
  return writer.finish();
}

export function departureBytes(meshId: Uint8Array, peer: PeerId, incarnation: number): Uint8Array {
  const writer = begin(DEPARTURE, meshId);
  writer.fixed(publicKeyOf(peer));
  writer.u48(incarnation);
  return writer.finish();
}

/** What a creator signs when it mints: everything but the chain. */
export function descriptorBytes(meshId: Uint8Array, descriptor: Descriptor, hash: Hash): Uint8Array {
  const writer = begin(DESCRIPTOR, meshId);
  writer.fixed(publicKeyOf(descriptor.creator));
  writer.varint(descriptor.slot);
  writer.u48(descriptor.incarnation);
  writer.fixed(descriptor.boxKey, 32);
  writer.fixed(hash(descriptor.ticket));
  return writer.finish();
}

/** Commits to a descriptor and to every owner in its chain so far. */
export function chainDigest(meshId: Uint8Array, descriptor: Descriptor, hash: Hash): Uint8Array {
  let digest = hash(descriptorBytes(meshId, descriptor, hash));
  for (const hop of descriptor.hops) {
    const link = new Writer(64);
    link.fixed(digest);
    link.fixed(publicKeyOf(hop.to));
    digest = hash(link.finish());
  }
  return digest;
}

/** What the present owner signs to hand a descriptor on: the descriptor, its whole chain so far, and the new owner. */
export function transferBytes(meshId: Uint8Array, descriptor: Descriptor, to: PeerId, hash: Hash): Uint8Array {
  return transferStatement(meshId, descriptor.hops.length, chainDigest(meshId, descriptor, hash), to);
}

/** The same from a digest: evidence of a double transfer needs no chain. */
export function transferStatement(meshId: Uint8Array, index: number, digest: Uint8Array, to: PeerId): Uint8Array {
  const writer = begin(TRANSFER, meshId);
  writer.varint(index);
  writer.fixed(digest);
  writer.fixed(publicKeyOf(to));
  return writer.finish();
}

/** What whoever revokes signs: all that the revocation says, and by which right. Its hash names the revocation. */
export function revocationBytes(meshId: Uint8Array, revocation: Omit<Revocation, "signature">, hash: Hash): Uint8Array {
  const writer = begin(REVOCATION, meshId);
  writer.fixed(publicKeyOf(revocation.key));
  writer.u48(revocation.timeMs);
  writer.varint(revocation.heads.length);
  for (const { log, seq, idPrefix } of revocation.heads) {
    writer.fixed(publicKeyOf(log.author));
    writer.u48(log.incarnation);
    writer.hex(log.topic, 16);
    writer.varint(seq);
    writer.fixed(idPrefix, HEAD_ID_BYTES);
  }
  writer.fixed(publicKeyOf(revocation.revoker));
  writer.fixed(hash(revocation.ticket), 32);
  return writer.finish();
}

export interface Transcript {
  readonly meshId: Uint8Array;
  readonly version: number;
  readonly capabilities: number;
  readonly lowId: PeerId;
  readonly highId: PeerId;
  readonly lowNonce: Uint8Array;
  readonly highNonce: Uint8Array;
  /** DTLS fingerprints of the lower and of the higher id's end, as the signer sees them. */
  readonly lowFingerprint: Uint8Array;
  readonly highFingerprint: Uint8Array;
  readonly lowCredentialHash: Uint8Array;
  readonly highCredentialHash: Uint8Array;
  readonly signerIsLow: boolean;
}

/** What each side of a link signs. The signer's side is in it, so that no signature can be sent back to its maker. */
export function handshakeBytes(transcript: Transcript): Uint8Array {
  const writer = begin(HANDSHAKE, transcript.meshId);
  writer.u8(transcript.signerIsLow ? 0 : 1);
  writer.u16(transcript.version);
  writer.u32(transcript.capabilities);
  writer.fixed(publicKeyOf(transcript.lowId));
  writer.fixed(publicKeyOf(transcript.highId));
  writer.fixed(transcript.lowNonce, 32);
  writer.fixed(transcript.highNonce, 32);
  writer.fixed(transcript.lowFingerprint, 32);
  writer.fixed(transcript.highFingerprint, 32);
  writer.fixed(transcript.lowCredentialHash, 32);
  writer.fixed(transcript.highCredentialHash, 32);
  return writer.finish();
}

/** Of what a member that asks for keys makes a MAC under one it has: nobody else can show it, and to nobody else. */
export function keyProofBytes(meshId: Uint8Array, asker: PeerId, incarnation: number, giver: PeerId): Uint8Array {
  const writer = begin(KEY_PROOF, meshId);
  writer.fixed(publicKeyOf(asker));
  writer.u48(incarnation);
  writer.fixed(publicKeyOf(giver));
  return writer.finish();
}

/** The tag of the topic in which epochs are announced: of no name, so that no application's topic has it. */
export function keysTopic(hash: Hash, meshId: Uint8Array): string {
  return toHex(hash(begin(KEYS_TOPIC, meshId).finish()).subarray(0, 16));
}

/** The tag under which profiles travel, alike. */
export function profilesTopic(hash: Hash, meshId: Uint8Array): string {
  return toHex(hash(begin(PROFILES_TOPIC, meshId).finish()).subarray(0, 16));
}
