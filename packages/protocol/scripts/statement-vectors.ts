/** The vectors of statements: the bytes that are signed, who signs them, and the signature. */
import {
  credentialBytes,
  departureBytes,
  descriptorBytes,
  encodeCredential,
  handshakeBytes,
  headerBytes,
  revocationBytes,
  type Rumor,
  rumorBytes,
  rumorId,
  transferBytes,
} from "@grapevine/protocol";
import { fingerprintVector, ringVector } from "./by-definition.ts";
import {
  meshId,
  incarnation,
  ticket,
  topic,
  aliceCredential,
  bobCredential,
  firstRumor,
  secondRumor,
  minted,
  passedOnce,
  unsigned,
  revocation,
} from "./said.ts";
import { alice, ascii, bob, carol, filled, hash, type Person, signed } from "./signers.ts";

const nonce = { low: filled(32, 0x31), high: filled(32, 0x32) };
const print = { low: filled(32, 0x41), high: filled(32, 0x42) };
const [low, high] = alice.peer < bob.peer ? [alice, bob] : [bob, alice];
const credentialHash = (person: Person): Uint8Array =>
  hash(encodeCredential(person === alice ? aliceCredential : bobCredential));
const transcript = {
  meshId,
  version: 1,
  capabilities: 0,
  lowId: low.peer,
  highId: high.peer,
  lowNonce: nonce.low,
  highNonce: nonce.high,
  lowFingerprint: print.low,
  highFingerprint: print.high,
  lowCredentialHash: credentialHash(low),
  highCredentialHash: credentialHash(high),
};

/** A statement, who signs it, and the signature. */
function statement(signer: Person, bytes: Uint8Array): object {
  return { bytes, signer: signer.peer, signature: signed(signer, bytes) };
}

function rumorStatement({ header, body }: Rumor): object {
  const id = rumorId(hash, meshId, header, hash(body));
  const hashes = { headerBytes: headerBytes(meshId, header), bodyHash: hash(body), id };
  return { header, body, ...hashes, ...statement(alice, rumorBytes(id)) };
}

function handshakeStatement(signerIsLow: boolean): object {
  const whole = { ...transcript, signerIsLow };
  return { transcript: whole, ...statement(signerIsLow ? low : high, handshakeBytes(whole)) };
}

const someLogs = [
  { key: `${alice.peer}/${topic}/${String(incarnation).padStart(16, "0")}`, ids: [filled(32, 0xff), hash(ascii("a"))] },
  { key: `${bob.peer}/${topic}/${"7".padStart(16, "0")}`, ids: ["b", "c", "d"].map((text) => hash(ascii(text))) },
];

export const statementVectors: object = {
  hash: [
    { note: "of nothing", input: "", hash: hash(new Uint8Array(0)) },
    { note: 'of "grapevine"', input: ascii("grapevine"), hash: hash(ascii("grapevine")) },
  ],
  signers: [alice, bob, carol].map(({ seed, publicKey, peer }) => ({ seed, publicKey, peer })),
  meshId,
  credentials: [
    {
      credential: aliceCredential,
      ticketHash: hash(ticket),
      ...statement(alice, credentialBytes(meshId, alice.peer, incarnation, aliceCredential.boxKey, hash(ticket))),
    },
  ],
  departures: [{ peer: bob.peer, incarnation, ...statement(bob, departureBytes(meshId, bob.peer, incarnation)) }],
  rumors: [rumorStatement(firstRumor), rumorStatement(secondRumor)],
  descriptors: [{ descriptor: minted, ...statement(alice, descriptorBytes(meshId, minted, hash)) }],
  transfers: [
    {
      note: "by the creator",
      descriptor: minted,
      to: bob.peer,
      ...statement(alice, transferBytes(meshId, minted, bob.peer, hash)),
    },
    {
      note: "by the next owner",
      descriptor: passedOnce,
      to: carol.peer,
      ...statement(bob, transferBytes(meshId, passedOnce, carol.peer, hash)),
    },
  ],
  handshakes: [handshakeStatement(true), handshakeStatement(false)],
  revocations: [{ revocation, ...statement(alice, revocationBytes(meshId, unsigned, hash)) }],
  rings: [ringVector(meshId, alice, bob, 0, 0), ringVector(meshId, bob, alice, 3, 2_833_333)],
  fingerprints: [
    fingerprintVector(0, []),
    fingerprintVector(0, someLogs.slice(0, 1)),
    fingerprintVector(0xdead_beef, someLogs),
  ],
};
