/** The vectors of frames and of what travels sealed: what decodes to what, what is skipped, what is refused and why. */
import {
  departureBytes,
  encodeCredential,
  encodeEnvelope,
  encodeFrame,
  encodeRumor,
  encodeValue,
  type EnvelopeBody,
  type Frame,
} from "@grapevine/protocol";
import { encodeSymbols } from "@grapevine/protocol/models";
import {
  meshId,
  incarnation,
  topic,
  aliceCredential,
  bobCredential,
  firstRumor,
  secondRumor,
  mapEntry,
  minted,
  passedOnce,
  passedTwice,
  doubleMint,
  doubleTransfer,
  fork,
  aliceLog,
  bobLog,
  revocation,
} from "./said.ts";
import { alice, ascii, bob, bytes, carol, filled, hex, signed } from "./signers.ts";

/** Short ids of a few items. */
const SOME_IDS = { highs: Uint32Array.of(1, 2, 3, 0xdead_beef), lows: Uint32Array.of(9, 8, 7, 0xcafe_f00d) };

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
  [
    "segment, of two rumors",
    {
      kind: "segment",
      hops: 2,
      log: {
        author: firstRumor.header.author,
        incarnation: firstRumor.header.incarnation,
        topic: firstRumor.header.topic,
      },
      first: 1,
      prev: filled(32, 0),
      entries: [firstRumor, secondRumor].map(({ header, body, signature }) => {
        const { kind, timeMs, counter, expiryMs, keyId } = header;
        return { kind, low: 1, timeMs, counter, expiryMs, keyId, body, signature };
      }),
    },
  ],
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
    "profileDigest",
    {
      kind: "profileDigest",
      round: 0xdeadbeef,
      bits: 1,
      says: { kind: "prints", prints: Uint32Array.of(1, 0xffffffff) },
    },
  ],
  [
    "profileDigest-versions",
    {
      kind: "profileDigest",
      round: 0xdeadbeef,
      bits: 1,
      says: {
        kind: "versions",
        parts: 3,
        versions: [
          { name: 5, incarnation: 1_700_000_000_000, seq: 1, print: 7 },
          { name: 0xfedcba987654, incarnation: 1_700_000_000_001, seq: 300, print: 0x80000000 },
        ],
      },
    },
  ],
  ["profileWant", { kind: "profileWant", round: 0xdeadbeef, names: [5, 0xfedcba987654] }],
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

export const frameVectors: object = {
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
};
