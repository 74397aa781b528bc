import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32c, isWhole } from "./table-check.ts";

let directory: string;
const tables: Uint8Array[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "grapevine-table-"));
  for (const compression of [false, true]) {
    const path = join(directory, String(compression));
    const level = new ClassicLevel(path, { compression });
    for (let i = 0; i < 400; i++) await level.put(`key ${i}`, "value ".repeat(1 + (i % 40)));
    await level.compactRange("", "z");
    await level.close();
    for (const file of await readdir(path)) {
      if (file.endsWith(".ldb")) tables.push(new Uint8Array(await readFile(join(path, file))));
    }
  }
});

afterAll(() => rm(directory, { recursive: true }));

describe("a table of LevelDB", () => {
  it("is whole as it was written, compressed or not", () => {
    expect(tables.length).toBeGreaterThanOrEqual(2);
    expect(tables.map((table) => isWhole(table))).toEqual(tables.map(() => true));
  });

  it("is not whole with any bit of a block flipped", () => {
    const [table] = tables;
    fc.assert(
      fc.property(fc.nat({ max: table!.length - 49 }), fc.nat({ max: 7 }), (at, bit) => {
        const flipped = table!.slice();
        flipped[at]! ^= 1 << bit;
        expect(isWhole(flipped)).toBe(false);
      }),
    );
  });

  it("is not whole when anything of its end is missing", () => {
    const [table] = tables;
    fc.assert(
      fc.property(fc.nat({ max: table!.length - 1 }), (length) => {
        expect(isWhole(table!.subarray(0, length))).toBe(false);
      }),
    );
  });

  it("is not whole when it is anything else, whatever its bytes", () => {
    const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(isWhole(bytes)).toBe(false);
        expect(isWhole(Uint8Array.from([...bytes, ...magic]))).toBe(false);
      }),
    );
  });
});

it("the checksum is that of RFC 3720, appendix B.4", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});
