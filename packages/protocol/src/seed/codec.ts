/**
 * Bytes of the seed's wire protocol. A message is one byte that names its kind, and its fields; signaling/README.md has the
 * grammar. Decoding is total and canonical: it never throws, and what it takes encodes to the same bytes again.
 * Encoding asserts, for what does not fit the limits is the caller's bug.
 */
import type { ReadFailure } from "../wire/bytes.ts";
import { Reader, Writer } from "../wire/bytes.ts";
import { iceServerFault } from "./ice-servers.ts";
import { seedLimits } from "./limits.ts";
import type { IceServer, PeerMessage, SeatedPeer, SeedMessage } from "./messages.ts";
import { SEED_PROTOCOL_VERSION } from "./messages.ts";

/** The two sides use different kinds, so that a message thrown back at its sender is malformed. */
const HELLO = 0x01;
const ASK = 0x02;
const SIGNAL = 0x03;
const CARD = 0x04;
const WELCOME = 0x41;
const PEERS = 0x42;
const SIGNALLED = 0x43;
const GONE = 0x44;
const RELEASE = 0x45;

const COUNT_MAX = 0xffff_ffff;

export type SeedDecodeFailure = ReadFailure | "too-big" | "unknown-kind" | "version" | "bad-ice-server";

export type SeedDecoded<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly reason: SeedDecodeFailure };

/** Thrown by nothing but a bug: a message that breaks the limits. */
function assertFits(ok: boolean, what: string): asserts ok {
  if (!ok) throw new RangeError(`expected ${what}`);
}

export function encodePeerMessage(message: PeerMessage): Uint8Array {
  const writer = new Writer();
  switch (message.kind) {
    case "hello":
      writer.u8(HELLO);
      writer.u8(message.version);
      assertFits(message.room.length === seedLimits.roomBytes, `a room of ${seedLimits.roomBytes} bytes`);
      writer.fixed(message.room);
      writeCard(writer, message.card);
      break;
    case "ask":
      assertFits(
        isCount(message.count, seedLimits.peersMax) && message.count > 0,
        `a count of 1 to ${seedLimits.peersMax}`,
      );
      writer.u8(ASK);
      writer.u8(message.count);
      break;
    case "signal":
      writer.u8(SIGNAL);
      writeSignal(writer, message.seat, message.bytes);
      break;
    case "card":
      writer.u8(CARD);
      writeCard(writer, message.card);
      break;
  }
  return writer.finish();
}

/** Views into `bytes`, which must not change any more. */
export function decodePeerMessage(bytes: Uint8Array): SeedDecoded<PeerMessage> {
  const reader = new Reader(bytes);
  switch (reader.u8()) {
    case HELLO:
      // What follows the version is that version's to say.
      if (reader.u8() !== SEED_PROTOCOL_VERSION && reader.failure === undefined)
        return { ok: false, reason: "version" };
      return finish(reader, bytes, {
        kind: "hello",
        version: SEED_PROTOCOL_VERSION,
        room: reader.fixed(seedLimits.roomBytes),
        card: reader.bytes(seedLimits.cardBytesMax),
      });
    case ASK: {
      const count = reader.u8();
      if (count === 0 || count > seedLimits.peersMax) reader.fail("bad-value");
      return finish(reader, bytes, { kind: "ask", count });
    }
    case SIGNAL:
      return finish(reader, bytes, { kind: "signal", ...readSignal(reader) });
    case CARD:
      return finish(reader, bytes, { kind: "card", card: reader.bytes(seedLimits.cardBytesMax) });
    default:
      return { ok: false, reason: reader.failure ?? "unknown-kind" };
  }
}

export function encodeSeedMessage(message: SeedMessage): Uint8Array {
  const writer = new Writer();
  switch (message.kind) {
    case "welcome":
      writer.u8(WELCOME);
      writeSeat(writer, message.seat);
      writeIceServers(writer, message.iceServers);
      writePeers(writer, message.others, message.peers);
      break;
    case "peers":
      writer.u8(PEERS);
      writePeers(writer, message.others, message.peers);
      break;
    case "signal":
      writer.u8(SIGNALLED);
      writeSignal(writer, message.seat, message.bytes);
      break;
    case "gone":
      writer.u8(GONE);
      writeSeat(writer, message.seat);
      break;
    case "release":
      assertFits(isCount(message.retryAfterMs, seedLimits.retryAfterMsMax), "retryAfterMs of at most a day");
      writer.u8(RELEASE);
      writer.varint(message.retryAfterMs);
      break;
  }
  return writer.finish();
}

