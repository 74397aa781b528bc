import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { Cyclon, type CyclonOptions } from "./cyclon.ts";
import { measure } from "./graph-measures.ts";

// What the literature reports of it at N = 1e4 and 1e5 is held in `reproduce/`.

function cyclon(options: Partial<CyclonOptions> = {}, start: "ring" | "random" | "star" = "random"): Cyclon {
  const random = streamOf(1, "cyclon");
  const made = new Cyclon({ nodes: 200, view: 10, shuffle: 4, enhanced: true, ...options }, random);
  made.views.fill(start, random);
  return made;
}

function run(made: Cyclon, cycles: number): Cyclon {
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

describe("Cyclon's shuffle", () => {
  test("never puts a node, or anybody twice, into a view", () => {
    const { views } = run(cyclon(), 30);
    for (let node = 0; node < views.size; node++) {
      const ids = [...views.of(node)];
      expect(ids).not.toContain(node);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test("keeps the number of entries that name each node nearer to the size of a view than chance would", () => {
    const { inDegree } = measure(run(cyclon(), 30).views, streamOf(1, "measuring"));
    expect(inDegree.mean).toBeGreaterThan(9.5);
    expect(inDegree.sd).toBeLessThan(0.7 * Math.sqrt(10));
  });

  test("spends the entry of the peer it turns to, so that the dead are forgotten", () => {
    const made = run(cyclon(), 10);
    made.views.kill(0.3, streamOf(1, "crash"));
    const dead = (): number => measure(made.views, streamOf(1, "measuring")).deadLinks;
    expect(dead()).toBeGreaterThan(100);
    run(made, 40);
    expect(dead()).toBe(0);
  });

  test("turns to the oldest entry, the basic one to any: then a dead entry may stay", () => {
    const [enhanced, basic] = [true, false].map((kind) => {
      const made = run(cyclon({ enhanced: kind }), 10);
      made.views.kill(0.3, streamOf(1, "crash"));
      return measure(run(made, 20).views, streamOf(1, "measuring")).deadLinks;
    });
    expect(basic!).toBeGreaterThan(enhanced!);
  });

  test.each(["ring", "star"] as const)("makes one mesh of a %s", (start) => {
    const { views } = run(cyclon({}, start), 40);
    const { components, pathLength, inDegree } = measure(views, streamOf(1, "measuring"));
    expect(components).toBe(1);
    expect(pathLength).toBeLessThan(2.6);
    expect(inDegree.max).toBeLessThan(30);
  });
});
