import { expect, test } from "vitest";
import { Eased } from "./eased.ts";

test("half of the way is gone in its half time, at any frame rate", () => {
  const [smooth, rough] = [new Eased(0, 100), new Eased(0, 100)];
  for (let i = 0; i < 10; i++) smooth.follow(1, 10, false);
  rough.follow(1, 100, false);
  expect(smooth.value).toBeCloseTo(0.5);
  expect(rough.value).toBeCloseTo(0.5);
});

test("it arrives, and rests", () => {
  const eased = new Eased(0, 10);
  expect(eased.resting).toBe(true);
  eased.follow(1, 5, false);
  expect(eased.resting).toBe(false);
  eased.follow(1, 1_000, false);
  expect(eased.value).toBe(1);
  expect(eased.resting).toBe(true);
});

test("without motion it is there at once", () => {
  expect(new Eased(0, 1_000).follow(1, 0, true)).toBe(1);
});
