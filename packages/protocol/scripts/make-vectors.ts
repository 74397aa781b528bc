/**
 * Writes vectors/base58.json, frames.json, statements.json and values.json: what an implementation in another language
 * is checked against. Signatures are real ones, made by keys whose seeds stand in the files; the same bytes at every run.
 *
 *   npx tsx --conditions=@grapevine/source packages/protocol/scripts/make-vectors.ts && npx oxfmt packages/protocol/vectors
 */
import { writeFileSync } from "node:fs";
import {
  chainDigest,
  type Credential,
  credentialBytes,
  departureBytes,
  type Descriptor,
  descriptorBytes,
  encodeBase58,
  encodeCredential,
  encodeEnvelope,
  encodeSymbols,
  encodeFrame,
  encodeRumor,
  encodeValue,
  type Evidence,
  type EnvelopeBody,
  type Frame,
  handshakeBytes,
  type Head,
  type Header,
  headerBytes,
  revocationBytes,
  type Rumor,
  rumorBytes,
  rumorId,
  transferBytes,
} from "@grapevine/protocol";
import { fingerprintVector, ringVector } from "./by-definition.ts";
import { alice, ascii, bob, bytes, carol, filled, hash, hex, type Person, signed } from "./signers.ts";

function write(name: string, vectors: object): void {
  const plain = (_: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) return hex(value);
    if (value instanceof Int32Array) return { signed: [...value] };
    return value instanceof Uint32Array ? { words: [...value] } : value;
  };
  const text = JSON.stringify(vectors, plain, 2);
  writeFileSync(new URL(`../vectors/${name}.json`, import.meta.url), `${text}\n`);
}

/** Short ids of a few items. */
const SOME_IDS = { highs: Uint32Array.of(1, 2, 3, 0xdead_beef), lows: Uint32Array.of(9, 8, 7, 0xcafe_f00d) };

// --- what they say -------------------------------------------------------------------------------------------------

const meshId = hash(ascii("a mesh for vectors"));
const incarnation = 1_700_000_000_000;
const ticket = ascii("a ticket");
const topic = "0123456789abcdef0123456789abcdef";

function credentialOf(person: Person, boxKey: Uint8Array): Credential {
  const statement = credentialBytes(meshId, person.peer, incarnation, boxKey, hash(ticket));
  return { peer: person.peer, incarnation, boxKey, ticket, signature: signed(person, statement) };
}

