import { expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { HubAttack } from "./hub-attack.ts";

function hub(byzantine: number, cycles: number, victims = Number.POSITIVE_INFINITY): HubAttack {
  const random = streamOf(1, "hub");
  const made = new HubAttack({ nodes: 500, byzantine, view: 20, shuffle: 8, enhanced: true, victims }, random);
  made.views.fill("random", random);
  for (let cycle = 0; cycle < 20; cycle++) made.cycle();
  made.attack();
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

test("until they attack, attackers have their fair share of views", () => {
  expect(hub(0.1, 0).viewShare()).toBeCloseTo(0.1, 2);
});

test("plain Cyclon is over-run: a tenth of the nodes takes nearly all places", () => {
  expect(hub(0.1, 50).viewShare()).toBeGreaterThan(0.9);
  expect(hub(0.1, 50).isolated()).toBeGreaterThan(0);
});

test("concentrating on a few surrounds those sooner", () => {
  const many = hub(0.04, 3);
  const few = hub(0.04, 3, 5);
  expect(many.victimShare()).toBe(many.viewShare());
  expect(few.victimShare()).toBeGreaterThan(2 * many.viewShare());
  expect(few.viewShare()).toBeLessThan(few.victimShare());
});
