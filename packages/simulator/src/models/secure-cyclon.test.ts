import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { measure } from "./graph-measures.ts";
import { SECURE_CYCLON_DEFAULTS, SecureCyclon } from "./secure-cyclon.ts";

function run(cycles: number, life = 20): SecureCyclon {
  const made = new SecureCyclon({ ...SECURE_CYCLON_DEFAULTS, nodes: 300, life }, streamOf(1, "secure"));
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

const measured = ({ views }: SecureCyclon) => measure(views, streamOf(1, "measuring"));

describe("Cyclon on owned descriptors, with nobody cheating", () => {
  test.each([10, 20])(
    "every peer is known by one descriptor for each of its last %i slots and the present one",
    (life) => {
      expect(measured(run(3 * life, life)).inDegree).toEqual({ mean: life + 1, sd: 0, min: life + 1, max: life + 1 });
    },
  );

  test("nobody owns a descriptor of its own", () => {
    const { views } = run(40);
    for (let node = 0; node < views.size; node++) expect(views.has(node, node)).toBe(false);
  });

  test("no descriptor outlives its slots, so that the dead are forgotten after a life", () => {
    const made = run(40);
    made.views.kill(0.5, streamOf(1, "crash"));
    expect(measured(made).deadLinks).toBeGreaterThan(0);
    for (let cycle = 0; cycle <= 20; cycle++) made.cycle();
    expect(measured(made).deadLinks).toBe(0);
  });

  test("who owns what has nothing to do with who is linked: the graph is as clustered as a random one", () => {
    const { clustering } = measured(run(60));
    // Each knows some 20 of 300 others and is known by as many: 40 / 300.
    expect(clustering).toBeGreaterThan(0.1);
    expect(clustering).toBeLessThan(0.16);
  });
});
