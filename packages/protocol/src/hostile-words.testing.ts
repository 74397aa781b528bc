/**
 * Frames that a member with a key could say, whoever it is: they decode, their signatures hold, and they speak of logs, rounds,
 * keys and peers that there are; with numbers, counts, times and orders that no honest peer has. See `hostile-member.testing.ts`.
 */
import { bytesOf, certificate, sign } from "./harness.testing.ts";
import { covers, NUMBERS, part, ranges } from "./hostile-comparisons.testing.ts";
import { limits } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { Snapshot } from "./peer-state.ts";
import type { Choices } from "./peer-sequences.testing.ts";
import { nameOf } from "./repair/fingerprint.ts";
import { logIdOf, logKey } from "./repair/logs.ts";
import { unfold } from "./repair/segments.ts";
import { peerId, testHash } from "./room.testing.ts";
import { ROLE_ADMIN, ROLE_WRITER } from "./types.ts";
import type { Credential, Descriptor, Evidence, Header, LinkId, LogId, PeerId, Revocation, Rumor } from "./types.ts";
import { encodeEnvelope } from "./wire/codec.ts";
import { encodeAnnouncement } from "./wire/epoch-codec.ts";
import type { EnvelopeBody, Frame, LogName, SegmentEntry } from "./wire/frames.ts";
import { toHex } from "./wire/hex.ts";
import { RUMOR_VERSION } from "./wire/rumor-codec.ts";
import { encodeFrame } from "./wire/whole-codec.ts";
import {
  credentialBytes,
  departureBytes,
  descriptorBytes,
  keysTopic,
  revocationBytes,
  rumorBytes,
  rumorId,
  transferBytes,
} from "./wire/statements.ts";

const MESH = new Uint8Array(32).fill(7);
export const TOPICS: readonly [string, string, string] = ["0a".repeat(16), "0b".repeat(16), keysTopic(testHash, MESH)];
export const MAP: string = "0c".repeat(16);
/** Nobody's, or of one who is no member yet. */
const STRANGER = 9;

/** What the liar knows. */
export interface Known {
  readonly snapshot: Snapshot;
  readonly credentials: readonly Credential[];
  readonly rumors: readonly Rumor[];
}

export class Words {
  nowMs = 0;
  /** Heard of its target. */
  readonly rounds: number[] = [0];
  readonly circuits: string[] = ["00".repeat(8)];
  private readonly calls: string[] = ["00".repeat(8)];
  private readonly ids: string[] = [];
  private readonly choices: Choices;
  private readonly middle: Known;
  private readonly peer: Peer;

  constructor(peer: Peer, middle: Known, choices: Choices) {
    this.peer = peer;
    this.middle = middle;
    this.choices = choices;
    for (const rumor of middle.rumors) this.ids.push(toHex(this.idOf(rumor.header, rumor.body).subarray(0, 8)));
  }

  private number(): number {
    return this.choices.pick(NUMBERS)!;
  }

  private time(): number {
    const now = Math.floor(this.nowMs);
    return this.choices.pick([now, now, now - 1, now - 70_000, now + 29_000, now + 31_000, 0, 1, 2 ** 48 - 1])!;
  }

  private author(): PeerId {
    return peerId(this.choices.pick([2, 3, 4, 5, 2, 3, STRANGER])!);
  }

  private log(): LogId {
    const logs = [...this.peer.rooms.rumors.state.logs.logs.values()];
    const known = this.choices.pick(logs);
    if (known !== undefined && this.choices.byte() % 4 !== 0) return known.id;
    return { author: this.author(), incarnation: this.number() % 2 ** 48, topic: this.choices.pick([...TOPICS, MAP])! };
  }

  private seqIn(log: LogId): number {
    const last = this.peer.rooms.rumors.logs.get(logKey(log))?.ranges.at(-1)?.[1] ?? 0;
    return Math.max(1, this.choices.pick([last + 1, last + 2, last, 1, 2, last + 40, this.number()])!);
  }

