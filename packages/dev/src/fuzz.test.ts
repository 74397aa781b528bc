// What `npm run fuzz` rests on: the loop finds what is wrong, by coverage, and shrinks it; no target has a fault on its
// seeds, nor on anything that was ever found and saved under fixtures/fuzz.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Coverage } from "../fuzz/coverage.js";
import { fuzz, shrink, tryOne } from "../fuzz/loop.js";
import { Chance, mutate } from "../fuzz/mutate.js";
import { targetsOf } from "../fuzz/targets.js";
import { planted } from "./planted.ts";

const coverage = new Coverage();
afterAll(() => coverage.close());

const saved = join(import.meta.dirname, "../fixtures/fuzz");
const targets = await targetsOf();

describe("the loop", () => {
  const target = { name: "planted", share: 1, seeds: () => [Uint8Array.of(1, 2, 3)], run: planted };

  test("finds by coverage what chance alone does not, and shrinks it", () => {
    const { found, inputs } = fuzz(target, 10_000_000, coverage, new Chance(1));
    expect(String(found?.error)).toBe("Error: planted");
    // Four bytes by chance: one in four thousand million.
    expect(inputs).toBeLessThan(3_000_000);
    expect(shrink(target, found!)).toEqual(Uint8Array.from("fuzz", (letter) => letter.charCodeAt(0)));
  });

  test("takes an answer that comes too late for a fault", () => {
    expect(tryOne(target, new Uint8Array(0), -1)).toMatchObject({ error: expect.any(Error) });
    expect(tryOne(target, new Uint8Array(0), Infinity)).toBe(1);
  });
});

test("mutations follow from their seed", () => {
  const from = (seed: number): string[] => {
    const chance = new Chance(seed);
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);
    return Array.from({ length: 50 }, () => mutate(bytes, [bytes], chance).join());
  };
  expect(from(7)).toEqual(from(7));
  expect(new Set(from(7)).size).toBeGreaterThan(25);
  expect(from(8)).not.toEqual(from(7));
});

describe.each(targets)("$name", (target) => {
  test("has no fault on its seeds, nor on what was ever found", () => {
    const folder = join(saved, target.name);
    const found = existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name))) : [];
    for (const bytes of [...target.seeds(), ...found]) {
      expect(tryOne(target, bytes, Infinity)).toEqual(expect.any(Number));
    }
  });
});
