/** What `npm run fuzz` throws bytes at, in this package: batches and pieces of messages. */
import { decodeBatch, decodeFragment, encodeBatch, encodeFragment } from "./batch.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

const value = Uint8Array.of(1, 2, 3);

export const targets: readonly FuzzTarget[] = [
  {
    name: "batch",
    share: 0.04,
    seeds: () => [
      encodeBatch([{ value, ageMs: 0 }]),
      encodeBatch([
        { value, ageMs: 7 },
        { value, ageMs: 0 },
      ]),
    ],
    run: (bytes) => {
      const items = decodeBatch(bytes);
      if (items !== undefined && encodeBatch(items).join() !== bytes.join()) {
        throw new Error("expected a canonical batch, got another");
      }
    },
  },
  {
    name: "fragment",
    share: 0.02,
    seeds: () => [encodeFragment({ piece: value, offset: 0, bytesTotal: 3, ageMs: 0 })],
    run: (bytes) => {
      const fragment = decodeFragment(bytes);
      if (fragment !== undefined && encodeFragment(fragment).join() !== bytes.join()) {
        throw new Error("expected a canonical piece, got another");
      }
    },
  },
];