  private idOf(header: Header, body: Uint8Array): Uint8Array {
    return rumorId(testHash, MESH, header, testHash(body));
  }

  /** Signed by its author, unless it is the target's own. */
  private rumor(): Rumor {
    const { choices } = this;
    const known = choices.byte() % 4 === 0 ? choices.pick(this.middle.rumors) : undefined;
    if (known !== undefined) return known;
    const log = this.log();
    const seq = this.seqIn(log);
    const before = this.peer.rooms.rumors.state.logs.logs.get(logKey(log))?.held.get(seq - 1);
    const isEntry = choices.byte() % 4 === 0;
    const kind = isEntry ? 1 : choices.pick([0, 2, 0, 7])!;
    const timeMs = this.time();
    const header: Header = {
      ...log,
      version: RUMOR_VERSION,
      topic: isEntry ? MAP : log.topic,
      seq,
      prev: isEntry
        ? new Uint8Array(32).fill(choices.byte() % 3)
        : (before?.id ?? new Uint8Array(32).fill(seq === 1 ? 0 : 3)),
      timeMs,
      counter: this.number(),
      expiryMs: choices.pick([0, 0, timeMs + 5_000, timeMs + 1, 2 ** 48 - 1])!,
      keyId: new Uint8Array(8).fill(choices.byte() % 2),
      kind,
      low: isEntry ? seq : choices.pick([1, 1, seq, Math.max(1, seq - 3)])!,
    };
    const body = header.topic === TOPICS[2] ? this.announcement() : new Uint8Array(choices.pick([0, 9, 200, 70_000])!);
    return { header, body, signature: sign(log.author, rumorBytes(this.idOf(header, body))) };
  }

  private announcement(): Uint8Array {
    const { choices } = this;
    const known = [...(this.peer.rooms.epochs?.state.known.keys() ?? [])];
    const keyId = (): string => choices.pick([...known, "11".repeat(8), "00".repeat(8)])!;
    return encodeAnnouncement({
      number: this.number(),
      keyId: keyId(),
      rotateMs: this.number(),
      history: choices.pick(["all", "since-join"] as const)!,
      reason: choices.pick(["first", "schedule", "removal", "joining"] as const)!,
      out: Array.from({ length: choices.byte() % 4 }, () => this.author()),
      former: Array.from({ length: choices.byte() % 4 }, () => ({ keyId: keyId(), startMs: this.time() })),
    });
  }

  /** Where the target asked for something, mostly there. The chain is always whole; signatures are as chance has them. */
  private segment(link: LinkId): Frame {
    const { choices, peer } = this;
    const parts = peer.rooms.rumors.state.repair?.fetch.links.get(link)?.asked.flatMap(({ parts }) => parts) ?? [];
    const part = choices.pick(parts);
    const log = part === undefined ? this.log() : logIdIn(part.key);
    const last = part === undefined ? this.seqIn(log) : (part.ranges.at(-1)?.[1] ?? 1);
    const first = Math.max(1, Math.min(last, last - (choices.byte() % 5)));
    const length = 1 + (choices.byte() % 7);
    const prev = first === 1 ? new Uint8Array(32) : new Uint8Array(32).fill(5);
    const unsigned: SegmentEntry[] = Array.from({ length }, (_, i) => ({
      kind: choices.pick([0, 2])!,
      low: choices.byte() % 8 === 0 ? first + i : 1,
      timeMs: this.time(),
      counter: choices.byte(),
      expiryMs: 0,
      keyId: new Uint8Array(8),
      body: bytesOf(`told ${choices.byte() % 3}`),
      signature: new Uint8Array(64),
    }));
    const named = unfold({ kind: "segment", hops: 1, log, first, prev, entries: unsigned }, testHash, MESH);
    const how = choices.byte() % 4;
    const entries = unsigned.map((entry, i) => {
      const isSigned = how === 0 || (how === 1 && i === length - 1) || (how === 2 && choices.byte() % 2 === 0);
      return isSigned ? { ...entry, signature: sign(log.author, rumorBytes(named[i]!.id)) } : entry;
    });
    return { kind: "segment", hops: choices.byte(), log, first, prev, entries };
  }

