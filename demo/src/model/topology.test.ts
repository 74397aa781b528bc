import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hopsFrom, silentMs, Topology, type Graph } from "./topology.ts";

const pairs = ({ links }: Graph): string[] => links.map(({ a, b }) => [a, b].toSorted().join("-")).toSorted();
const kinds = ({ nodes }: Graph): Record<string, string> => Object.fromEntries(nodes.map(({ id, kind }) => [id, kind]));

describe("the graph", () => {
  test("of a page alone is that page", () => {
    const { nodes, links } = new Topology().graph("me", [], [], 0);
    expect(nodes.map(({ id, kind, hops, links }) => ({ id, kind, hops, links }))).toEqual([
      { id: "me", kind: "self", hops: 0, links: 0 },
    ]);
    expect(links).toEqual([]);
  });

  test("joins own links with those that others claim", () => {
    const topology = new Topology();
    topology.claim("b", { name: "Bea", neighbors: ["me", "c"] }, 1);
    topology.claim("c", { name: undefined, neighbors: ["b"] }, 1);
    const graph = topology.graph("me", ["b"], ["b", "c"], 1);
    expect(pairs(graph)).toEqual(["b-c", "b-me"]);
    expect(graph.links.map(({ own, certain }) => ({ own, certain }))).toEqual([
      { own: true, certain: true },
      { own: false, certain: true },
    ]);
    expect(graph.nodes.map(({ id, hops }) => [id, hops])).toEqual([
      ["me", 0],
      ["b", 1],
      ["c", 2],
    ]);
    expect(graph.nodes.find(({ id }) => id === "b")?.name).toBe("Bea");
  });

  test("trusts this page about its own links", () => {
    const topology = new Topology();
    topology.claim("b", { name: undefined, neighbors: ["me"] }, 1);
    expect(pairs(topology.graph("me", [], ["b"], 1))).toEqual([]);
  });

  test("leaves a link open that one page claims and the other does not", () => {
    const topology = new Topology();
    topology.claim("b", { name: undefined, neighbors: ["c"] }, 1);
    topology.claim("c", { name: undefined, neighbors: [] }, 1);
    expect(topology.graph("me", [], ["b", "c"], 1).links).toMatchObject([{ certain: false }]);
  });

  test("shows nobody who is only talked about", () => {
    const topology = new Topology();
    topology.claim("b", { name: undefined, neighbors: ["ghost"] }, 1);
    const graph = topology.graph("me", ["b"], ["b"], 1);
    expect(graph.nodes.map(({ id }) => id)).toEqual(["me", "b"]);
  });

  test("forgets the links of who has gone", () => {
    const topology = new Topology();
    topology.claim("b", { name: undefined, neighbors: ["c"] }, 1);
    topology.claim("c", { name: undefined, neighbors: ["b"] }, 1);
    expect(pairs(topology.graph("me", [], ["c"], 1))).toEqual([]);
  });

  test("takes a peer that stays silent for a process, and one that speaks for a page", () => {
    const topology = new Topology();
    expect(kinds(topology.graph("me", [], ["b", "c"], 0))).toMatchObject({ b: "unknown", c: "unknown" });
    topology.claim("b", { name: undefined, neighbors: [] }, 0);
    expect(kinds(topology.graph("me", [], ["b", "c"], silentMs))).toMatchObject({ b: "page", c: "process" });
  });

  test("gives somebody who comes back time to speak", () => {
    const topology = new Topology();
    topology.graph("me", [], ["b"], 0);
    topology.graph("me", [], [], silentMs);
    expect(kinds(topology.graph("me", [], ["b"], silentMs + 1))).toMatchObject({ b: "unknown" });
  });
});

test("an older claim does not undo a later one", () => {
  const topology = new Topology();
  topology.claim("b", { name: "new", neighbors: [] }, 2);
  topology.claim("b", { name: "old", neighbors: [] }, 1);
  expect(topology.nameOf("b")).toBe("new");
});

test("hops are the fewest links", () => {
  const link = (a: string, b: string) => ({ a, b, own: false, certain: true });
  const hops = hopsFrom("a", [link("a", "b"), link("b", "c"), link("c", "d"), link("a", "d"), link("x", "y")]);
  expect(Object.fromEntries(hops)).toEqual({ a: 0, b: 1, d: 1, c: 2 });
});

test("whatever is claimed, links join peers that are there, once", () => {
  const peer = fc.constantFrom("me", "a", "b", "c", "d", "e");
  const claims = fc.array(fc.record({ author: peer, neighbors: fc.array(peer), timeMs: fc.nat(9) }));
  fc.assert(
    fc.property(claims, fc.uniqueArray(peer), fc.uniqueArray(peer), (claims, neighbors, members) => {
      const topology = new Topology();
      for (const { author, neighbors, timeMs } of claims)
        topology.claim(author, { name: undefined, neighbors }, timeMs);
      const own = neighbors.filter((id) => id !== "me");
      const graph = topology.graph("me", own, members, 0);
      const ids = new Set(graph.nodes.map(({ id }) => id));
      expect(ids.size).toBe(graph.nodes.length);
      expect(new Set(pairs(graph)).size).toBe(graph.links.length);
      for (const { a, b } of graph.links) {
        expect(a).not.toBe(b);
        expect(ids.has(a) && ids.has(b)).toBe(true);
      }
      expect(graph.links.filter((link) => link.own)).toHaveLength(own.length);
    }),
  );
});
