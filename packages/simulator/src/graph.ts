/**
 * Measures of an overlay as a graph, as the literature reports them (Jelasity et al. 2007): components, clustering,
 * average path length, degrees. Neighbors lie in one flat array (compressed sparse rows), so that 1e5 nodes fit and stay
 * quick.
 */
import type { Random } from "@grapevine/protocol";

export interface Spread {
  readonly mean: number;
  readonly sd: number;
  readonly min: number;
  readonly max: number;
}

export class Graph {
  readonly size: number;
  /** Neighbors of node i: `targets[starts[i]]` up to `targets[starts[i + 1]]`. */
  private readonly starts: Int32Array;
  private readonly targets: Int32Array;

  /** `arcs`: the nodes that each node points to. With `undirected`, arcs count both ways, once for each pair. */
  constructor(arcs: readonly Iterable<number>[], undirected = true) {
    this.size = arcs.length;
    const rows = arcs.map((row) => new Set(row));
    if (undirected) for (const [from, row] of rows.entries()) for (const to of row) rows[to]!.add(from);
    for (const [node, row] of rows.entries()) row.delete(node);
    this.starts = new Int32Array(this.size + 1);
    for (const [i, row] of rows.entries()) this.starts[i + 1] = this.starts[i]! + row.size;
    this.targets = new Int32Array(this.starts[this.size]!);
    let at = 0;
    for (const row of rows) for (const to of row) this.targets[at++] = to;
  }

  neighborsOf(node: number): Int32Array {
    return this.targets.subarray(this.starts[node], this.starts[node + 1]);
  }

  degree(node: number): number {
    return this.starts[node + 1]! - this.starts[node]!;
  }

  degrees(): Spread {
    return spreadOf(Array.from({ length: this.size }, (_, node) => this.degree(node)));
  }

  inDegrees(): Spread {
    const counts = Array.from({ length: this.size }, () => 0);
    for (const to of this.targets) counts[to]!++;
    return spreadOf(counts);
  }

  /** Sizes of the connected components, greatest first; arcs are followed forward only, so give an undirected graph. */
  components(): readonly number[] {
    return this.parts()
      .map(({ length }) => length)
      .toSorted((a, b) => b - a);
  }

  /** The nodes of the largest component. */
  largest(): ReadonlySet<number> {
    let largest: readonly number[] = [];
    for (const part of this.parts()) if (part.length > largest.length) largest = part;
    return new Set(largest);
  }

  private parts(): readonly (readonly number[])[] {
    const seen = new Uint8Array(this.size);
    const parts: number[][] = [];
    for (let start = 0; start < this.size; start++) {
      if (seen[start]) continue;
      seen[start] = 1;
      const reached = [start];
      for (const node of reached) {
        for (const next of this.neighborsOf(node)) {
          if (seen[next]) continue;
          seen[next] = 1;
          reached.push(next);
        }
      }
      parts.push(reached);
    }
    return parts;
  }

  /** Mean over all nodes of the share of pairs of neighbors that are neighbors themselves (Watts and Strogatz). */
  clustering(): number {
    const mark = new Int32Array(this.size).fill(-1);
    let sum = 0;
    for (let node = 0; node < this.size; node++) {
      const neighbors = this.neighborsOf(node);
      const pairs = neighbors.length * (neighbors.length - 1);
      if (pairs === 0) continue;
      for (const neighbor of neighbors) mark[neighbor] = node;
      let closed = 0;
      for (const neighbor of neighbors)
        for (const next of this.neighborsOf(neighbor)) if (mark[next] === node) closed++;
      sum += closed / pairs;
    }
    return this.size === 0 ? 0 : sum / this.size;
  }

  /** Mean hops between reachable pairs; from `sources` random nodes only, where all would take too long. */
  pathLength(random: Random, sources = 2_000): number {
    const all = Array.from({ length: this.size }, (_, node) => node);
    const from = this.size <= sources ? all : random.sample(all, sources);
    let hops = 0;
    let pairs = 0;
    const distance = new Int32Array(this.size);
    for (const source of from) {
      distance.fill(-1);
      distance[source] = 0;
      const reached = [source];
      for (const node of reached) {
        for (const next of this.neighborsOf(node)) {
          if (distance[next] !== -1) continue;
          distance[next] = distance[node]! + 1;
          hops += distance[next];
          pairs++;
          reached.push(next);
        }
      }
    }
    return pairs === 0 ? 0 : hops / pairs;
  }
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { mean: 0, sd: 0, min: 0, max: 0 };
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / values.length), min, max };
}

/** The value below which the share `q` of all lies; 0 when there are none. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