  private round(): number {
    return this.choices.byte() % 4 === 0 ? this.number() : (this.choices.pick(this.rounds.slice(-6)) ?? 0);
  }

  /** Names under that round, and whole ones behind them. */
  private named<T>(round: number, say: (log: LogName) => T): T[] {
    const { choices } = this;
    const count = choices.byte() % 5;
    const names = Array.from({ length: count }, () => {
      const log = choices.pick([...this.peer.rooms.rumors.state.logs.logs.values()]);
      return log === undefined || choices.byte() % 4 === 0 ? this.number() % 2 ** 48 : nameOf(round, log);
    });
    const whole = Array.from({ length: choices.byte() % 4 }, () => this.log());
    return [...names.toSorted((a, b) => a - b).map(say), ...whole.map(say)];
  }

  private id(): string {
    return this.choices.byte() % 4 === 0
      ? toHex(this.choices.fixed(8))
      : (this.choices.pick(this.ids) ?? "00".repeat(8));
  }

  private listed<T>(make: () => T, most: number): T[] {
    const count = this.choices.byte() % 16 === 0 ? most : this.choices.byte() % 5;
    return Array.from({ length: count }, make);
  }

  private credential(): Credential {
    const { choices } = this;
    const known = choices.pick(this.middle.credentials)!;
    if (choices.byte() % 2 === 0) return known;
    const peer = this.author();
    const role = choices.pick([ROLE_WRITER, 0, ROLE_ADMIN])!;
    const ticket = certificate({
      role,
      keys: [peerId(40 + (choices.byte() % 4))],
      expiryMs: choices.pick([0, this.time()])!,
    });
    const boxKey = new Uint8Array(32).fill(choices.byte());
    const incarnation = choices.pick([known.incarnation, known.incarnation + 1, 1, 2 ** 48 - 1])!;
    const bytes = credentialBytes(MESH, peer, incarnation, boxKey, testHash(ticket));
    return { peer, incarnation, boxKey, ticket, signature: sign(peer, bytes) };
  }

  private descriptor(to?: PeerId, by?: PeerId): Descriptor {
    const { peer: creator, incarnation, boxKey, ticket } = this.credential();
    const slot = Math.floor(this.nowMs / this.middle.snapshot.config.tuning.mintPeriodMs) - (this.choices.byte() % 4);
    const bare = { creator: by ?? creator, incarnation, boxKey, ticket, slot, signature: new Uint8Array(64), hops: [] };
    const minted: Descriptor = { ...bare, signature: sign(bare.creator, descriptorBytes(MESH, bare, testHash)) };
    if (to === undefined) return minted;
    return { ...minted, hops: [{ to, signature: sign(minted.creator, transferBytes(MESH, minted, to, testHash)) }] };
  }

  private evidence(): Evidence {
    switch (this.choices.byte() % 3) {
      case 0:
        return { kind: "mint", a: this.descriptor(), b: this.descriptor() };
      case 1: {
        const owner = this.author();
        const hop = { to: this.author(), signature: new Uint8Array(64) };
        return {
          kind: "transfer",
          owner,
          index: this.choices.byte(),
          digest: new Uint8Array(32),
          a: hop,
          b: { ...hop, to: owner },
        };
      }
      default: {
        const [a, b] = [this.rumor(), this.rumor()];
        const header = {
          ...b.header,
          ...logIdOf(a.header),
          seq: a.header.seq,
          low: Math.min(b.header.low, a.header.seq),
        };
        const signature = sign(header.author, rumorBytes(this.idOf(header, b.body)));
        const head = (rumor: Rumor) => ({
          header: rumor.header,
          bodyHash: testHash(rumor.body),
          signature: rumor.signature,
        });
        return { kind: "fork", a: head(a), b: head({ header, body: b.body, signature }) };
      }
    }
  }

