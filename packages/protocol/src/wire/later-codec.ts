/**
 * Frames whose rooms may come later (`parts.ts`), as bytes: what `codec.ts` has handed to it where it is there.
 */
import { limits } from "../limits.ts";
import type { Reader, Writer } from "./bytes.ts";
import { HINT_MAX, readPeers, writePeers } from "./codec.ts";
import type { Announced, Frame } from "./frames.ts";
import { readNames, readProfileDigest, writeNames, writeProfileDigest } from "./profile-codec.ts";
import { readPart, readSpans, writePart, writeSpans } from "./reconcile-codec.ts";
import { readCovers, readHaves, readWants, writeCovers, writeHaves, writeWants } from "./repair-codec.ts";
import { readPeer, writePeer } from "./rumor-codec.ts";
import { readSegment, writeSegment } from "./segment-codec.ts";
import {
  readCredentials,
  readDescriptors,
  readSamples,
  writeCredentials,
  writeDescriptors,
  writeSamples,
} from "./trust-codec.ts";

export type LaterFrame = Extract<
  Frame,
  {
    readonly kind:
      | "peersWant"
      | "peersHave"
      | "shuffle"
      | "shuffleReply"
      | "route"
      | "circuit"
      | "routeEnd"
      | "digest"
      | "reconcile"
      | "have"
      | "want"
      | "segment"
      | "mapDigest"
      | "mapWant"
      | "profileDigest"
      | "profileWant"
      | "iHave"
      | "graft"
      | "prune"
      | "tell"
      | "told";
  }
>;

export interface LaterCodec {
  /** All but the first byte. */
  write(writer: Writer, frame: LaterFrame): void;
  read(reader: Reader, kind: LaterFrame["kind"]): LaterFrame;
}

export const laterCodec: LaterCodec = { write, read };

function write(writer: Writer, frame: LaterFrame): void {
  switch (frame.kind) {
    case "peersWant":
      writer.flag(frame.of === "ring");
      writer.u8(frame.ring);
      return writer.u48(frame.epoch);
    case "peersHave":
      writeCredentials(writer, frame.credentials);
      return writeSamples(writer, frame.samples);
    case "shuffle":
    case "shuffleReply":
      writer.varint(frame.id);
      return writeDescriptors(writer, frame.descriptors);
    case "route":
      writer.hex(frame.circuit, 8);
      writePeer(writer, frame.to);
      writer.varint(frame.slot);
      writer.u8(Math.min(frame.chain, HINT_MAX));
      writer.u8(frame.hops);
      return writer.bytes(frame.sealed, limits.sealedBytesMax);
    case "circuit":
      writer.hex(frame.circuit, 8);
      return writer.bytes(frame.sealed, limits.sealedBytesMax);
    case "routeEnd":
      return writer.hex(frame.circuit, 8);
    case "segment":
      return writeSegment(writer, frame);
    case "digest":
      writer.varint(frame.round);
      writer.u48(frame.beforeMs);
      writer.varint(frame.logs);
      return writer.fixed(frame.fingerprint, 8);
    case "reconcile":
      writer.varint(frame.round);
      return writePart(writer, frame.part);
    case "have":
      writer.varint(frame.round);
      writeCovers(writer, frame.covers);
      return writeHaves(writer, frame.logs);
    case "want":
      writer.varint(frame.round);
      return writeWants(writer, frame.wants);
    case "iHave":
      writer.count(frame.rumors.length, limits.announcedMax);
      for (const { id, hops } of frame.rumors) {
        writer.hex(id, 8);
        writer.u8(Math.min(hops, HINT_MAX));
      }
      return;
    case "graft":
      writer.flag(frame.wanted);
      writer.count(frame.ids.length, limits.announcedMax);
      for (const id of frame.ids) writer.hex(id, 8);
      return;
    case "prune":
      return writePeers(writer, frame.sources, limits.prunedMax);
    case "tell":
      writer.flag(frame.asks);
      writer.count(frame.rumors.length, limits.announcedMax);
      for (const { id, counter } of frame.rumors) {
        writer.hex(id, 8);
        writer.u8(counter);
      }
      return;
    case "told":
      writer.flag(frame.refused);
      writer.count(frame.answers.length, limits.announcedMax);
      for (const { id, standing } of frame.answers) {
        writer.hex(id, 8);
        writer.u8(standing);
      }
      return;
    case "mapDigest":
      writer.u32(frame.round);
      return writeSpans(writer, frame.spans);
    case "mapWant":
      writer.u32(frame.round);
      writer.count(frame.ids.length / 2, limits.mapWantsMax);
      for (const word of frame.ids) writer.u32(word);
      return;
    case "profileDigest":
      return writeProfileDigest(writer, frame);
    case "profileWant":
      writer.u32(frame.round);
      return writeNames(writer, frame.names);
  }
}