const aliceCredential = credentialOf(alice, filled(32, 0xa1));
const bobCredential = credentialOf(bob, filled(32, 0xb1));

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
const firstRumor = rumorOf(alice, { seq: 1, prev: filled(32, 0), ...stamp }, encodeValue({ text: "hello" }));
const firstId = rumorId(hash, meshId, firstRumor.header, hash(firstRumor.body));
const secondRumor = rumorOf(
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
const mapEntry: Rumor = { header: mapHeader, body: mapBody, signature: signed(alice, rumorBytes(mapId)) };

function mint(person: Person, slot: number, startedMs = incarnation): Descriptor {
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

function transfer(descriptor: Descriptor, from: Person, to: Person): Descriptor {
  const signature = signed(from, transferBytes(meshId, descriptor, to.peer, hash));
  return { ...descriptor, hops: [...descriptor.hops, { to: to.peer, signature }] };
}

const minted = mint(alice, 340_000_000);
const passedOnce = transfer(minted, alice, bob);
const passedTwice = transfer(passedOnce, bob, carol);
const passedAside = transfer(passedOnce, bob, alice);
const doubleMint: Evidence = {
  kind: "mint",
  a: minted,
  b: mint(alice, 340_000_000, incarnation + 1),
};
const doubleTransfer: Evidence = {
  kind: "transfer",
  owner: bob.peer,
  index: 1,
  digest: chainDigest(meshId, passedOnce, hash),
  a: passedTwice.hops[1]!,
  b: passedAside.hops[1]!,
};

const otherFirst = rumorOf(alice, { seq: 1, prev: filled(32, 0), ...stamp }, encodeValue({ text: "goodbye" }));
const headOf = ({ header, body, signature }: Rumor): Head => ({ header, bodyHash: hash(body), signature });
const fork: Evidence = { kind: "fork", a: headOf(firstRumor), b: headOf(otherFirst) };

// --- base58 -------------------------------------------------------------------------------------------------------

write("base58", {
  valid: [
    ["nothing", ""],
    ["a zero byte", "00"],
    ["three zero bytes", "000000"],
    ["one", "01"],
    ["the greatest digit", "39"],
    ["two digits", "3a"],
    ["zero bytes in front", "0000287fb4cd"],
    ["text", hex(ascii("Hello World!"))],
    ["an odd number of bytes", "516b6fcd0f"],
    ["32 zero bytes", "00".repeat(32)],
    ["32 bytes of ones", "ff".repeat(32)],
    ["Alice's key", hex(alice.publicKey)],
    ["Bob's key", hex(bob.publicKey)],
  ].map(([note, hex]) => ({ note, hex, text: encodeBase58(bytes(hex!)) })),
  invalid: [
    { note: "a zero", text: "10" },
    { note: "a capital o", text: "O" },
    { note: "a capital i", text: "I" },
    { note: "a small l", text: "l" },
    { note: "a space", text: "2 " },
    { note: "beyond ASCII", text: "é" },
  ],
  peers: [
    { note: "32 zero bytes", text: encodeBase58(filled(32, 0)), valid: true },
    { note: "32 bytes of ones", text: encodeBase58(filled(32, 255)), valid: true },
    { note: "31 bytes", text: encodeBase58(filled(31, 255)), valid: false },
    { note: "33 bytes", text: encodeBase58(filled(33, 1)), valid: false },
    { note: "nothing", text: "", valid: false },
  ],
});

// --- frames -------------------------------------------------------------------------------------------------------

const aliceLog = { author: alice.peer, incarnation, topic };
const bobLog = { author: bob.peer, incarnation: 7, topic: "f".repeat(32) };

const unsigned = {
  key: bob.peer,
  timeMs: incarnation + 70_000,
  heads: [
    { log: bobLog, seq: 300, idPrefix: filled(16, 0x17) },
    { log: { ...bobLog, incarnation: 8 }, seq: 1, idPrefix: filled(16, 0x18) },
  ],
  revoker: alice.peer,
  ticket,
};
const revocation = { ...unsigned, signature: signed(alice, revocationBytes(meshId, unsigned, hash)) };

const FRAMES: readonly (readonly [string, Frame])[] = [
  [
    "hello",
    {
      kind: "hello",
      versionMin: 1,
      versionMax: 1,
      capabilities: 0,
      meshId,
      nonce: filled(32, 0x11),
      revocations: filled(8, 0x12),
      credential: aliceCredential,
    },
  ],
  ["auth", { kind: "auth", signature: filled(64, 0x22) }],
  ["bye, the first reason", { kind: "bye", reason: "goodbye" }],
  ["bye, the last reason", { kind: "bye", reason: "left" }],
  [
    "departure, with a signature that holds",
    {
      kind: "departure",
      peer: bob.peer,
      incarnation,
      signature: signed(bob, departureBytes(meshId, bob.peer, incarnation)),
    },
  ],
  ["ping", { kind: "ping", nonce: 0xdeadbeef }],
  ["pong", { kind: "pong", nonce: 0xdeadbeef, timeMs: incarnation + 1 }],
  ["peersWant, of neighbors", { kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }],
  ["peersWant, of a ring", { kind: "peersWant", of: "ring", ring: 3, epoch: 2_833_333 }],
  ["peersHave, nobody", { kind: "peersHave", credentials: [], samples: [] }],
  [
    "peersHave, a credential and a sample",
    { kind: "peersHave", credentials: [bobCredential], samples: [{ descriptor: minted, chain: 3 }] },
  ],
  ["shuffle, a descriptor with one transfer", { kind: "shuffle", id: 5, descriptors: [passedOnce] }],
  ["shuffleReply, a descriptor with two", { kind: "shuffleReply", id: 5, descriptors: [passedTwice] }],
  [
    "route",
    {
      kind: "route",
      circuit: "0011223344556677",
      to: carol.peer,
      slot: 340_000_000,
      chain: 2,
      hops: 8,
      sealed: ascii("sealed"),
    },
  ],
  ["circuit", { kind: "circuit", circuit: "0011223344556677", sealed: ascii("sealed") }],
  ["routeEnd", { kind: "routeEnd", circuit: "0011223344556677" }],
  ["rumor, the first of a log, public", { kind: "rumor", hops: 1, repair: false, rumor: firstRumor }],
  ["rumor, a later one, with an expiry, empty", { kind: "rumor", hops: 255, repair: true, rumor: secondRumor }],
  ["digest", { kind: "digest", round: 300, beforeMs: incarnation, logs: 3, fingerprint: bytes("0123456789abcdef") }],
  ["have, nothing", { kind: "have", round: 0, covers: { kind: "none" }, logs: [] }],
  [
    "have, two logs in full",
    {
      kind: "have",
      round: 300,
      covers: { kind: "all" },
      logs: [
        {
          log: aliceLog,
          low: 1,
          ranges: [
            [1, 18],
            [20, 20],
            [22, 71],
          ],
        },
        { log: bobLog, low: 300, ranges: [[300, 1000]] },
      ],
    },
  ],
  [
    "have, one log by its name and one in full, of three parts of sixteen",
    {
      kind: "have",
      round: 300,
      covers: { kind: "buckets", bits: 4, buckets: [0, 7, 15] },
      logs: [
        { log: 0x7123_4567_89ab, low: 1, ranges: [[1, 18]] },
        { log: bobLog, low: 300, ranges: [[300, 1000]] },
      ],
    },
  ],
  [
    "have, of logs at two versions",
    {
      kind: "have",
      round: 300,
      covers: { kind: "versions", versions: Uint32Array.of(1, 2, 0xffff_ffff, 0) },
      logs: [],
    },
  ],
  [
    "want",
    {
      kind: "want",
      round: 300,
      wants: [
        { log: 0x7123_4567_89ab, ranges: [[19, 19]] },
        {
          log: bobLog,
          ranges: [
            [14, 14],
            [16, 16],
            [22, 71],
          ],
        },
      ],
    },
  ],
  [
    "reconcile, the first fingerprints",
    {
      kind: "reconcile",
      round: 300,
      part: {
        step: "prints",
        size: 50,
        within: { bits: 0, buckets: [0] },
        bits: 2,
        prints: Uint32Array.of(0, 1, 0x12_3456, 0xff_ffff),
      },
    },
  ],
  [
    "reconcile, closer",
    {
      kind: "reconcile",
      round: 300,
      part: {
        step: "prints",
        size: 50,
        within: { bits: 2, buckets: [1, 3] },
        bits: 1,
        prints: Uint32Array.of(0, 1, 2, 3),
      },
    },
  ],
  [
    "reconcile, coded symbols",
    { kind: "reconcile", round: 300, part: { step: "symbols", symbols: encodeSymbols(SOME_IDS, 5) } },
  ],
  [
    "reconcile, names that mean nothing",
    { kind: "reconcile", round: 300, part: { step: "names", names: [1, 0x7123_4567_89ab] } },
  ],
  ["credentialsWant", { kind: "credentialsWant", peers: [alice.peer, bob.peer] }],
  ["credentialsHave", { kind: "credentialsHave", credentials: [aliceCredential, bobCredential] }],
  ["evidence-mint", { kind: "evidence", evidence: doubleMint }],
  ["evidence-transfer", { kind: "evidence", evidence: doubleTransfer }],
  ["evidence-fork", { kind: "evidence", evidence: fork }],
  ["revocations, none", { kind: "revocations", held: filled(8, 0x15), list: [] }],
  ["revocations", { kind: "revocations", held: filled(8, 0x16), list: [revocation] }],
  [
    "iHave",
    {
      kind: "iHave",
      rumors: [
        { id: "0011223344556677", hops: 2 },
        { id: "8899aabbccddeeff", hops: 255 },
      ],
    },
  ],
  ["graft", { kind: "graft", wanted: true, ids: ["0011223344556677", "8899aabbccddeeff"] }],
  ["prune", { kind: "prune", sources: [alice.peer] }],
  ["tell", { kind: "tell", asks: true, rumors: [{ id: "0011223344556677", counter: 2 }] }],
  ["tell-nothing", { kind: "tell", asks: true, rumors: [] }],
  [
    "told",
    {
      kind: "told",
      refused: false,
      answers: [
        { id: "0011223344556677", standing: 1 },
        { id: "8899aabbccddeeff", standing: 253 },
      ],
    },
  ],
  ["rumor, an entry of a map", { kind: "rumor", hops: 1, repair: false, rumor: mapEntry }],
  [
    "mapDigest, which opens a round",
    {
      kind: "mapDigest",
      round: 0xdeadbeef,
      spans: [{ end: undefined, says: { kind: "print", high: 0x01234567, low: 0x89abcdef } }],
    },
  ],
  ["mapDigest, all is equal", { kind: "mapDigest", round: 0xdeadbeef, spans: [] }],
  [
    "mapDigest, of a reconciliation",
    {
      kind: "mapDigest",
      round: 0xdeadbeef,
      spans: [
        { end: { order: incarnation, high: 0x0a0b0000, low: 0 }, says: { kind: "print", high: 1, low: 2 } },
        { end: { order: incarnation - 5, high: 0, low: 0 }, says: { kind: "done" } },
        { end: { order: incarnation - 9, high: 1, low: 2 }, says: { kind: "ids", ids: Uint32Array.of(3, 4, 5, 6) } },
        { end: undefined, says: { kind: "lacks", ids: Uint32Array.of(7, 8) } },
      ],
    },
  ],
  ["mapWant", { kind: "mapWant", round: 0xdeadbeef, ids: Uint32Array.of(1, 2, 0xffffffff, 4) }],
  [
    "keyWant",
    { kind: "keyWant", proof: { under: "0102030405060708", mac: filled(32, 5) }, keyIds: ["1112131415161718"] },
  ],
  ["keyWant-newcomer", { kind: "keyWant", proof: undefined, keyIds: ["1112131415161718", "2122232425262728"] }],
  ["keyGive", { kind: "keyGive", sealed: filled(104, 6) }],
  ["keyGive-nothing", { kind: "keyGive", sealed: new Uint8Array(0) }],
  ["told-refused", { kind: "told", refused: true, answers: [] }],
];

const CALL = { call: "8899aabbccddeeff", purpose: "ring", ring: 2, epoch: 2_833_333 } as const;
const BODIES: readonly EnvelopeBody[] = [
  { type: "request", ...CALL },
  { type: "offer", ...CALL, purpose: "filler", signal: ascii("an offer") },
  { type: "answer", call: CALL.call, signal: ascii("an answer") },
  { type: "refuse", call: CALL.call, reason: "busy" },
  { type: "revoked", call: CALL.call, list: [revocation] },
  { type: "convicted", call: CALL.call, evidence: fork },
  { type: "message", id: "0102030405060708", data: encodeValue({ text: "for you" }) },
  { type: "ack", id: "0102030405060708" },
  { type: "gossip", id: "0102030405060708", frame: encodeFrame({ kind: "ping", nonce: 7 }) },
];

const logHex = `${hex(alice.publicKey)}018bcfe56800${topic}`;
const hello = hex(encodeFrame(FRAMES[0]![1]));
const rumorFrame = hex(encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor: firstRumor }));