  private revocation(): Revocation {
    const { choices } = this;
    const revoker = choices.pick([peerId(2), peerId(3), peerId(4)])!;
    const { ticket } = this.middle.credentials.find(({ peer }) => peer === revoker)!;
    const log = this.log();
    const heads = choices.byte() % 2 === 0 ? [] : [{ log, seq: this.seqIn(log), idPrefix: new Uint8Array(16) }];
    const unsigned = {
      key: choices.pick([this.author(), peerId(40 + (choices.byte() % 5))])!,
      timeMs: this.time(),
      heads,
      revoker,
      ticket,
    };
    return { ...unsigned, signature: sign(revoker, revocationBytes(MESH, unsigned, testHash)) };
  }

  private sealed(): Uint8Array {
    const { choices } = this;
    const sender = this.credential();
    const call = choices.byte() % 2 === 0 ? toHex(choices.fixed(8)) : choices.pick(this.calls)!;
    this.calls.push(call);
    const purpose = choices.pick(["ring", "filler", "join"] as const)!;
    const place = { purpose, ring: choices.byte() % 6, epoch: this.number() % 2 ** 48 };
    const bodies: readonly EnvelopeBody[] = [
      { type: "request", call, ...place },
      { type: "offer", call, ...place, signal: Uint8Array.of(9) },
      { type: "answer", call, signal: Uint8Array.of(9) },
      { type: "refuse", call, reason: "busy" },
      { type: "message", id: call, data: choices.take(4) },
      { type: "ack", id: call },
      { type: "convicted", call, evidence: this.evidence() },
      { type: "revoked", call, list: [this.revocation()] },
      { type: "gossip", id: call, frame: encodeFrame({ kind: "want", round: this.round(), wants: [] }) },
    ];
    return seal(
      this.middle.snapshot.config.boxKey,
      sender.boxKey,
      encodeEnvelope({ sender, body: choices.pick(bodies)! }),
    );
  }

  private circuit(): string {
    return this.choices.byte() % 2 === 0 ? toHex(this.choices.fixed(8)) : this.choices.pick(this.circuits)!;
  }

