/**
 * How a rumor spreads, for the eye: from its author along every link to whoever has not heard it, breadth first, as an
 * eager flood does. The mesh tells how many hops a message took, not which; the wave is drawn along the links that are
 * known, and far slower than it was.
 */
import type { PeerId } from "./face.ts";
import { adjacency, type Graph } from "./topology.ts";

/** One crossing of one link: it begins when `step` crossings lie behind. */
export interface Crossing {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly step: number;
}

/** Crossings in one wave. Reason: more than this is a blur, and costs frames. */
const crossingsMax = 160;

/** The wave of a rumor of `author`; empty when the author is not in the picture or has no links there. */
export function waveFrom(author: PeerId, graph: Graph): readonly Crossing[] {
  const next = adjacency(graph.links);
  const heard = new Map([[author, 0]]);
  const crossings: Crossing[] = [];
  for (const [from, step] of heard) {
    for (const to of next.get(from) ?? []) {
      if (heard.has(to)) continue;
      heard.set(to, step + 1);
      crossings.push({ from, to, step });
      if (crossings.length === crossingsMax) return crossings;
    }
  }
  return crossings;
}
