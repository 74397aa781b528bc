/** What `npm run fuzz` throws bytes at, in this package: messages of a link, cut anywhere. */
import { FrameReader } from "./framing.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

export const targets: readonly FuzzTarget[] = [
  {
    name: "framing",
    share: 0.04,
    seeds: () => [Uint8Array.of(9, 0, 0, 0, 2, 1, 2, 0, 0, 0, 3, 1, 2, 3), Uint8Array.of(3, 0, 0, 0, 0)],
    run: (bytes) => {
      const reader = new FrameReader();
      // The first byte says where messages end.
      const size = Math.max(1, bytes[0] ?? 1);
      for (let at = 1; at < bytes.length; at += size) {
        if (reader.read(bytes.subarray(at, at + size), (frame) => frame.length > 0) !== undefined) return;
      }
    },
  },
];