  frame(link: LinkId, from: PeerId): Frame {
    const { choices, peer } = this;
    switch (choices.byte() % 30) {
      case 0:
      case 1:
      case 2:
        return { kind: "rumor", hops: choices.byte(), repair: choices.byte() % 2 === 0, rumor: this.rumor() };
      case 3:
      case 4:
      case 5:
        return this.segment(link);
      case 6:
        return {
          kind: "digest",
          round: this.round(),
          beforeMs: this.time(),
          logs: this.number(),
          fingerprint: choices.fixed(8),
        };
      case 7:
        return { kind: "reconcile", round: this.round(), part: part(choices) };
      case 8:
      case 9: {
        const round = this.round();
        const logs = this.named(round, (log) => ({
          log,
          low: choices.pick([1, 1, 2, this.number()])!,
          ranges: ranges(choices),
        }));
        return { kind: "have", round, covers: covers(choices), logs };
      }
      case 10:
      case 11: {
        const round = this.round();
        return { kind: "want", round, wants: this.named(round, (log) => ({ log, ranges: ranges(choices) })) };
      }
      case 12:
        return {
          kind: "iHave",
          rumors: this.listed(() => ({ id: this.id(), hops: choices.byte() }), limits.announcedMax),
        };
      case 13:
        return {
          kind: "graft",
          wanted: choices.byte() % 2 === 0,
          ids: this.listed(() => this.id(), limits.announcedMax),
        };
      case 14:
        return { kind: "prune", sources: this.listed(() => this.author(), limits.prunedMax) };
      case 15:
        return {
          kind: "tell",
          asks: choices.byte() % 2 === 0,
          rumors: this.listed(() => ({ id: this.id(), counter: choices.byte() }), 400),
        };
      case 16:
        return {
          kind: "told",
          refused: choices.byte() % 8 === 0,
          answers: this.listed(() => ({ id: this.id(), standing: choices.byte() }), 400),
        };
      case 17: {
        const says = choices.pick([
          { kind: "print" as const, high: this.number() >>> 0, low: choices.byte() },
          { kind: "ids" as const, ids: new Uint32Array(2 * (choices.byte() % 9)).fill(choices.byte()) },
          { kind: "lacks" as const, ids: new Uint32Array(2 * (choices.byte() % 9)).fill(choices.byte()) },
        ])!;
        return {
          kind: "mapDigest",
          round: this.round() >>> 0,
          spans: choices.byte() % 8 === 0 ? [] : [{ end: undefined, says }],
        };
      }
      case 18: {
        const ids = this.peer.rooms.rumors.state.maps?.rounds.fetch.offers.get(link)?.ids ?? [1, 2];
        return { kind: "mapWant", round: this.round() >>> 0, ids: Uint32Array.from(ids) };
      }
      case 19: {
        const keyIds = [...(peer.rooms.epochs?.state.known.keys() ?? []), "22".repeat(8)].slice(
          0,
          limits.keysAtOnceMax,
        );
        const proof = choices.byte() % 2 === 0 ? undefined : { under: choices.pick(keyIds)!, mac: new Uint8Array(32) };
        return { kind: "keyWant", proof, keyIds };
      }
      case 20:
        return {
          kind: "keyGive",
          sealed: seal(this.middle.snapshot.config.boxKey, new Uint8Array(32), new Uint8Array(64)),
        };
      case 21:
        return { kind: "credentialsWant", peers: this.listed(() => this.author(), limits.credentialsMax) };
      case 22:
        return { kind: "credentialsHave", credentials: this.listed(() => this.credential(), 8) };
      case 23:
        return {
          kind: "peersHave",
          credentials: this.listed(() => this.credential(), 6),
          samples: this.listed(() => ({ descriptor: this.descriptor(), chain: choices.byte() }), 8),
        };
      case 24: {
        const descriptors = this.listed(() => this.descriptor(peer.self, from), 3);
        const id = choices.byte();
        return choices.byte() % 2 === 0
          ? { kind: "shuffle", id, descriptors }
          : { kind: "shuffleReply", id, descriptors };
      }
      case 25:
        return { kind: "evidence", evidence: this.evidence() };
      case 26:
        return { kind: "revocations", held: choices.fixed(8), list: this.listed(() => this.revocation(), 12) };
      case 27: {
        const gone = this.author();
        const incarnation = this.time();
        return {
          kind: "departure",
          peer: gone,
          incarnation,
          signature: sign(gone, departureBytes(MESH, gone, incarnation)),
        };
      }
      case 28:
        return {
          kind: "route",
          circuit: this.circuit(),
          to: choices.byte() % 2 === 0 ? peer.self : this.author(),
          slot: this.number(),
          chain: choices.byte(),
          hops: choices.byte() % 10,
          sealed: this.sealed(),
        };
      default:
        return choices.byte() % 2 === 0
          ? { kind: "circuit", circuit: this.circuit(), sealed: this.sealed() }
          : choices.pick<Frame>([
              { kind: "routeEnd", circuit: this.circuit() },
              { kind: "ping", nonce: choices.byte() },
              { kind: "pong", nonce: choices.byte(), timeMs: this.time() },
              {
                kind: "peersWant",
                of: choices.byte() % 2 === 0 ? "neighbors" : "ring",
                ring: choices.byte() % 6,
                epoch: this.time(),
              },
              { kind: "bye", reason: "goodbye" },
            ])!;
    }
  }
}

export function seal(to: Uint8Array, from: Uint8Array, bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...to, ...from, ...bytes);
}

function logIdIn(key: string): LogId {
  const [author, topic, incarnation] = key.split("/") as [PeerId, string, string];
  return { author, topic, incarnation: Number(incarnation) };
}
