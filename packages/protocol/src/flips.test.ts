import { expect, test } from "vitest";
import { Flips } from "./flips.testing.ts";
import { frameOf } from "./wire/arbitraries.testing.ts";

// The million is `npm run soak -- flips`.
test("no flipped bit of any frame changes what is stored or delivered, and every peer stays in service", () => {
  const flips = new Flips(1);
  flips.run(11, 3);
  expect(flips.flips).toBeGreaterThan(4_000);
  expect([...flips.kinds.keys()].toSorted()).toEqual(Object.keys(frameOf).toSorted());
});