/** Views into `bytes`, which must not change any more. */
export function decodeSeedMessage(bytes: Uint8Array): SeedDecoded<SeedMessage> {
  const reader = new Reader(bytes);
  switch (reader.u8()) {
    case WELCOME: {
      const seat = reader.hex(seedLimits.seatBytes);
      const iceServers = readIceServers(reader);
      if (reader.failure === undefined && iceServers.some((server) => iceServerFault(server) !== undefined)) {
        return { ok: false, reason: "bad-ice-server" };
      }
      return finish(reader, bytes, { kind: "welcome", seat, iceServers, ...readPeers(reader) });
    }
    case PEERS:
      return finish(reader, bytes, { kind: "peers", ...readPeers(reader) });
    case SIGNALLED:
      return finish(reader, bytes, { kind: "signal", ...readSignal(reader) });
    case GONE:
      return finish(reader, bytes, { kind: "gone", seat: reader.hex(seedLimits.seatBytes) });
    case RELEASE:
      return finish(reader, bytes, { kind: "release", retryAfterMs: reader.varint(seedLimits.retryAfterMsMax) });
    default:
      return { ok: false, reason: reader.failure ?? "unknown-kind" };
  }
}

function finish<T>(reader: Reader, bytes: Uint8Array, message: T): SeedDecoded<T> {
  if (bytes.length > seedLimits.messageBytesMax) return { ok: false, reason: "too-big" };
  reader.end();
  return reader.failure === undefined ? { ok: true, message } : { ok: false, reason: reader.failure };
}

// --- fields -------------------------------------------------------------------------------------------------------

function writeCard(writer: Writer, card: Uint8Array): void {
  assertFits(card.length <= seedLimits.cardBytesMax, `a card of at most ${seedLimits.cardBytesMax} bytes`);
  writer.bytes(card);
}

function writeSeat(writer: Writer, seat: string): void {
  assertFits(seat.length === 2 * seedLimits.seatBytes && /^[\da-f]*$/.test(seat), "a seat of 16 hex digits");
  writer.hex(seat);
}

function writeSignal(writer: Writer, seat: string, bytes: Uint8Array): void {
  assertFits(bytes.length <= seedLimits.signalBytesMax, `a signal of at most ${seedLimits.signalBytesMax} bytes`);
  writeSeat(writer, seat);
  writer.bytes(bytes);
}

function readSignal(reader: Reader): { seat: string; bytes: Uint8Array } {
  return { seat: reader.hex(seedLimits.seatBytes), bytes: reader.bytes(seedLimits.signalBytesMax) };
}

function writePeers(writer: Writer, others: number, peers: readonly SeatedPeer[]): void {
  assertFits(isCount(others, COUNT_MAX) && peers.length <= seedLimits.peersMax, `at most ${seedLimits.peersMax} peers`);
  writer.varint(others);
  writer.varint(peers.length);
  for (const { seat, card } of peers) {
    writeSeat(writer, seat);
    writeCard(writer, card);
  }
}

function readPeers(reader: Reader): { others: number; peers: SeatedPeer[] } {
  const others = reader.varint(COUNT_MAX);
  const count = reader.count(seedLimits.peersMax, seedLimits.seatBytes + 1);
  const peers = Array.from({ length: count }, () => ({
    seat: reader.hex(seedLimits.seatBytes),
    card: reader.bytes(seedLimits.cardBytesMax),
  }));
  return { others, peers };
}

const HAS_USERNAME = 1;
const HAS_CREDENTIAL = 2;

function writeIceServers(writer: Writer, servers: readonly IceServer[]): void {
  assertFits(servers.length <= seedLimits.iceServersMax, `at most ${seedLimits.iceServersMax} ICE servers`);
  writer.varint(servers.length);
  for (const server of servers) {
    const fault = iceServerFault(server);
    assertFits(fault === undefined, `an ICE server with ${fault}`);
    const { urls, username, credential } = server;
    writer.varint(urls.length);
    for (const url of urls) writer.utf8(url);
    writer.u8((username === undefined ? 0 : HAS_USERNAME) | (credential === undefined ? 0 : HAS_CREDENTIAL));
    if (username !== undefined) writer.utf8(username);
    if (credential !== undefined) writer.utf8(credential);
  }
}

function readIceServers(reader: Reader): IceServer[] {
  const count = reader.count(seedLimits.iceServersMax, 3);
  return Array.from({ length: count }, () => {
    const urlCount = reader.count(seedLimits.iceUrlsMax, 1);
    const urls = Array.from({ length: urlCount }, () => reader.utf8(seedLimits.iceTextBytesMax));
    const flags = reader.u8();
    if (flags > (HAS_USERNAME | HAS_CREDENTIAL)) reader.fail("bad-value");
    return {
      urls,
      ...((flags & HAS_USERNAME) === 0 ? {} : { username: reader.utf8(seedLimits.iceTextBytesMax) }),
      ...((flags & HAS_CREDENTIAL) === 0 ? {} : { credential: reader.utf8(seedLimits.iceTextBytesMax) }),
    };
  });
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
