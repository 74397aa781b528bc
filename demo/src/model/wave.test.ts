import fc from "fast-check";
import { expect, test } from "vitest";
import { hopsFrom, Topology } from "./topology.ts";
import { waveFrom } from "./wave.ts";

function graphOf(links: readonly (readonly [string, string])[]) {
  const topology = new Topology();
  const peers = new Set(links.flat());
  for (const peer of peers) {
    const neighbors = links.flatMap(([a, b]) => (a === peer ? [b] : b === peer ? [a] : []));
    if (peer !== "me") topology.claim(peer, { name: undefined, neighbors }, 0);
  }
  const own = links.flatMap(([a, b]) => (a === "me" ? [b] : b === "me" ? [a] : []));
  return topology.graph(
    "me",
    [...new Set(own)],
    [...peers].filter((peer) => peer !== "me"),
    0,
  );
}

test("a rumor spreads from its author, breadth first", () => {
  const wave = waveFrom(
    "a",
    graphOf([
      ["a", "b"],
      ["b", "me"],
      ["me", "c"],
      ["a", "c"],
    ]),
  );
  expect(wave).toHaveLength(3);
  expect(
    wave
      .filter(({ step }) => step === 0)
      .map(({ to }) => to)
      .toSorted(),
  ).toEqual(["b", "c"]);
  expect(wave.filter(({ step }) => step === 1)).toMatchObject([{ to: "me" }]);
});

test("a rumor of somebody who is not in the picture has no way", () => {
  expect(waveFrom("stranger", graphOf([["me", "a"]]))).toEqual([]);
});

test("everybody who can be reached hears a rumor once, as many steps away as hops", () => {
  const peer = fc.constantFrom("me", "a", "b", "c", "d", "e", "f");
  const links = fc.array(
    fc.tuple(peer, peer).filter(([a, b]) => a !== b),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(links, (links) => {
      const graph = graphOf(links);
      const author = links[0]![0];
      const hops = hopsFrom(author, graph.links);
      const wave = waveFrom(author, graph);
      expect(wave.map(({ to }) => to).toSorted()).toEqual([...hops.keys()].filter((id) => id !== author).toSorted());
      for (const { to, step } of wave) expect(step + 1).toBe(hops.get(to));
    }),
  );
});
