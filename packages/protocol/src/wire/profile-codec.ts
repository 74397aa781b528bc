/** What neighbors say about profiles as bytes: the sums of a digest's parts, or the versions in those that differ, and names. */
import { limits } from "../limits.ts";
import { partOf } from "../state/profile-table.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { NamedVersion, ProfileDigestFrame } from "./frames.ts";

/** A set of parts fits 32 bits. */
const PART_BITS_MAX = 5;
/** A name, a run, a number of one byte and a print. */
const VERSION_BYTES_MIN = 17;
const NAME_BYTES = 6;

export function writeProfileDigest(writer: Writer, { round, bits, says }: ProfileDigestFrame): void {
  writer.u32(round);
  writer.u8(bits);
  writer.flag(says.kind === "versions");
  if (says.kind === "prints") {
    for (const print of says.prints) writer.u32(print);
    return;
  }
  writer.u32(says.parts);
  writer.count(says.versions.length, limits.profileVersionsMax);
  for (const { name, incarnation, seq, print } of says.versions) {
    writer.u48(name);
    writer.u48(incarnation);
    writer.varint(seq);
    writer.u32(print);
  }
}

export function readProfileDigest(reader: Reader): ProfileDigestFrame {
  const [kind, round, bits] = ["profileDigest", reader.u32(), reader.u8()] as const;
  if (bits > PART_BITS_MAX) reader.fail("bad-value");
  const isAnswer = reader.flag();
  const size = reader.failure === undefined ? 2 ** bits : 0;
  if (!isAnswer) {
    const prints = Uint32Array.from({ length: size }, () => reader.u32());
    return { kind, round, bits, says: { kind: "prints", prints } };
  }
  const parts = reader.u32();
  if (parts >= 2 ** size) reader.fail("bad-value");
  const count = reader.count(limits.profileVersionsMax, VERSION_BYTES_MIN);
  const versions: NamedVersion[] = [];
  let last = -1;
  for (let i = 0; i < count; i++) {
    const name = reader.u48();
    versions.push({ name, incarnation: reader.u48(), seq: reader.varint(), print: reader.u32() });
    if (name <= last || (parts & (1 << partOf(name, bits))) === 0) reader.fail("bad-value");
    last = name;
  }
  return { kind, round, bits, says: { kind: "versions", parts, versions } };
}

export function writeNames(writer: Writer, names: readonly number[]): void {
  writer.count(names.length, limits.profileVersionsMax);
  for (const name of names) writer.u48(name);
}

/** Ascending. */
export function readNames(reader: Reader): number[] {
  const count = reader.count(limits.profileVersionsMax, NAME_BYTES);
  const names = Array.from({ length: count }, () => reader.u48());
  if (names.some((name, i) => i > 0 && name <= names[i - 1]!)) reader.fail("bad-value");
  return names;
}