write("frames", {
  frames: FRAMES.map(([note, frame]) => ({ note, hex: encodeFrame(frame), frame })),
  envelopes: BODIES.map((body) => {
    const envelope = { sender: aliceCredential, body };
    return { note: body.type, hex: encodeEnvelope(envelope), envelope };
  }),
  credentials: [{ note: "a card", hex: encodeCredential(aliceCredential), credential: aliceCredential }],
  rumors: [{ note: "as it is stored", hex: encodeRumor(firstRumor), rumor: firstRumor }],
  skipped: [
    { note: "a kind without a meaning", hex: "40" },
    { note: "the last that may be skipped, with anything in it", hex: "7fffffff" },
  ],
  refused: [
    { note: "nothing", hex: "", reason: "empty" },
    { note: "the first kind that may not be skipped", hex: "80", reason: "critical-unknown-kind" },
    { note: "the last kind", hex: "ff00", reason: "critical-unknown-kind" },
    { note: "hello of versions 2 to 3, in whatever form", hex: "0000020003ff", reason: "wrong-version" },
    { note: "hello that is cut", hex: hello.slice(0, -2), reason: "truncated" },
    { note: "hello with something behind it", hex: `${hello}00`, reason: "trailing-bytes" },
    { note: "bye with an unknown reason", hex: "02ff", reason: "bad-value" },
    { note: "ping that is cut", hex: "04000000", reason: "truncated" },
    { note: "peersWant of neither", hex: `060200${"00".repeat(6)}`, reason: "bad-value" },
    { note: "rumor with a flag of 2", hex: `0d0102${rumorFrame.slice(6)}`, reason: "bad-value" },
    { note: "rumor of another version", hex: `0d010002${rumorFrame.slice(8)}`, reason: "bad-value" },
    { note: "credentialsWant of more than there are", hex: "1102", reason: "truncated" },
    { note: "credentialsWant of more than allowed", hex: "1119", reason: "too-long" },
    { note: "a count that is longer than needed", hex: "118000", reason: "overlong-varint" },
    { note: "want with a range beyond 2^53 - 1", hex: `10000001${logHex}01ffffffffffffff0f00`, reason: "bad-value" },
    { note: "iHave of more than allowed", hex: "148104", reason: "too-long" },
    { note: "tell of more than allowed", hex: "17008104", reason: "too-long" },
    { note: "told with a flag of 2", hex: "180200", reason: "bad-value" },
    { note: "graft that is cut", hex: "150101", reason: "truncated" },
    { note: "have that covers what nobody knows", hex: "0f0004", reason: "bad-value" },
    { note: "have of a part beyond the last", hex: "0f00020101020000", reason: "bad-value" },
    { note: "reconcile of parts that are too small", hex: "1e0000000f010000", reason: "too-long" },
    { note: "reconcile with a print too few", hex: "1e00000000010001000000", reason: "too-long" },
    { note: "circuit with sealed bytes beyond the limit", hex: `0b${"00".repeat(8)}81c004`, reason: "too-long" },
  ],
});

