import { expect, test } from "vitest";
import { nextStep, type Tried } from "./next-step.ts";

const nothing: Tried = { tabs: 1, messages: 0, squares: 0, seedWasLost: false, cheats: 0 };

test("what comes next is the first thing that was not tried", () => {
  expect(nextStep(nothing)).toMatchObject({ number: 1, count: 5, offersTab: true });
  expect(nextStep({ ...nothing, tabs: 3 })).toMatchObject({ number: 2, offersTab: false });
  expect(nextStep({ ...nothing, tabs: 3, squares: 1, messages: 1 })?.text).toContain("Stop the seed");
  expect(nextStep({ ...nothing, messages: 1, squares: 1 })?.number).toBe(1);
});

test("nothing is proposed to whoever has tried everything", () => {
  expect(nextStep({ tabs: 3, messages: 1, squares: 1, seedWasLost: true, cheats: 1 })).toBeUndefined();
});
