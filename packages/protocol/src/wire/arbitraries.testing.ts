/**
 * Arbitrary frames of every kind, envelopes, rumors and credentials, for the fuzzing of decoders and of rooms. Whatever
 * comes out of here is valid on the wire; nothing about its signatures is.
 */
import * as fc from "fast-check";
import { limits } from "../limits.ts";
import type {
  Credential,
  Descriptor,
  Evidence,
  Head,
  Header,
  LastHead,
  LogId,
  PeerId,
  Range,
  Revocation,
  Rumor,
} from "../types.ts";
import { peerIdOf } from "./base58.ts";
import type {
  Buckets,
  Covers,
  Envelope,
  EnvelopeBody,
  Frame,
  LogName,
  NamedVersion,
  ReconcilePart,
  RefuseReason,
  Sample,
} from "./frames.ts";
import { BYE_REASONS } from "./frames.ts";
import type { Span } from "../repair/reconcile/range-reconciler.ts";
import { partOf } from "../state/profile-table.ts";
import { compareLogs } from "./revocation-codec.ts";
import { RUMOR_VERSION } from "./rumor-codec.ts";
import { HEAD_ID_BYTES } from "./statements.ts";
import { toHex } from "./hex.ts";

const U48_MAX = 2 ** 48 - 1;

/** From one number, for a generator of bytes by the byte is slow; 0 gives zeros. */
function spun(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (seed === 0) return bytes;
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    bytes[i] = state >>> 13;
  }
  return bytes;
}

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.nat().map((seed) => spun(seed, length));
}

export function bytesUpTo(max: number): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(), fc.nat(max)).map(([seed, length]) => spun(seed, length));
}

function hexOf(length: number): fc.Arbitrary<string> {
  return bytesOf(length).map(toHex);
}

/** As `fc.record`, whose records may otherwise lack a prototype. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

/** Few enough that frames often speak of the same peers. */
const KEYS = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i * 31).with(31, i));

export const peer: fc.Arbitrary<PeerId> = fc.oneof(fc.constantFrom(...KEYS), bytesOf(32)).map(peerIdOf);
const timeMs: fc.Arbitrary<number> = fc.oneof(
  fc.nat(10),
  fc.maxSafeNat().map((n) => n % (U48_MAX + 1)),
);
const byte = fc.nat(255);
const u32 = fc.nat(0xffff_ffff);
const u48 = fc.maxSafeNat().map((n) => n % (U48_MAX + 1));
const varint = fc.oneof(fc.nat(300), fc.maxSafeNat());
const signature = bytesOf(64);
const ticket = fc.oneof({ weight: 9, arbitrary: bytesUpTo(40) }, bytesUpTo(limits.ticketBytesMax));

export const credential: fc.Arbitrary<Credential> = record<Credential>({
  peer,
  incarnation: timeMs,
  boxKey: bytesOf(32),
  ticket,
  signature,
});

export const descriptor: fc.Arbitrary<Descriptor> = record<Descriptor>({
  creator: peer,
  incarnation: timeMs,
  boxKey: bytesOf(32),
  ticket,
  slot: varint,
  signature,
  hops: fc.array(record({ to: peer, signature }), { maxLength: limits.hopsMax }),
});

const sample: fc.Arbitrary<Sample> = record<Sample>({
  descriptor: descriptor.map((descriptor) => ({ ...descriptor, hops: [] })),
  chain: byte,
});

export const header: fc.Arbitrary<Header> = fc
  .tuple(
    record<Omit<Header, "seq" | "low">>({
      version: fc.constant(RUMOR_VERSION),
      author: peer,
      incarnation: timeMs,
      topic: hexOf(16),
      prev: bytesOf(32),
      timeMs,
      counter: varint,
      expiryMs: timeMs,
      keyId: bytesOf(8),
      kind: byte,
    }),
    varint,
    varint,
  )
  .map(([header, a, b]) => Object.assign(header, { seq: Math.max(a, b, 1), low: Math.max(Math.min(a, b), 1) }));

export const rumor: fc.Arbitrary<Rumor> = record<Rumor>({ header, body: bytesUpTo(300), signature });

export const log: fc.Arbitrary<LogId> = record<LogId>({ author: peer, incarnation: timeMs, topic: hexOf(16) });

/** Ascending, disjoint, not adjacent. */
export const ranges: fc.Arbitrary<readonly Range[]> = fc
  .array(fc.tuple(fc.nat(100), fc.oneof(fc.constant(0), fc.nat(1000))), { maxLength: 64 })
  .map((steps) => {
    let end = -1;
    return steps.map(([gap, more]): Range => {
      const from = end + 2 + gap;
      end = from + more;
      return [from, end];
    });
  });