function read(reader: Reader, kind: LaterFrame["kind"]): LaterFrame {
  switch (kind) {
    case "peersWant":
      return { kind, of: reader.flag() ? "ring" : "neighbors", ring: reader.u8(), epoch: reader.u48() };
    case "peersHave":
      return { kind, credentials: readCredentials(reader), samples: readSamples(reader) };
    case "shuffle":
    case "shuffleReply":
      return { kind, id: reader.varint(), descriptors: readDescriptors(reader) };
    case "route": {
      const [circuit, to, slot] = [reader.hex(8), readPeer(reader), reader.varint()];
      const [chain, hops] = [reader.u8(), reader.u8()];
      return { kind, circuit, to, slot, chain, hops, sealed: reader.bytes(limits.sealedBytesMax) };
    }
    case "circuit":
      return { kind, circuit: reader.hex(8), sealed: reader.bytes(limits.sealedBytesMax) };
    case "routeEnd":
      return { kind, circuit: reader.hex(8) };
    case "segment":
      return readSegment(reader);
    case "digest": {
      const [round, beforeMs, logs] = [reader.varint(), reader.u48(), reader.varint()];
      return { kind, round, beforeMs, logs, fingerprint: reader.fixed(8) };
    }
    case "reconcile":
      return { kind, round: reader.varint(), part: readPart(reader) };
    case "have":
      return { kind, round: reader.varint(), covers: readCovers(reader), logs: readHaves(reader) };
    case "want":
      return { kind, round: reader.varint(), wants: readWants(reader) };
    case "iHave": {
      const count = reader.count(limits.announcedMax, 9);
      const rumors: Announced[] = [];
      for (let i = 0; i < count; i++) rumors.push({ id: reader.hex(8), hops: reader.u8() });
      return { kind, rumors };
    }
    case "graft": {
      const wanted = reader.flag();
      const count = reader.count(limits.announcedMax, 8);
      return { kind, wanted, ids: Array.from({ length: count }, () => reader.hex(8)) };
    }
    case "prune":
      return { kind, sources: readPeers(reader, limits.prunedMax) };
    case "tell": {
      const asks = reader.flag();
      const count = reader.count(limits.announcedMax, 9);
      return { kind, asks, rumors: Array.from({ length: count }, () => ({ id: reader.hex(8), counter: reader.u8() })) };
    }
    case "told": {
      const refused = reader.flag();
      const count = reader.count(limits.announcedMax, 9);
      const answers = Array.from({ length: count }, () => ({ id: reader.hex(8), standing: reader.u8() }));
      return { kind, refused, answers };
    }
    case "mapDigest":
      return { kind, round: reader.u32(), spans: readSpans(reader) };
    case "mapWant": {
      const [round, count] = [reader.u32(), reader.count(limits.mapWantsMax, 8)];
      return { kind, round, ids: Uint32Array.from({ length: 2 * count }, () => reader.u32()) };
    }
    case "profileDigest":
      return readProfileDigest(reader);
    case "profileWant":
      return { kind, round: reader.u32(), names: readNames(reader) };
  }
}
