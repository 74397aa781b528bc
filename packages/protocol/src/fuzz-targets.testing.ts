/**
 * What `npm run fuzz` throws bytes at, in this package: every decoder. Each must take any bytes, and what it takes must be
 * canonical: encoded again, it is the same bytes.
 */
import fc from "fast-check";
import { decodeTrace, encodeTrace } from "./runs/trace.ts";
import { decodePeerMessage, decodeSeedMessage, encodePeerMessage, encodeSeedMessage } from "./seed/codec.ts";
import { credential, envelope, frame, rumor } from "./wire/arbitraries.testing.ts";
import { decodeBase58, encodeBase58 } from "./wire/base58.ts";
import {
  decodeCredential,
  decodeEnvelope,
  decodeRumor,
  encodeCredential,
  encodeEnvelope,
  encodeRumor,
} from "./wire/codec.ts";
import { decodeAnnouncement, encodeAnnouncement } from "./wire/epoch-codec.ts";
import { decodeFrame, encodeFrame } from "./wire/whole-codec.ts";
import { decodeState, decodeValue, encodeState, encodeValue } from "./wire/values.ts";

/** See packages/dev/fuzz/loop.js. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all cases. */
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  /** Throws when something is wrong; returns how many cases it was, else one. */
  readonly run: (bytes: Uint8Array) => number | void;
}

/** Decoding takes anything; what comes of it gives the same bytes again. `back` says undefined for what was refused. */
function canonical(back: (bytes: Uint8Array) => Uint8Array | undefined): (bytes: Uint8Array) => void {
  return (bytes) => {
    const again = back(bytes);
    if (again === undefined) return;
    if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) {
      throw new Error("expected what was decoded to be encoded to the same bytes, got others");
    }
  };
}

function samples<T>(arbitrary: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, count = 200): () => Uint8Array[] {
  return () => fc.sample(arbitrary, { numRuns: count, seed: 1 }).map(encode);
}

const anyValue = fc.jsonValue() as fc.Arbitrary<null>;
const state = { map: new Map([["a", new Set([1n, -1n])]]), list: [undefined, Infinity, Uint32Array.of(1)], n: -0.5 };
const seedMessages = [
  { kind: "hello", version: 1, room: new Uint8Array(32), card: new Uint8Array(9) },
  { kind: "ask", count: 3 },
  { kind: "signal", seat: "00".repeat(8), bytes: new Uint8Array(7) },
  { kind: "card", card: new Uint8Array(5) },
] as const;

export const targets: readonly FuzzTarget[] = [
  {
    name: "frame",
    share: 0.3,
    seeds: samples(frame, encodeFrame, 600),
    run: canonical((bytes) => {
      const decoded = decodeFrame(bytes);
      // A kind that is not known is skipped.
      return decoded.ok && decoded.frame !== undefined ? encodeFrame(decoded.frame) : undefined;
    }),
  },
  {
    name: "envelope",
    share: 0.05,
    seeds: samples(envelope, encodeEnvelope),
    run: canonical((bytes) => {
      const decoded = decodeEnvelope(bytes);
      return decoded.ok ? encodeEnvelope(decoded.envelope) : undefined;
    }),
  },
  {
    name: "credential",
    share: 0.03,
    seeds: samples(credential, encodeCredential),
    run: canonical((bytes) => {
      const decoded = decodeCredential(bytes);
      return decoded.ok ? encodeCredential(decoded.credential) : undefined;
    }),
  },
  {
    name: "rumor",
    share: 0.05,
    seeds: samples(rumor, encodeRumor),
    run: canonical((bytes) => {
      const decoded = decodeRumor(bytes);
      return decoded.ok ? encodeRumor(decoded.rumor) : undefined;
    }),
  },
  {
    name: "announcement",
    share: 0.02,
    seeds: () => {
      const epoch = { number: 1, keyId: "11".repeat(8), rotateMs: 60_000, history: "all", reason: "first" } as const;
      const peers = fc.sample(credential, { numRuns: 3, seed: 1 }).map(({ peer }) => peer);
      return [
        encodeAnnouncement({ ...epoch, out: [], former: [] }),
        encodeAnnouncement({ ...epoch, out: peers, former: [{ keyId: "22".repeat(8), startMs: 5 }] }),
      ];
    },
    run: canonical((bytes) => {
      const decoded = decodeAnnouncement(bytes);
      return decoded === undefined ? undefined : encodeAnnouncement(decoded);
    }),
  },
  {
    name: "value",
    share: 0.1,
    seeds: samples(anyValue, (value) => encodeValue(value)),
    run: canonical((bytes) => {
      const decoded = decodeValue(bytes);
      return decoded.ok ? encodeValue(decoded.value) : undefined;
    }),
  },
  {
    name: "state",
    share: 0.05,
    seeds: () => [encodeState(state), encodeState(null)],
    run: (bytes) => void decodeState(bytes),
  },
  {
    name: "trace",
    share: 0.02,
    seeds: () => [encodeTrace({ checkpoint: {} as never, entries: [] }), new Uint8Array(40)],
    run: (bytes) => void decodeTrace(bytes),
  },
  {
    name: "seed-peer-message",
    share: 0.05,
    seeds: () => seedMessages.map((message) => encodePeerMessage(message)),
    run: canonical((bytes) => {
      const decoded = decodePeerMessage(bytes);
      return decoded.ok ? encodePeerMessage(decoded.message) : undefined;
    }),
  },
  {
    name: "seed-message",
    share: 0.05,
    seeds: () => [
      encodeSeedMessage({ kind: "gone", seat: "00".repeat(8) }),
      encodeSeedMessage({ kind: "release", retryAfterMs: 5 }),
      encodeSeedMessage({
        kind: "welcome",
        seat: "00".repeat(8),
        iceServers: [{ urls: ["stun:a.example:3478"], username: "a", credential: "b" }],
        others: 1,
        peers: [{ seat: "11".repeat(8), card: new Uint8Array(4) }],
      }),
    ],
    run: canonical((bytes) => {
      const decoded = decodeSeedMessage(bytes);
      return decoded.ok ? encodeSeedMessage(decoded.message) : undefined;
    }),
  },
  {
    name: "base58",
    share: 0.01,
    seeds: () => [new TextEncoder().encode("1111111111QLbz7JHiBTspS962RLKV8GndWFwiEaqKL")],
    run: canonical((bytes) => {
      // Long ones cost more than a line each: names of peers are 44 letters.
      const text = Array.from(bytes.subarray(0, 200), (byte) => String.fromCharCode(byte)).join("");
      const decoded = decodeBase58(text);
      return decoded === undefined || bytes.length > 200
        ? undefined
        : Uint8Array.from(encodeBase58(decoded), (letter) => letter.charCodeAt(0));
    }),
  },
];