/** Things said of logs, first of those that go by short names. */
function namedFirst<T>(of: (log: fc.Arbitrary<LogName>) => fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  const [named, full] = [of(timeMs), of(log)].map((one) => fc.array(one, { maxLength: 4 }));
  return fc.tuple(named!, full!).map((parts) => parts.flat());
}

const words = fc.array(u32, { maxLength: 8 }).map((some) => Uint32Array.from(some.slice(some.length % 2)));
const buckets: fc.Arbitrary<Buckets> = fc
  .tuple(fc.nat(6), fc.uniqueArray(fc.nat(63), { maxLength: 6 }))
  .map(([bits, all]) => ({ bits, buckets: all.filter((one) => one < 2 ** bits).toSorted((a, b) => a - b) }));
const covers: fc.Arbitrary<Covers> = fc.oneof(
  record({ kind: fc.constantFrom("none" as const, "all" as const) }),
  buckets.map((some) => ({ kind: "buckets" as const, ...some })),
  record({ kind: fc.constant("versions" as const), versions: words }),
);
export const part: fc.Arbitrary<ReconcilePart> = fc.oneof(
  fc.tuple(varint, buckets, fc.nat(4), fc.nat()).map(([size, within, bits, seed]) => {
    const prints = new Uint32Array(within.buckets.length << bits).map((_, i) => Math.imul(seed + i, 0x9e3779b1) >>> 8);
    return { step: "prints" as const, size, within, bits, prints };
  }),
  fc.tuple(fc.nat(1000), fc.nat(12), fc.nat()).map(([size, count, seed]) => {
    const column = (salt: number): Uint32Array => new Uint32Array(count).map((_, i) => Math.imul(seed + i, salt));
    const counts = Int32Array.from(column(3), (word) => word >> 8);
    const [highs, lows, checks] = [column(5), column(7), column(11)];
    return { step: "symbols" as const, symbols: { size, counts, highs, lows, checks } };
  }),
  record({ step: fc.constant("names" as const), names: fc.array(timeMs, { maxLength: 5 }) }),
);
const credentials = fc.array(credential, { maxLength: 4 });
const descriptors = fc.array(descriptor, { maxLength: 4 });
const shuffle = { id: varint, descriptors };

type OfKind<K extends Frame["kind"]> = Frame & { readonly kind: K };

const shortIds = fc.array(fc.tuple(u32, u32), { maxLength: 5 }).map((ids) => Uint32Array.from(ids.flat()));
const says: fc.Arbitrary<Span["says"]> = fc.oneof(
  fc.constant({ kind: "done" as const }),
  record({ kind: fc.constant("print" as const), high: u32, low: u32 }),
  record({ kind: fc.constantFrom("ids" as const, "lacks" as const), ids: shortIds }),
);
/** Their bounds go down in order. */
const spans: fc.Arbitrary<readonly Span[]> = fc
  .array(fc.tuple(timeMs, says), { maxLength: 6 })
  .map((given) => {
    const orders = [...new Set(given.map(([order]) => order))].toSorted((a, b) => b - a);
    return given.map(([, says], i) => {
      const order = orders[i];
      return { end: order === undefined ? undefined : { order, high: 0x0a00_0000, low: 0 }, says };
    });
  })
  .map((given) => given.slice(0, given.findIndex(({ end }) => end === undefined) + 1 || given.length));
const head = record<Head>({ header, bodyHash: bytesOf(32), signature });
const minted = descriptor.map((given) => ({ ...given, hops: [] }));
const hop = record({ to: peer, signature });
const evidence: fc.Arbitrary<Evidence> = fc.oneof(
  record({ kind: fc.constant("mint" as const), a: minted, b: minted }),
  record({ kind: fc.constant("transfer" as const), owner: peer, index: byte, digest: bytesOf(32), a: hop, b: hop }),
  record({ kind: fc.constant("fork" as const), a: head, b: head }),
);

export const revocation: fc.Arbitrary<Revocation> = record<Revocation>({
  key: peer,
  timeMs,
  heads: fc
    .uniqueArray(
      record<LastHead>({ log, seq: varint.map((seq) => Math.max(1, seq)), idPrefix: bytesOf(HEAD_ID_BYTES) }),
      {
        maxLength: 6,
        comparator: (a, b) => compareLogs(a.log, b.log) === 0,
      },
    )
    .map((heads) => heads.toSorted((a, b) => compareLogs(a.log, b.log))),
  revoker: peer,
  ticket,
  signature,
});

function ascending(names: readonly number[]): number[] {
  return names.toSorted((a, b) => a - b);
}

const names48 = fc.uniqueArray(fc.oneof(fc.nat(40), u48), { maxLength: 40 }).map(ascending);
const version = record<Omit<NamedVersion, "name">>({ incarnation: timeMs, seq: varint, print: u32 });

