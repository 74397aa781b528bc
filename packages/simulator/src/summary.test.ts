import { expect, test } from "vitest";
import { meanOf } from "./summary.ts";

test("the mean of several runs has the shape of one", () => {
  const run = (n: number) => ({ share: n, cycles: [{ cycle: 1, inDegree: { mean: 2 * n } }] });
  expect(meanOf([run(1), run(3)])).toEqual({ share: 2, cycles: [{ cycle: 1, inDegree: { mean: 4 } }] });
});

test("what some runs do not have, or have otherwise, is null", () => {
  expect(
    meanOf([
      { a: null, b: "x", c: null, d: 1 },
      { a: 1, b: "x", c: null, d: 2 },
    ]),
  ).toEqual({
    a: null,
    b: "x",
    c: null,
    d: 1.5,
  });
});
