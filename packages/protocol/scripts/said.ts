/** What Alice, Bob and Carol say in the vectors, signed for good: credentials, rumors, descriptors, evidence, a revocation. */
import {
  chainDigest,
  type Credential,
  credentialBytes,
  type Descriptor,
  descriptorBytes,
  encodeValue,
  type Evidence,
  type Head,
  type Header,
  revocationBytes,
  type Rumor,
  rumorBytes,
  rumorId,
  transferBytes,
} from "@grapevine/protocol";
import { alice, ascii, bob, carol, filled, hash, type Person, signed } from "./signers.ts";

export const meshId = hash(ascii("a mesh for vectors"));
export const incarnation = 1_700_000_000_000;
export const ticket = ascii("a ticket");
export const topic = "0123456789abcdef0123456789abcdef";

function credentialOf(person: Person, boxKey: Uint8Array): Credential {
  const statement = credentialBytes(meshId, person.peer, incarnation, boxKey, hash(ticket));
  return { peer: person.peer, incarnation, boxKey, ticket, signature: signed(person, statement) };
}

export const aliceCredential = credentialOf(alice, filled(32, 0xa1));
export const bobCredential = credentialOf(bob, filled(32, 0xb1));

function rumorOf(
  person: Person,
  header: Omit<Header, "version" | "author" | "incarnation" | "topic" | "kind">,
  body: Uint8Array,
): Rumor {
  const whole: Header = { version: 1, kind: 0, author: person.peer, incarnation, topic, ...header };
  const id = rumorId(hash, meshId, whole, hash(body));
  return { header: whole, body, signature: signed(person, rumorBytes(id)) };
}

const stamp = { timeMs: incarnation + 5, counter: 0, expiryMs: 0, keyId: filled(8, 0), low: 1 };
export const firstRumor = rumorOf(alice, { seq: 1, prev: filled(32, 0), ...stamp }, encodeValue({ text: "hello" }));
const firstId = rumorId(hash, meshId, firstRumor.header, hash(firstRumor.body));
export const secondRumor = rumorOf(
  alice,
  {
    seq: 300,
    prev: firstId,
    timeMs: incarnation + 9,
    counter: 2,
    expiryMs: incarnation + 60_000,
    keyId: filled(8, 9),
    low: 200,
  },
  new Uint8Array(0),
);

const mapHeader = { ...firstRumor.header, kind: 1, seq: 7, low: 7, prev: filled(32, 0xc1) };
const mapBody = encodeValue(["color", "green"]);
const mapId = rumorId(hash, meshId, mapHeader, hash(mapBody));
export const mapEntry: Rumor = { header: mapHeader, body: mapBody, signature: signed(alice, rumorBytes(mapId)) };

export function mint(person: Person, slot: number, startedMs = incarnation): Descriptor {
  const { boxKey } = aliceCredential;
  const bare = {
    creator: person.peer,
    incarnation: startedMs,
    boxKey,
    ticket,
    slot,
    signature: filled(64, 0),
    hops: [],
  };
  return { ...bare, signature: signed(person, descriptorBytes(meshId, bare, hash)) };
}

export function transfer(descriptor: Descriptor, from: Person, to: Person): Descriptor {
  const signature = signed(from, transferBytes(meshId, descriptor, to.peer, hash));
  return { ...descriptor, hops: [...descriptor.hops, { to: to.peer, signature }] };
}

export const minted = mint(alice, 340_000_000);
export const passedOnce = transfer(minted, alice, bob);
export const passedTwice = transfer(passedOnce, bob, carol);
const passedAside = transfer(passedOnce, bob, alice);
export const doubleMint: Evidence = {
  kind: "mint",
  a: minted,
  b: mint(alice, 340_000_000, incarnation + 1),
};
export const doubleTransfer: Evidence = {
  kind: "transfer",
  owner: bob.peer,
  index: 1,
  digest: chainDigest(meshId, passedOnce, hash),
  a: passedTwice.hops[1]!,
  b: passedAside.hops[1]!,
};

const otherFirst = rumorOf(alice, { seq: 1, prev: filled(32, 0), ...stamp }, encodeValue({ text: "goodbye" }));
const headOf = ({ header, body, signature }: Rumor): Head => ({ header, bodyHash: hash(body), signature });
export const fork: Evidence = { kind: "fork", a: headOf(firstRumor), b: headOf(otherFirst) };

export const aliceLog = { author: alice.peer, incarnation, topic };
export const bobLog = { author: bob.peer, incarnation: 7, topic: "f".repeat(32) };

export const unsigned = {
  key: bob.peer,
  timeMs: incarnation + 70_000,
  heads: [
    { log: bobLog, seq: 300, idPrefix: filled(16, 0x17) },
    { log: { ...bobLog, incarnation: 8 }, seq: 1, idPrefix: filled(16, 0x18) },
  ],
  revoker: alice.peer,
  ticket,
};
export const revocation = { ...unsigned, signature: signed(alice, revocationBytes(meshId, unsigned, hash)) };