const profileDigest: fc.Arbitrary<OfKind<"profileDigest">> = fc.nat(5).chain((bits) =>
  record<OfKind<"profileDigest">>({
    kind: fc.constant("profileDigest"),
    round: u32,
    bits: fc.constant(bits),
    says: fc.oneof(
      fc
        .array(u32, { minLength: 2 ** bits, maxLength: 2 ** bits })
        .map((prints) => ({ kind: "prints", prints: Uint32Array.from(prints) }) as const),
      fc.tuple(names48, version).map(([names, version]) => ({
        kind: "versions" as const,
        parts: names.reduce((parts, name) => (parts | (1 << partOf(name, bits))) >>> 0, 0),
        versions: names.map((name) => ({ name, ...version })),
      })),
    ),
  }),
);

/** Arbitrary frames of each kind. */
export const frameOf: { readonly [K in Frame["kind"]]: fc.Arbitrary<OfKind<K>> } = {
  hello: record<OfKind<"hello">>({
    kind: fc.constant("hello"),
    versionMin: fc.nat(1),
    versionMax: fc.integer({ min: 1, max: 0xffff }),
    capabilities: u32,
    meshId: bytesOf(32),
    nonce: bytesOf(32),
    revocations: bytesOf(8),
    credential,
  }),
  auth: record<OfKind<"auth">>({ kind: fc.constant("auth"), signature }),
  bye: record<OfKind<"bye">>({ kind: fc.constant("bye"), reason: fc.constantFrom(...BYE_REASONS) }),
  departure: record<OfKind<"departure">>({ kind: fc.constant("departure"), peer, incarnation: timeMs, signature }),
  ping: record<OfKind<"ping">>({ kind: fc.constant("ping"), nonce: u32 }),
  pong: record<OfKind<"pong">>({ kind: fc.constant("pong"), nonce: u32, timeMs }),
  peersWant: record<OfKind<"peersWant">>({
    kind: fc.constant("peersWant"),
    of: fc.constantFrom("neighbors", "ring"),
    ring: byte,
    epoch: timeMs,
  }),
  peersHave: record<OfKind<"peersHave">>({
    kind: fc.constant("peersHave"),
    credentials,
    samples: fc.array(sample, { maxLength: limits.descriptorsMax }),
  }),
  shuffle: record<OfKind<"shuffle">>({ kind: fc.constant("shuffle"), ...shuffle }),
  shuffleReply: record<OfKind<"shuffleReply">>({ kind: fc.constant("shuffleReply"), ...shuffle }),
  route: record<OfKind<"route">>({
    kind: fc.constant("route"),
    circuit: hexOf(8),
    to: peer,
    slot: varint,
    chain: byte,
    hops: byte,
    sealed: bytesUpTo(300),
  }),
  circuit: record<OfKind<"circuit">>({ kind: fc.constant("circuit"), circuit: hexOf(8), sealed: bytesUpTo(300) }),
  routeEnd: record<OfKind<"routeEnd">>({ kind: fc.constant("routeEnd"), circuit: hexOf(8) }),
  rumor: record<OfKind<"rumor">>({ kind: fc.constant("rumor"), hops: byte, repair: fc.boolean(), rumor }),
  segment: record<OfKind<"segment">>({
    kind: fc.constant("segment"),
    hops: byte,
    log,
    first: fc.integer({ min: 1, max: 2 ** 40 }),
    prev: bytesOf(32),
    entries: fc.array(
      record({
        kind: byte,
        low: fc.constant(1),
        timeMs,
        counter: varint,
        expiryMs: timeMs,
        keyId: bytesOf(8),
        body: bytesUpTo(300),
        signature,
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  digest: record<OfKind<"digest">>({
    kind: fc.constant("digest"),
    round: varint,
    beforeMs: timeMs,
    logs: varint,
    fingerprint: bytesOf(8),
  }),
  reconcile: record<OfKind<"reconcile">>({ kind: fc.constant("reconcile"), round: varint, part }),
  have: record<OfKind<"have">>({
    kind: fc.constant("have"),
    round: varint,
    covers,
    logs: namedFirst((log) => record({ log, low: varint, ranges })),
  }),
  want: record<OfKind<"want">>({
    kind: fc.constant("want"),
    round: varint,
    wants: namedFirst((log) => record({ log, ranges })),
  }),
  credentialsWant: record<OfKind<"credentialsWant">>({
    kind: fc.constant("credentialsWant"),
    peers: fc.array(peer, { maxLength: limits.credentialsMax }),
  }),
  credentialsHave: record<OfKind<"credentialsHave">>({ kind: fc.constant("credentialsHave"), credentials }),
  evidence: record<OfKind<"evidence">>({ kind: fc.constant("evidence"), evidence }),
  revocations: record<OfKind<"revocations">>({
    kind: fc.constant("revocations"),
    held: bytesOf(8),
    list: fc.array(revocation, { maxLength: 3 }),
  }),
  iHave: record<OfKind<"iHave">>({
    kind: fc.constant("iHave"),
    rumors: fc.array(record({ id: hexOf(8), hops: byte }), { maxLength: 40 }),
  }),
  graft: record<OfKind<"graft">>({
    kind: fc.constant("graft"),
    wanted: fc.boolean(),
    ids: fc.array(hexOf(8), { maxLength: 40 }),
  }),
  prune: record<OfKind<"prune">>({
    kind: fc.constant("prune"),
    sources: fc.array(peer, { maxLength: limits.prunedMax }),
  }),
  tell: record<OfKind<"tell">>({
    kind: fc.constant("tell"),
    asks: fc.boolean(),
    rumors: fc.array(record({ id: hexOf(8), counter: byte }), { maxLength: 40 }),
  }),
  told: record<OfKind<"told">>({
    kind: fc.constant("told"),
    refused: fc.boolean(),
    answers: fc.array(record({ id: hexOf(8), standing: byte }), { maxLength: 40 }),
  }),
  mapDigest: record<OfKind<"mapDigest">>({ kind: fc.constant("mapDigest"), round: u32, spans }),
  mapWant: record<OfKind<"mapWant">>({ kind: fc.constant("mapWant"), round: u32, ids: shortIds }),
  profileDigest,
  profileWant: record<OfKind<"profileWant">>({
    kind: fc.constant("profileWant"),
    round: u32,
    names: names48,
  }),
  keyWant: record<OfKind<"keyWant">>({
    kind: fc.constant("keyWant"),
    proof: fc.option(record({ under: hexOf(8), mac: bytesOf(32) }), { nil: undefined }),
    keyIds: fc.array(hexOf(8), { maxLength: limits.keysAtOnceMax }),
  }),
  keyGive: record<OfKind<"keyGive">>({ kind: fc.constant("keyGive"), sealed: bytesUpTo(300) }),
};

/** An arbitrary frame of any kind. */
export const frame: fc.Arbitrary<Frame> = fc.oneof(...Object.values<fc.Arbitrary<Frame>>(frameOf));

const REFUSALS: readonly RefuseReason[] = ["full", "not-assigned", "busy", "already-linked", "left"];
const call = { call: hexOf(8), purpose: fc.constantFrom("ring", "filler", "join"), ring: byte, epoch: timeMs } as const;
const signal = bytesUpTo(300);

type OfType<T extends EnvelopeBody["type"]> = EnvelopeBody & { readonly type: T };

export const envelopeBody: fc.Arbitrary<EnvelopeBody> = fc.oneof(
  record<OfType<"request">>({ type: fc.constant("request"), ...call }),
  record<OfType<"offer">>({ type: fc.constant("offer"), ...call, signal }),
  record<OfType<"answer">>({ type: fc.constant("answer"), call: hexOf(8), signal }),
  record<OfType<"refuse">>({ type: fc.constant("refuse"), call: hexOf(8), reason: fc.constantFrom(...REFUSALS) }),
  record<OfType<"message">>({ type: fc.constant("message"), id: hexOf(8), data: bytesUpTo(300) }),
  record<OfType<"ack">>({ type: fc.constant("ack"), id: hexOf(8) }),
  record<OfType<"convicted">>({ type: fc.constant("convicted"), call: hexOf(8), evidence }),
  record<OfType<"gossip">>({ type: fc.constant("gossip"), id: hexOf(8), frame: bytesUpTo(300) }),
  record<OfType<"revoked">>({
    type: fc.constant("revoked"),
    call: hexOf(8),
    list: fc.array(revocation, { maxLength: 2 }),
  }),
);

export const envelope: fc.Arbitrary<Envelope> = record<Envelope>({ sender: credential, body: envelopeBody });

/** Arbitrary application data. */
export const data: fc.Arbitrary<unknown> = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "binary" }),
    // Lone surrogates.
    fc.array(fc.nat(0xffff), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
    bytesUpTo(40),
    fc.array(tie("data"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "1", "0")), tie("data"), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
})).data;

/** Valid bytes with one byte changed, cut off, put in, or with the tail of other bytes. */
export function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(valid, fc.nat(), byte, fc.constantFrom("change", "cut", "add", "insert", "join"), valid)
    .map(([bytes, where, byte, how, other]) => {
      const at = bytes.length === 0 ? 0 : where % bytes.length;
      switch (how) {
        case "change":
          return bytes.length === 0 ? bytes : bytes.with(at, byte);
        case "cut":
          return bytes.slice(0, at);
        case "add":
          return Uint8Array.of(...bytes, byte);
        case "insert":
          return Uint8Array.of(...bytes.subarray(0, at), byte, ...bytes.subarray(at));
        default:
          return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(at));
      }
    });
}