// --- statements ---------------------------------------------------------------------------------------------------

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

write("statements", {
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
});

// --- values -------------------------------------------------------------------------------------------------------

/** As JSON, with `$bytes` for bytes in hex and `$number` for numbers that JSON has no form for. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: hex(value) };
  if (Object.is(value, -0)) return { $number: "-0" };
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, asJson(held)]));
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["false", false],
  ["true", true],
  ["zero", 0],
  ["one byte", 127],
  ["two bytes", 128],
  ["the greatest whole number", Number.MAX_SAFE_INTEGER],
  ["minus one", -1],
  ["the least whole number", Number.MIN_SAFE_INTEGER],
  ["a fraction", 0.5],
  ["a whole number that is too great for a varint", 2 ** 53],
  ["minus zero", -0],
  ["the least number above zero", Number.MIN_VALUE],
  ["an empty text", ""],
  ["a text", "hello"],
  ["a text beyond ASCII", "grüße, 木 😀"],
  ["a lone surrogate", "\ud800"],
  ["no bytes", new Uint8Array(0)],
  ["bytes", Uint8Array.of(0, 1, 255)],
  ["an empty array", []],
  ["an array", [null, [1], -1]],
  ["an empty object", {}],
  [
    "an object, in the order of its author",
    { text: "hello", at: 1_700_000_000_000, to: ["a", "b"], key: filled(2, 7) },
  ],
];

write("values", {
  valid: VALUES.map(([note, value]) => ({ note, hex: encodeValue(value), value: asJson(value) })),
  refused: [
    { note: "nothing", hex: "", reason: "truncated" },
    { note: "an unknown tag", hex: "0a", reason: "bad-value" },
    { note: "a tag of states", hex: "40", reason: "bad-value" },
    { note: "a whole number that is cut", hex: "0380", reason: "truncated" },
    { note: "a whole number that is longer than needed", hex: "038000", reason: "overlong-varint" },
    { note: "a whole number beyond 2^53 - 1", hex: "038080808080808010", reason: "bad-value" },
    { note: "a negative number below -(2^53 - 1)", hex: "04ffffffffffffff0f", reason: "bad-value" },
    { note: "a float that is a whole number", hex: "053ff0000000000000", reason: "bad-value" },
    { note: "a float that is not a number", hex: "057ff8000000000000", reason: "bad-value" },
    { note: "a float that is infinite", hex: "05fff0000000000000", reason: "bad-value" },
    { note: "a text that is no UTF-8", hex: "0601ff", reason: "bad-utf8" },
    { note: "a text in a longer form than needed", hex: "0602c080", reason: "bad-utf8" },
    { note: "a pair of surrogates in two halves", hex: "0606eda0bdedb880", reason: "bad-utf8" },
    { note: "an array of more than there is", hex: "0802", reason: "truncated" },
    { note: "an object with a key twice", hex: "0902016100016101", reason: "bad-value" },
    { note: "two values", hex: "0000", reason: "trailing-bytes" },
    { note: "65 levels", hex: `${"0801".repeat(65)}00`, reason: "too-deep" },
  ],
});
