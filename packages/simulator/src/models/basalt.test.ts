import { expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { Basalt, BASALT_DEFAULTS, type BasaltOptions } from "./basalt.ts";

function basalt(options: Partial<BasaltOptions>, cycles: number): Basalt {
  const made = new Basalt(
    { ...BASALT_DEFAULTS, nodes: 150, byzantine: 0.2, view: 40, emitted: 4, ...options },
    streamOf(1, "basalt"),
  );
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

test("repeating a name buys nothing: ten times the pushes leave the share of views as it is", () => {
  const [calm, loud] = [1, 10].map((force) => basalt({ force }, 20).viewShare());
  expect(loud! - calm!).toBeLessThan(0.05);
  expect(loud).toBeLessThan(0.27);
});

test("samples hold colluders in their true share", () => {
  const made = basalt({}, 20);
  made.sampleShare();
  for (let cycle = 0; cycle < 30; cycle++) made.cycle();
  expect(made.sampleShare()).toBeCloseTo(0.2, 1);
});

test("there are samples only when slots are reset", () => {
  const made = basalt({}, 9);
  expect(made.sampleShare()).toBeUndefined();
  made.cycle();
  expect(made.sampleShare()).toBeDefined();
  expect(made.sampleShare()).toBeUndefined();
});

test("too small a view is taken over", () => {
  const small = basalt({ view: 8, emitted: 1, byzantine: 0.3 }, 30);
  expect(small.isolated()).toBeGreaterThan(basalt({ byzantine: 0.3 }, 30).isolated());
});

test("pushing to one victim alone does not take its view either", () => {
  expect(basalt({ victims: 1 }, 20).viewShare(1)).toBeLessThan(0.45);
});
