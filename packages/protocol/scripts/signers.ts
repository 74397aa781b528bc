/** Who speaks in the vectors, and the little that all of them are made with. Seeds are fixed, so that signatures are. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { type PeerId, peerIdOf } from "@grapevine/protocol";

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "ascii"));
/** SHA-512, its first 32 bytes. */
export const hash = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha512").update(bytes).digest()).slice(0, 32);

export interface Person {
  readonly seed: Uint8Array;
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
  readonly peer: PeerId;
}

function person(number: number): Person {
  const seed = filled(32, number);
  // PKCS #8 of an Ed25519 seed (RFC 8410).
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12));
  return { seed, key, publicKey, peer: peerIdOf(publicKey) };
}

export const signed = ({ key }: Person, statement: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, statement, key));

export const alice = person(1);
export const bob = person(2);
export const carol = person(3);
