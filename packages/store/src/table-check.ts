/**
 * Checks a table file of LevelDB against the checksums that stand in it (table_format.md of LevelDB: blocks, two indexes
 * of them, a footer that names these). LevelDB would do so itself if its binding let us ask for it; as it is, one
 * flipped bit can fail an assertion in it and take the whole process down, at this start and at every later one.
 */
import { readFile } from "node:fs/promises";

const FOOTER_BYTES = 48;
/** Little end first. */
const MAGIC: readonly number[] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Behind each block: how it is compressed, and its checksum. */
const TRAILER_BYTES = 5;
const UNCOMPRESSED = 0;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** False when the file is not what was written. */
export async function isTableWhole(path: string): Promise<boolean> {
  return isWhole(await readFile(path));
}

export function isWhole(table: Uint8Array): boolean {
  const footer = table.subarray(-FOOTER_BYTES);
  if (footer.length < FOOTER_BYTES || MAGIC.some((byte, i) => footer[FOOTER_BYTES - 8 + i] !== byte)) return false;
  const cursor = new Cursor(footer);
  const meta = cursor.handle();
  const index = cursor.handle();
  if (cursor.failed || !isBlockWhole(table, meta) || !isBlockWhole(table, index)) return false;
  for (const block of [meta, index]) {
    // A table that a repair wrote may have a compressed index. It was checked; what it names is not known here.
    if (table[block.offset + block.size] !== UNCOMPRESSED) continue;
    const handles = handlesIn(table.subarray(block.offset, block.offset + block.size));
    if (handles?.every((handle) => isBlockWhole(table, handle)) !== true) return false;
  }
  return true;
}

/** The values of an index: entries of a shared and an own part of the key, then the value; then restart points. */
function handlesIn(block: Uint8Array): Handle[] | undefined {
  if (block.length < 4) return undefined;
  const restarts = new DataView(block.buffer, block.byteOffset).getUint32(block.length - 4, true);
  const cursor = new Cursor(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)));
  const handles: Handle[] = [];
  while (!cursor.atEnd) {
    cursor.varint();
    const keyBytes = cursor.varint();
    const valueBytes = cursor.varint();
    cursor.skip(keyBytes);
    const before = cursor.at;
    handles.push(cursor.handle());
    if (cursor.failed || cursor.at - before !== valueBytes) return undefined;
  }
  return handles;
}

function isBlockWhole(table: Uint8Array, { offset, size }: Handle): boolean {
  const end = offset + size;
  if (end + TRAILER_BYTES > table.length) return false;
  const stored = new DataView(table.buffer, table.byteOffset).getUint32(end + 1, true);
  return masked(crc32c(table.subarray(offset, end + 1))) === stored;
}

class Cursor {
  at = 0;
  failed = false;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.failed || this.at >= this.bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    this.failed = true;
    return 0;
  }

  handle(): Handle {
    return { offset: this.varint(), size: this.varint() };
  }

  skip(count: number): void {
    this.at += count;
    this.failed ||= this.at > this.bytes.length;
  }
}

/** Castagnoli's polynomial, reflected. */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** LevelDB stores checksums so, lest a checksum over bytes that hold checksums be no good. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
