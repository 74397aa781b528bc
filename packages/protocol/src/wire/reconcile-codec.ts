/**
 * Messages of set reconciliation as bytes, for whichever frame carries them. Spans follow one another without their
 * beginnings; a bound is a step down from the order of the one before and as few bytes of a short id as tell two items
 * apart (negentropy's compression).
 */
import type { Bound } from "../repair/reconcile/item-set.ts";
import type { Span } from "../repair/reconcile/range-reconciler.ts";
import type { CodedSymbols } from "../repair/reconcile/coded-symbols.ts";
import { expectedCount } from "../repair/reconcile/coded-symbols.ts";
import { limits } from "../limits.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { ReconcilePart } from "./frames.ts";
import { readBuckets, writeBuckets } from "./repair-codec.ts";

const KINDS = ["done", "print", "ids", "lacks"] as const;
/** In a span's first byte: its kind, how many bytes of a short id its bound has, and whether it has a bound. */
const PREFIX_SHIFT = 2;
const OPEN_BIT = 0x40;

export function writeSpans(writer: Writer, spans: readonly Span[]): void {
  writer.count(spans.length, limits.spansMax);
  let order: number | undefined;
  for (const { end, says } of spans) {
    const prefix = end === undefined ? 0 : prefixLength(end);
    writer.u8(KINDS.indexOf(says.kind) | (prefix << PREFIX_SHIFT) | (end === undefined ? OPEN_BIT : 0));
    if (end !== undefined) {
      writer.varint(order === undefined ? end.order : order - end.order);
      order = end.order;
      for (let i = 0; i < prefix; i++) writer.u8(byteOf(end, i));
    }
    if (says.kind === "print") {
      writer.u32(says.high);
      writer.u32(says.low);
    } else if (says.kind !== "done") {
      writer.count(says.ids.length / 2, limits.shortIdsMax);
      for (const word of says.ids) writer.u32(word);
    }
  }
}

export function readSpans(reader: Reader): Span[] {
  const count = reader.count(limits.spansMax, 1);
  const spans: Span[] = [];
  let before: Bound | undefined;
  let open = false;
  for (let i = 0; i < count && reader.failure === undefined; i++) {
    const first = reader.u8();
    // Only the last may be open; and none has bits that mean nothing.
    if (open || first >= 2 * OPEN_BIT) reader.fail("bad-value");
    open = (first & OPEN_BIT) !== 0;
    const prefix = (first & (OPEN_BIT - 1)) >>> PREFIX_SHIFT;
    let end: Bound | undefined;
    if (open) {
      if (prefix !== 0) reader.fail("bad-value");
    } else {
      end = readBound(reader, prefix, before);
      before = end;
    }
    spans.push({ end, says: readSaying(reader, KINDS[first & 3]!) });
  }
  return spans;
}

function readSaying(reader: Reader, kind: (typeof KINDS)[number]): Span["says"] {
  if (kind === "done") return { kind };
  if (kind === "print") return { kind, high: reader.u32(), low: reader.u32() };
  const count = reader.count(limits.shortIdsMax, 8);
  return { kind, ids: Uint32Array.from({ length: 2 * count }, () => reader.u32()) };
}

/** Bounds go on, and have one form: no zeros at the end of a prefix. */
function readBound(reader: Reader, prefix: number, before: Bound | undefined): Bound {
  const step = reader.varint();
  const order = before === undefined ? step : before.order - step;
  if (order < 0 || prefix > 8) reader.fail("bad-value");
  const bytes = reader.fixed(Math.min(prefix, 8));
  if (prefix > 0 && bytes[prefix - 1] === 0) reader.fail("bad-value");
  const word = (at: number): number => {
    let value = 0;
    for (let i = at; i < at + 4; i++) value = value * 0x100 + (bytes[i] ?? 0);
    return value;
  };
  const bound = { order, high: word(0), low: word(4) };
  if (before?.order === order && (bound.high - before.high || bound.low - before.low) <= 0) reader.fail("bad-value");
  return bound;
}

/** How many bytes there are up to the last that is not zero. */
function prefixLength(bound: Bound): number {
  let length = 8;
  while (length > 0 && byteOf(bound, length - 1) === 0) length--;
  return length;
}

function byteOf({ high, low }: Bound, at: number): number {
  return ((at < 4 ? high : low) >>> (24 - 8 * (at & 3))) & 0xff;
}

const STEPS = ["prints", "symbols", "names"] as const;

export function writePart(writer: Writer, part: ReconcilePart): void {
  writer.choice(part.step, STEPS);
  if (part.step === "prints") {
    const { size, within, bits, prints } = part;
    writer.varint(size);
    writeBuckets(writer, within);
    writer.u8(bits);
    if (prints.length !== within.buckets.length * 2 ** bits || prints.length > limits.printsMax) {
      throw new RangeError(`expected one print for each part of a bucket, got ${prints.length}`);
    }
    for (const print of prints) {
      writer.u8(print >>> 16);
      writer.u16(print & 0xffff);
    }
  } else if (part.step === "symbols") writeSymbols(writer, part.symbols);
  else {
    writer.count(part.names.length, limits.logsNamedMax);
    for (const name of part.names) writer.u48(name);
  }
}

export function readPart(reader: Reader): ReconcilePart {
  const step = reader.choice(STEPS);
  if (step === "symbols") return { step, symbols: readSymbols(reader) };
  if (step === "names") {
    const count = reader.count(limits.logsNamedMax, 6);
    return { step, names: Array.from({ length: count }, () => reader.u48()) };
  }
  const [size, within, bits] = [reader.varint(), readBuckets(reader), reader.u8()];
  const count = within.buckets.length * 2 ** bits;
  if (within.bits + bits > limits.bucketBitsMax || count > limits.printsMax || reader.remaining < 3 * count) {
    reader.fail("too-long");
  }
  const length = reader.failure === undefined ? count : 0;
  const prints = Uint32Array.from({ length }, () => reader.u8() * 0x1_0000 + reader.u16());
  return { step, size, within, bits, prints };
}

/** Counts travel as their distance from what is expected of so many items (Yang et al., section 6). */
export function writeSymbols(writer: Writer, { size, counts, highs, lows, checks }: CodedSymbols): void {
  writer.varint(size);
  writer.count(counts.length, limits.symbolsMax);
  for (let i = 0; i < counts.length; i++) {
    const off = counts[i]! - expectedCount(size, i);
    writer.varint(off < 0 ? -2 * off - 1 : 2 * off);
    writer.u32(highs[i]!);
    writer.u32(lows[i]!);
    writer.u32(checks[i]!);
  }
}

export function readSymbols(reader: Reader): CodedSymbols {
  const size = reader.varint(0x7fff_ffff);
  const count = reader.count(limits.symbolsMax, 13);
  const counts = new Int32Array(count);
  const [highs, lows, checks] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    const off = reader.varint(0x7fff_ffff);
    const value = expectedCount(size, i) + (off % 2 === 0 ? off / 2 : -(off + 1) / 2);
    if (Math.abs(value) > 0x7fff_ffff) reader.fail("bad-value");
    counts[i] = value;
    highs[i] = reader.u32();
    lows[i] = reader.u32();
    checks[i] = reader.u32();
  }
  return { size, counts, highs, lows, checks };
}
