import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { ASSIGNED_DEFAULTS, AssignedLinks, type AssignedOptions } from "./assigned-links.ts";

function assigned(options: Partial<AssignedOptions>, epochs = 3): AssignedLinks {
  const made = new AssignedLinks(
    { ...ASSIGNED_DEFAULTS, nodes: 400, byzantine: 0.2, known: 399, ...options },
    streamOf(1, "assigned"),
  );
  for (let epoch = 0; epoch < epochs; epoch++) made.epoch();
  return made;
}

describe("assigned links", () => {
  test.each(["circle", "rendezvous"] as const)(
    "by %s, with all known, own calls are as malicious as the mesh",
    (nearness) => {
      expect(assigned({ nearness }).ownShare()).toBeCloseTo(0.2, 1);
    },
  );

  test("with nobody colluding each has its calls and as many callers, and all are one component", () => {
    const { linksMean, largest, linkShare } = assigned({ byzantine: 0 }).capture();
    // A mutual pair is one link, a refused call none.
    expect(linksMean).toBeGreaterThan(7.5);
    expect(linksMean).toBeLessThanOrEqual(8);
    expect({ largest, linkShare }).toEqual({ largest: 1, linkShare: 0 });
  });

  test("colluders get no further than the tolerance: twice as wide, nearly twice as many of their calls hold", () => {
    const [narrow, wide] = [2, 4].map((tolerance) => assigned({ tolerance }).capture().linkShare);
    // 4 rings of `tolerance` * 0.2 callers against some 6.4 honest links and 0.8 own calls.
    expect(narrow).toBeCloseTo(2.4 / 8.8, 1);
    expect(wide).toBeCloseTo(4 / 10.4, 1);
  });

  test("on a near ring a colluder that is always nearest has four draws, on the others one", () => {
    expect(assigned({}).ownShare()).toBeCloseTo(0.2, 1);
    // .2 on three rings, and on the near one 1 - .8^4 at most: some peers have fewer than four within tolerance.
    const near = assigned({ nearRings: 1 }).ownShare();
    expect(near).toBeGreaterThan(0.25);
    expect(near).toBeLessThan((3 * 0.2 + 0.59) / 4 + 0.02);
  });

  test("knowing fewer peers is worse than knowing all", () => {
    const share = (known: number): number => assigned({ known, gaps: "known" }).capture().linkShare;
    expect(share(40)).toBeGreaterThan(share(399) + 0.1);
  });

  test("first come first kept lets colluders fill the places", () => {
    const options = { known: 80, gaps: "known" } as const;
    const first = assigned({ ...options, full: "first" }, 10).capture().linkShare;
    expect(first).toBeGreaterThan(assigned(options, 10).capture().linkShare + 0.1);
  });
});
