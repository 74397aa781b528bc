/**
 * Who was proved a cheat stays in the picture, grey and cut off, so that one sees what became of it. In the
 * mesh, and in all counts, it is gone.
 */
import type { Conviction, PeerId } from "../model/face.ts";
import type { Graph } from "../model/topology.ts";

export function withOutcasts(
  graph: Graph | undefined,
  convictions: readonly Conviction[],
  nameOf: (peer: PeerId) => string,
): Graph | undefined {
  if (graph === undefined) return undefined;
  const out = new Set(convictions.filter(({ own }) => !own).map(({ peer }) => peer));
  if (out.size === 0) return graph;
  const nodes = graph.nodes.filter(({ id }) => !out.has(id));
  const outcasts = [...out].map((id) => ({
    id,
    name: nameOf(id),
    kind: "outcast" as const,
    hops: undefined,
    links: 0,
  }));
  return {
    ...graph,
    nodes: [...nodes, ...outcasts],
    links: graph.links.filter(({ a, b }) => !out.has(a) && !out.has(b)),
  };
}
