import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Log } from "../repair/logs.ts";
import { addId, fingerprint, newSum, tagOf } from "../repair/fingerprint.ts";
import { makeFoundation } from "../room.testing.ts";
import { Rings } from "../sampling/rings.ts";
import type { Credential, Descriptor, Hash, Header, PeerId, Revocation, Rumor } from "../types.ts";
import { decodeBase58, encodeBase58, isPeerId, peerIdOf, publicKeyOf } from "./base58.ts";
import {
  decodeCredential,
  decodeEnvelope,
  decodeRumor,
  encodeCredential,
  encodeEnvelope,
  encodeRumor,
} from "./codec.ts";
import { decodeFrame, encodeFrame } from "./whole-codec.ts";
import type { Envelope, Frame } from "./frames.ts";
import type { Transcript } from "./statements.ts";
import {
  credentialBytes,
  departureBytes,
  descriptorBytes,
  handshakeBytes,
  headerBytes,
  revocationBytes,
  rumorBytes,
  rumorId,
  transferBytes,
} from "./statements.ts";
import { decodeValue, encodeValue } from "./values.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hash: Hash = (bytes) => new Uint8Array(createHash("sha512").update(bytes).digest()).slice(0, 32);

/** Fields that hold bytes, in hex in the files. A ping's nonce is a number. */
const BYTE_FIELDS = new Set(
  [
    "meshId nonce boxKey ticket signature sealed fingerprint prev keyId body bodyHash signal mac data digest frame",
    "revocations held idPrefix lowNonce highNonce lowFingerprint highFingerprint lowCredentialHash highCredentialHash",
  ].flatMap((names) => names.split(" ")),
);

function read<T>(name: string): T {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (key, value: unknown) => {
    if (typeof value === "string" && BYTE_FIELDS.has(key)) return bytes(value);
    if (typeof value !== "object" || value === null) return value;
    const { words, signed } = value as { words?: number[]; signed?: number[] };
    if (signed !== undefined) return Int32Array.from(signed);
    return words === undefined ? value : Uint32Array.from(words);
  }) as T;
}

interface Noted {
  readonly note: string;
  readonly hex: string;
}
interface Refused extends Noted {
  readonly reason: string;
}

describe("base58", () => {
  const vectors = read<{
    valid: (Noted & { text: string })[];
    invalid: { note: string; text: string }[];
    peers: { note: string; text: string; valid: boolean }[];
  }>("base58");

  test.each(vectors.valid)("of $note", ({ hex: encoded, text }) => {
    expect(encodeBase58(bytes(encoded))).toBe(text);
    expect(hex(decodeBase58(text)!)).toBe(encoded);
  });

  test.each(vectors.invalid)("is refused with $note", ({ text }) => {
    expect(decodeBase58(text)).toBeUndefined();
  });

  test.each(vectors.peers)("as a peer id: $note", ({ text, valid }) => {
    expect(isPeerId(text)).toBe(valid);
  });
});

describe("frames", () => {
  const vectors = read<{
    frames: (Noted & { frame: Frame })[];
    envelopes: (Noted & { envelope: Envelope })[];
    credentials: (Noted & { credential: Credential })[];
    rumors: (Noted & { rumor: Rumor })[];
    skipped: Noted[];
    refused: Refused[];
  }>("frames");

  test.each(vectors.frames)("$note", ({ hex: encoded, frame }) => {
    expect(hex(encodeFrame(frame))).toBe(encoded);
    // An end that is open is written as none.
    expect(decodeFrame(bytes(encoded))).toEqual({ ok: true, frame });
  });

  test("there is one of every kind", () => {
    const kinds = new Set(vectors.frames.map(({ hex }) => Number.parseInt(hex.slice(0, 2), 16)));
    // Kinds that have no meaning are skipped; of all others a number alone is less than a frame.
    const known = Array.from({ length: 0x80 }, (_, number) => number).filter((number) => {
      const decoded = decodeFrame(Uint8Array.of(number));
      return !decoded.ok || decoded.frame !== undefined;
    });
    expect([...kinds].toSorted((a, b) => a - b)).toEqual(known);
  });

  test.each(vectors.envelopes)("envelope: $note", ({ hex: encoded, envelope }) => {
    expect(hex(encodeEnvelope(envelope))).toBe(encoded);
    expect(decodeEnvelope(bytes(encoded))).toStrictEqual({ ok: true, envelope });
  });

  test.each(vectors.credentials)("credential: $note", ({ hex: encoded, credential }) => {
    expect(hex(encodeCredential(credential))).toBe(encoded);
    expect(decodeCredential(bytes(encoded))).toStrictEqual({ ok: true, credential });
  });

  test.each(vectors.rumors)("rumor: $note", ({ hex: encoded, rumor }) => {
    expect(hex(encodeRumor(rumor))).toBe(encoded);
    expect(decodeRumor(bytes(encoded))).toStrictEqual({ ok: true, rumor });
  });

  test.each(vectors.skipped)("skipped: $note", ({ hex: encoded }) => {
    expect(decodeFrame(bytes(encoded))).toEqual({ ok: true, frame: undefined });
  });

  test.each(vectors.refused)("refused: $note", ({ hex: encoded, reason }) => {
    expect(decodeFrame(bytes(encoded))).toEqual({ ok: false, reason });
  });
});

