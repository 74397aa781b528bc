import { expect, test } from "vitest";
import { captureOf, shareOf } from "./capture.ts";

// Nodes 0 and 1 collude; 2, 3 and 4 are honest.
const links = [new Set([0, 1, 3]), new Set([2]), new Set([0])];

test("tells the share of malicious links, who is surrounded, and what is left of the honest graph", () => {
  expect(captureOf(5, 2, links)).toEqual({
    linkShare: 3 / 5,
    linksMean: 5 / 3,
    eclipsed: 1 / 3,
    atMostOne: 1,
    alone: [4],
    largest: 2 / 3,
  });
});

test("tells the share of some of them", () => {
  expect(shareOf(2, links.slice(0, 1))).toBeCloseTo(2 / 3);
  expect(shareOf(2, [])).toBe(0);
});
