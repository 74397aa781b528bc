/**
 * Credentials and descriptors on the wire: what peers say of themselves, with what admits them.
 */
import { limits } from "../limits.ts";
import type { Credential, Descriptor, Hop } from "../types.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { Sample } from "./frames.ts";
import { readPeer, writePeer } from "./rumor-codec.ts";

/** One byte on the wire. */
const CHAIN_MAX = 255;

export function writeCredential(writer: Writer, credential: Credential): void {
  writePeer(writer, credential.peer);
  writer.u48(credential.incarnation);
  writer.fixed(credential.boxKey);
  writer.bytes(credential.ticket);
  writer.fixed(credential.signature);
}

export function readCredential(reader: Reader): Credential {
  const peer = readPeer(reader);
  const incarnation = reader.u48();
  const boxKey = reader.fixed(32);
  const ticket = reader.bytes(limits.ticketBytesMax);
  return { peer, incarnation, boxKey, ticket, signature: reader.fixed(64) };
}

export function writeCredentials(writer: Writer, credentials: readonly Credential[]): void {
  writer.varint(credentials.length);
  for (const credential of credentials) writeCredential(writer, credential);
}

export function readCredentials(reader: Reader): Credential[] {
  const count = reader.count(limits.credentialsMax, 135);
  const credentials: Credential[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) credentials.push(readCredential(reader));
  return credentials;
}

function writeMinted(writer: Writer, descriptor: Descriptor): void {
  writePeer(writer, descriptor.creator);
  writer.u48(descriptor.incarnation);
  writer.fixed(descriptor.boxKey);
  writer.bytes(descriptor.ticket);
  writer.varint(descriptor.slot);
  writer.fixed(descriptor.signature);
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
  writer.varint(descriptor.hops.length);
  for (const hop of descriptor.hops) {
    writePeer(writer, hop.to);
    writer.fixed(hop.signature);
  }
}

export function readDescriptor(reader: Reader): Descriptor {
  const minted = readMinted(reader);
  const count = reader.count(limits.hopsMax, 96);
  const hops: Hop[] = [];
  for (let i = 0; i < count; i++) hops.push({ to: readPeer(reader), signature: reader.fixed(64) });
  return { ...minted, hops };
}

export function writeDescriptors(writer: Writer, descriptors: readonly Descriptor[]): void {
  writer.varint(descriptors.length);
  for (const descriptor of descriptors) writeDescriptor(writer, descriptor);
}

/** Samples travel without chains: a chain that nobody checks would be ballast. */
export function writeSamples(writer: Writer, samples: readonly Sample[]): void {
  writer.varint(samples.length);
  for (const { descriptor, chain } of samples) {
    writeMinted(writer, descriptor);
    writer.u8(Math.min(chain, CHAIN_MAX));
  }
}

export function readSamples(reader: Reader): Sample[] {
  const count = reader.count(limits.descriptorsMax, 137);
  const samples: Sample[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    samples.push({ descriptor: readMinted(reader), chain: reader.u8() });
  }
  return samples;
}

export function readDescriptors(reader: Reader): Descriptor[] {
  const count = reader.count(limits.descriptorsMax, 137);
  const descriptors: Descriptor[] = [];
  for (let i = 0; i < count && reader.failure === undefined; i++) descriptors.push(readDescriptor(reader));
  return descriptors;
}
