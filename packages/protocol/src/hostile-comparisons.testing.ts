/** What a liar says of logs when two peers find out what they lack: any parts, sums and ranges that there is a way to write. */
import type { Choices } from "./peer-sequences.testing.ts";
import type { Range } from "./types.ts";
import type { Covers, ReconcilePart } from "./wire/frames.ts";

export const NUMBERS: readonly number[] = [
  0,
  1,
  2,
  3,
  20,
  21,
  255,
  4_095,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 48 - 1,
  Number.MAX_SAFE_INTEGER,
];

export function ranges(choices: Choices): Range[] {
  let end = -1;
  const many = choices.byte() % 16 === 0 ? 3_000 : 1 + (choices.byte() % 4);
  return Array.from({ length: many }, (): Range => {
    const from = end + 2 + (many > 4 ? 0 : choices.byte() % 4);
    end = from + (many > 4 ? 0 : choices.pick([0, 3, 50, 1e6, 2 ** 40])!);
    return [from, end];
  });
}

export function covers(choices: Choices): Covers {
  const kind = choices.pick(["none", "all", "versions", "buckets"] as const)!;
  if (kind === "versions") return { kind, versions: new Uint32Array(2 * (choices.byte() % 40)) };
  return kind === "buckets" ? { kind, bits: 2, buckets: [0, 1, 3] } : { kind };
}

export function part(choices: Choices): ReconcilePart {
  switch (choices.byte() % 3) {
    case 0: {
      const bits = choices.byte() % 12;
      return {
        step: "prints",
        size: choices.pick(NUMBERS)!,
        within: { bits: 0, buckets: [0] },
        bits,
        prints: new Uint32Array(2 ** bits),
      };
    }
    case 1: {
      const count = choices.pick([0, 1, 12, 300])!;
      const fill = choices.byte();
      const column = (): Uint32Array => new Uint32Array(count).fill(fill);
      const counts = new Int32Array(count).fill(choices.byte() % 3);
      return {
        step: "symbols",
        symbols: {
          size: choices.pick([0, 7, 2 ** 31 - 1])!,
          counts,
          highs: column(),
          lows: column(),
          checks: column(),
        },
      };
    }
    default:
      return { step: "names", names: Array.from({ length: choices.pick([0, 1, 900])! }, (_, i) => i) };
  }
}
