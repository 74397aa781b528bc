/**
 * Credentials and descriptors on the wire: what peers say of themselves, with what admits them.
 */
import { limits } from "../limits.ts";
import type { Credential, Descriptor, Evidence, Hop } from "../types.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { Sample } from "./frames.ts";
import { readHead, readPeer, writeHead, writePeer } from "./rumor-codec.ts";

/** A hint, one byte on the wire: what is further is as far. */
const CHAIN_MAX = 255;
/** Bytes of a credential, a minted descriptor and a transfer with the shortest ticket. */
const CREDENTIAL_BYTES_MIN = 32 + 6 + 32 + 1 + 64;
const MINTED_BYTES_MIN: number = CREDENTIAL_BYTES_MIN + 1;
const HOP_BYTES = 32 + 64;

export function writeCredential(writer: Writer, credential: Credential): void {
  writePeer(writer, credential.peer);
  writer.u48(credential.incarnation);
  writer.fixed(credential.boxKey, 32);
  writer.bytes(credential.ticket, limits.ticketBytesMax);
  writer.fixed(credential.signature, 64);
}

export function readCredential(reader: Reader): Credential {
  const peer = readPeer(reader);
  const incarnation = reader.u48();
  const boxKey = reader.fixed(32);
  const ticket = reader.bytes(limits.ticketBytesMax);
  return { peer, incarnation, boxKey, ticket, signature: reader.fixed(64) };
}

export function writeCredentials(writer: Writer, credentials: readonly Credential[]): void {
  writer.count(credentials.length, limits.credentialsMax);
  for (const credential of credentials) writeCredential(writer, credential);
}

export function readCredentials(reader: Reader): Credential[] {
  const count = reader.count(limits.credentialsMax, CREDENTIAL_BYTES_MIN);
  const credentials: Credential[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) credentials.push(readCredential(reader));
  return credentials;
}

function writeMinted(writer: Writer, descriptor: Descriptor): void {
  writePeer(writer, descriptor.creator);
  writer.u48(descriptor.incarnation);
  writer.fixed(descriptor.boxKey, 32);
  writer.bytes(descriptor.ticket, limits.ticketBytesMax);
  writer.varint(descriptor.slot);
  writer.fixed(descriptor.signature, 64);
}

function readMinted(reader: Reader): Descriptor {
  const creator = readPeer(reader);
  const incarnation = reader.u48();
  const boxKey = reader.fixed(32);
  const ticket = reader.bytes(limits.ticketBytesMax);
  const slot = reader.varint();
  return { creator, incarnation, boxKey, ticket, slot, signature: reader.fixed(64), hops: [] };
}

export function writeDescriptor(writer: Writer, descriptor: Descriptor): void {
  writeMinted(writer, descriptor);
  writer.count(descriptor.hops.length, limits.hopsMax);
  for (const hop of descriptor.hops) {
    writePeer(writer, hop.to);
    writer.fixed(hop.signature, 64);
  }
}

export function readDescriptor(reader: Reader): Descriptor {
  const minted = readMinted(reader);
  const count = reader.count(limits.hopsMax, HOP_BYTES);
  const hops: Hop[] = [];
  for (let i = 0; i < count; i++) hops.push({ to: readPeer(reader), signature: reader.fixed(64) });
  return { ...minted, hops };
}

export function writeDescriptors(writer: Writer, descriptors: readonly Descriptor[]): void {
  writer.count(descriptors.length, limits.descriptorsMax);
  for (const descriptor of descriptors) writeDescriptor(writer, descriptor);
}

/** Samples travel without chains: a chain that nobody checks would be ballast. */
export function writeSamples(writer: Writer, samples: readonly Sample[]): void {
  writer.count(samples.length, limits.descriptorsMax);
  for (const { descriptor, chain } of samples) {
    writeMinted(writer, descriptor);
    writer.u8(Math.min(chain, CHAIN_MAX));
  }
}

export function readSamples(reader: Reader): Sample[] {
  const count = reader.count(limits.descriptorsMax, MINTED_BYTES_MIN + 1);
  const samples: Sample[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    samples.push({ descriptor: readMinted(reader), chain: reader.u8() });
  }
  return samples;
}

export function readDescriptors(reader: Reader): Descriptor[] {
  const count = reader.count(limits.descriptorsMax, MINTED_BYTES_MIN + 1);
  const descriptors: Descriptor[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) descriptors.push(readDescriptor(reader));
  return descriptors;
}

/** Evidence of a double minting is two descriptors without chains; that of a double transfer two hops of one chain; that of a fork two heads. */
export function writeEvidence(writer: Writer, evidence: Evidence): void {
  if (evidence.kind === "mint") {
    writer.u8(0);
    writeMinted(writer, evidence.a);
    writeMinted(writer, evidence.b);
    return;
  }
  if (evidence.kind === "fork") {
    writer.u8(2);
    writeHead(writer, evidence.a);
    writeHead(writer, evidence.b);
    return;
  }
  writer.u8(1);
  writePeer(writer, evidence.owner);
  writer.u8(evidence.index);
  writer.fixed(evidence.digest, 32);
  for (const hop of [evidence.a, evidence.b]) {
    writePeer(writer, hop.to);
    writer.fixed(hop.signature, 64);
  }
}

export function readEvidence(reader: Reader): Evidence {
  const kind = reader.u8();
  if (kind === 0) return { kind: "mint", a: readMinted(reader), b: readMinted(reader) };
  if (kind === 2) return { kind: "fork", a: readHead(reader), b: readHead(reader) };
  if (kind !== 1) reader.fail("bad-value");
  const hop = (): Hop => ({ to: readPeer(reader), signature: reader.fixed(64) });
  return {
    kind: "transfer",
    owner: readPeer(reader),
    index: reader.u8(),
    digest: reader.fixed(32),
    a: hop(),
    b: hop(),
  };
}
