/**
 * What repair says of logs, as bytes: which ranges of which logs are here, or wanted. A frame names the logs that both
 * ends know by six bytes each, and then, in full, the others.
 */
import { limits } from "../limits.ts";
import type { Range } from "../types.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { Buckets, Covers, LogHave, LogName, WantFrame } from "./frames.ts";
import { readLog, writeLog } from "./rumor-codec.ts";

const COVERS = ["none", "all", "buckets", "versions"] as const;
const NAMED_BYTES_MIN = 7;
const FULL_BYTES_MIN = 55;

/** How many ranges a frame may hold yet. */
interface Budget {
  left: number;
}

export function writeHaves(writer: Writer, logs: readonly LogHave[]): void {
  const budget = { left: limits.rangesPerFrameMax };
  writeNamed(writer, logs, ({ low, ranges }) => {
    writer.varint(low);
    writeRanges(writer, ranges, budget);
  });
}

export function readHaves(reader: Reader): LogHave[] {
  const budget = { left: limits.rangesPerFrameMax };
  return readNamed(reader, (log) => ({ log, low: reader.varint(), ranges: readRanges(reader, budget) }));
}

export function writeWants(writer: Writer, wants: WantFrame["wants"]): void {
  const budget = { left: limits.rangesPerFrameMax };
  writeNamed(writer, wants, ({ ranges }) => writeRanges(writer, ranges, budget));
}

export function readWants(reader: Reader): WantFrame["wants"] {
  const budget = { left: limits.rangesPerFrameMax };
  return readNamed(reader, (log) => ({ log, ranges: readRanges(reader, budget) }));
}

function writeNamed<T extends { readonly log: LogName }>(
  writer: Writer,
  logs: readonly T[],
  write: (log: T) => void,
): void {
  const named = logs.findIndex(({ log }) => typeof log !== "number");
  const count = named < 0 ? logs.length : named;
  writer.count(count, limits.logsNamedMax);
  for (const one of logs.slice(0, count)) {
    writer.u48(one.log as number);
    write(one);
  }
  writer.count(logs.length - count, limits.logsMax);
  for (const one of logs.slice(count)) {
    if (typeof one.log === "number") throw new RangeError("expected logs named by six bytes first");
    writeLog(writer, one.log);
    write(one);
  }
}

function readNamed<T>(reader: Reader, read: (log: LogName) => T): T[] {
  const out: T[] = [];
  const named = reader.count(limits.logsNamedMax, NAMED_BYTES_MIN);
  for (let i = 0; i < named && reader.failure === undefined; i++) out.push(read(reader.u48()));
  const full = reader.count(limits.logsMax, FULL_BYTES_MIN);
  for (let i = 0; i < full && reader.failure === undefined; i++) out.push(read(readLog(reader)));
  return out;
}

export function writeCovers(writer: Writer, covers: Covers): void {
  writer.choice(covers.kind, COVERS);
  if (covers.kind === "buckets") writeBuckets(writer, covers);
  if (covers.kind !== "versions") return;
  writer.count(covers.versions.length / 2, limits.logsHeldMax);
  for (const word of covers.versions) writer.u32(word);
}

export function readCovers(reader: Reader): Covers {
  const kind = reader.choice(COVERS);
  if (kind === "buckets") return { kind, ...readBuckets(reader) };
  if (kind !== "versions") return { kind };
  const count = reader.count(limits.logsHeldMax, 8);
  return { kind, versions: Uint32Array.from({ length: 2 * count }, () => reader.u32()) };
}

/** Ascending, each as its distance from the one before, less one. */
export function writeBuckets(writer: Writer, { bits, buckets }: Buckets): void {
  writer.u8(bits);
  writer.count(buckets.length, 2 ** bits);
  let before = -1;
  for (const bucket of buckets) {
    writer.varint(bucket - before - 1);
    before = bucket;
  }
}

export function readBuckets(reader: Reader): Buckets {
  const bits = reader.u8();
  if (bits > limits.bucketBitsMax) reader.fail("too-long");
  const count = reader.count(reader.failure === undefined ? 2 ** bits : 0, 1);
  const buckets: number[] = [];
  let before = -1;
  for (let i = 0; i < count; i++) {
    before += 1 + reader.varint(2 ** bits);
    buckets.push(before);
  }
  if (before >= 2 ** bits) reader.fail("bad-value");
  return { bits, buckets };
}

/**
 * Ascending, disjoint and not adjacent, each as its distance from the one before and its length less one: so that there
 * is no way to write anything else. A range begins two beyond the end before it at least, and the first one at 1.
 */
function writeRanges(writer: Writer, ranges: readonly Range[], budget: Budget): void {
  writer.count(ranges.length, Math.min(limits.rangesMax, budget.left));
  budget.left -= ranges.length;
  let end = -1;
  for (const [from, to] of ranges) {
    writer.varint(from - end - 2);
    writer.varint(to - from);
    end = to;
  }
}

function readRanges(reader: Reader, budget: Budget): Range[] {
  const count = reader.count(Math.min(limits.rangesMax, budget.left), 2);
  budget.left -= count;
  const ranges: Range[] = [];
  let end = -1;
  for (let i = 0; i < count; i++) {
    const from = end + 2 + reader.varint();
    const to = from + reader.varint();
    if (!Number.isSafeInteger(to)) reader.fail("bad-value");
    ranges.push([from, to]);
    end = to;
  }
  return ranges;
}