describe("statements", () => {
  interface Statement {
    readonly bytes: string;
    readonly signer: PeerId;
    readonly signature: Uint8Array;
  }
  const vectors = read<{
    hash: { note: string; input: string; hash: string }[];
    signers: { seed: string; publicKey: string; peer: PeerId }[];
    meshId: Uint8Array;
    credentials: (Statement & { credential: Credential; ticketHash: string })[];
    departures: (Statement & { peer: PeerId; incarnation: number })[];
    rumors: (Statement & { header: Header; body: Uint8Array; headerBytes: string; bodyHash: Uint8Array; id: string })[];
    descriptors: (Statement & { descriptor: Descriptor })[];
    transfers: (Statement & { note: string; descriptor: Descriptor; to: PeerId })[];
    handshakes: (Statement & { transcript: Transcript })[];
    revocations: (Statement & { revocation: Revocation })[];
    rings: { caller: PeerId; callee: PeerId; ring: number; epoch: number; value: number }[];
    fingerprints: { round: number; logs: { key: string; ids: string[] }[]; fingerprint: Uint8Array }[];
  }>("statements");
  const { meshId } = vectors;

  /** A statement as we make it, when the signature in the file holds over it. */
  function signedHex(made: Uint8Array, { signer, signature }: Statement): string {
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKeyOf(signer)]);
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    return verify(null, made, key, signature) ? hex(made) : "a bad signature";
  }

  test.each(vectors.hash)("hash $note", ({ input, hash: expected }) => {
    expect(hex(hash(bytes(input)))).toBe(expected);
  });

  test.each(vectors.signers)("signer $peer", ({ seed, publicKey, peer }) => {
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bytes(seed)]);
    const spki = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
    expect(spki.export({ format: "der", type: "spki" }).subarray(12).toString("hex")).toBe(publicKey);
    expect(peerIdOf(bytes(publicKey))).toBe(peer);
    expect(sign(null, Buffer.alloc(0), createPrivateKey({ key: der, format: "der", type: "pkcs8" }))).toHaveLength(64);
  });

  test.each(vectors.credentials)("credential", (vector) => {
    const { peer, incarnation, boxKey, ticket, signature } = vector.credential;
    expect(hex(hash(ticket))).toBe(vector.ticketHash);
    expect(signature).toEqual(vector.signature);
    expect(signedHex(credentialBytes(meshId, peer, incarnation, boxKey, hash(ticket)), vector)).toBe(vector.bytes);
  });

  test.each(vectors.departures)("departure", (vector) => {
    expect(signedHex(departureBytes(meshId, vector.peer, vector.incarnation), vector)).toBe(vector.bytes);
  });

  test.each(vectors.rumors)("rumor $id", (vector) => {
    const { header, body } = vector;
    expect(hex(headerBytes(meshId, header))).toBe(vector.headerBytes);
    expect(hash(body)).toEqual(vector.bodyHash);
    const id = rumorId(hash, meshId, header, hash(body));
    expect(hex(id)).toBe(vector.id);
    expect(signedHex(rumorBytes(id), vector)).toBe(vector.bytes);
  });

  test.each(vectors.descriptors)("descriptor", (vector) => {
    expect(vector.descriptor.signature).toEqual(vector.signature);
    expect(signedHex(descriptorBytes(meshId, vector.descriptor, hash), vector)).toBe(vector.bytes);
  });

  test.each(vectors.transfers)("transfer $note", (vector) => {
    expect(signedHex(transferBytes(meshId, vector.descriptor, vector.to, hash), vector)).toBe(vector.bytes);
  });

  test.each(vectors.handshakes)("handshake, the lower id signs: $transcript.signerIsLow", (vector) => {
    expect(signedHex(handshakeBytes(vector.transcript), vector)).toBe(vector.bytes);
  });

  test.each(vectors.revocations)("revocation", (vector) => {
    expect(vector.revocation.signature).toEqual(vector.signature);
    expect(signedHex(revocationBytes(meshId, vector.revocation, hash), vector)).toBe(vector.bytes);
  });

  test.each(vectors.rings)("a place on ring $ring", ({ caller, callee, ring, epoch, value }) => {
    const foundation = makeFoundation();
    const rings = new Rings({ ...foundation, hash, config: { ...foundation.config, meshId } });
    expect(rings.value(caller, callee, ring, epoch)).toBe(value);
  });

  test.each(vectors.fingerprints)("fingerprint of round $round", ({ round, logs, fingerprint: expected }) => {
    const held = logs.map(({ key, ids }) => {
      const sum = newSum();
      for (const id of ids) addId(sum, bytes(id), 1);
      return { visible: ids.length, tag: tagOf(hash, key), sum } as Log;
    });
    expect(fingerprint(held, round, 0)).toEqual(expected);
  });
});

describe("values", () => {
  const vectors = JSON.parse(
    readFileSync(new URL("../../vectors/values.json", import.meta.url), "utf8"),
    (_, value: unknown) => {
      if (typeof value !== "object" || value === null) return value;
      if ("$bytes" in value) return bytes(value.$bytes as string);
      if ("$number" in value) return Number(value.$number);
      return value;
    },
  ) as { valid: (Noted & { value: unknown })[]; refused: Refused[] };

  test.each(vectors.valid)("$note", ({ hex: encoded, value }) => {
    expect(hex(encodeValue(value))).toBe(encoded);
    expect(decodeValue(bytes(encoded))).toStrictEqual({ ok: true, value });
  });

  test.each(vectors.refused)("refused: $note", ({ hex: encoded, reason }) => {
    expect(decodeValue(bytes(encoded))).toEqual({ ok: false, reason });
  });
});
