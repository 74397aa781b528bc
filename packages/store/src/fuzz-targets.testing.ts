/** What `npm run fuzz` throws bytes at, in this package: records, with a checksum that holds, and LevelDB's tables. */
import { Keys, Records } from "./records.ts";
import { isWhole } from "./table-check.ts";
import { MESH_ID, testHash, written } from "./written.testing.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

const records = new Records(testHash, MESH_ID);
const kept = written(1, 2, { bodyBytes: 40 });
const key = new Keys(MESH_ID).rumor(kept.rumor.header, 2);

export const targets: readonly FuzzTarget[] = [
  {
    name: "record",
    share: 0.02,
    seeds: () => [records.open(key, records.sealRumor(key, kept))!, records.open(key, records.sealFact(key, [1]))!],
    run: (content) => {
      const value = records.seal(key, content);
      records.openRumor(key, value);
      records.openFact(key, value);
      if (records.openRumor(`${key}0`, value) !== undefined) throw new Error("expected nothing under another key");
    },
  },
  {
    name: "table",
    share: 0.01,
    seeds: () => [
      new Uint8Array(48),
      Uint8Array.of(...new Uint8Array(40), 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb),
    ],
    run: (bytes) => void isWhole(bytes),
  },
];
