import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { Framework } from "./framework.ts";
import { measure } from "./graph-measures.ts";

function run(kind: "healer" | "swapper", cycles: number, partner: "oldest" | "random" = "oldest"): Framework {
  const random = streamOf(1, kind);
  const [heal, swap] = kind === "healer" ? [10, 0] : [0, 10];
  const made = new Framework({ nodes: 500, view: 20, exchange: 10, heal, swap, partner }, random);
  made.views.fill("random", random);
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

const measured = ({ views }: Framework) => measure(views, streamOf(1, "measuring"));

/** Dead entries left some cycles after half of all crashed. */
function deadAfter(kind: "healer" | "swapper", cycles: number): number {
  const made = run(kind, 30);
  made.views.kill(0.5, streamOf(1, "crash"));
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return measured(made).deadLinks;
}

describe("the peer sampling framework (Jelasity et al. 2007)", () => {
  test.each(["healer", "swapper"] as const)("a %s keeps views full, without itself and without doubles", (kind) => {
    const { views } = run(kind, 30);
    for (let node = 0; node < views.size; node++) {
      const ids = [...views.of(node)];
      expect(ids).toHaveLength(20);
      expect(ids).not.toContain(node);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test("the healer forgets the dead within a few cycles, the swapper keeps them for long", () => {
    expect(deadAfter("healer", 10)).toBe(0);
    expect(deadAfter("swapper", 10)).toBeGreaterThan(1_000);
  });

  test("the swapper's in-degrees are narrower than a random graph's, the healer's are wider", () => {
    const random = Math.sqrt(20);
    expect(measured(run("swapper", 50)).inDegree.sd).toBeLessThan(random);
    expect(measured(run("healer", 50)).inDegree.sd).toBeGreaterThan(random);
  });

  test("both stay in one component", () => {
    expect(measured(run("healer", 50)).components).toBe(1);
    expect(measured(run("swapper", 50, "random")).components).toBe(1);
  });
});
