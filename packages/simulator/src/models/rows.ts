/**
 * Measures of an overlay as a graph (Jelasity et al. 2007), on neighbors in one flat array (compressed sparse rows).
 * Path lengths follow 32 sources at once, a bit for each (Then et al. 2014, "The More the Merrier"), so that an
 * overlay of 1e5 nodes is measured in about a second.
 */
import type { Random } from "@grapevine/protocol";

export interface Rows {
  readonly size: number;
  /** Neighbors of node i: `targets[starts[i]]` up to `targets[starts[i + 1]]`, each once, never i itself. */
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/**
 * Every arc both ways, once for each pair. `capacity` places a node in `ids`, `counts` of them taken; arcs from and to
 * nodes that do not live are left out.
 */
export function undirected(views: {
  readonly size: number;
  readonly capacity: number;
  readonly ids: Int32Array;
  readonly counts: Int32Array;
  readonly alive: Uint8Array;
}): Rows {
  const { size, capacity, ids, counts, alive } = views;
  // First with repetitions: both ends of every arc, counted and then laid out.
  const ends = new Int32Array(size + 1);
  for (let node = 0; node < size; node++) {
    if (!alive[node]) continue;
    for (let at = node * capacity; at < node * capacity + counts[node]!; at++) {
      const to = ids[at]!;
      if (!alive[to] || to === node) continue;
      ends[node + 1]!++;
      ends[to + 1]!++;
    }
  }
  for (let node = 0; node < size; node++) ends[node + 1]! += ends[node]!;
  const all = new Int32Array(ends[size]!);
  const next = ends.slice();
  for (let node = 0; node < size; node++) {
    if (!alive[node]) continue;
    for (let at = node * capacity; at < node * capacity + counts[node]!; at++) {
      const to = ids[at]!;
      if (!alive[to] || to === node) continue;
      all[next[node]!++] = to;
      all[next[to]!++] = node;
    }
  }
  // Then each neighbor once, moved to the front of the same array.
  const mark = next.fill(-1);
  const starts = new Int32Array(size + 1);
  let kept = 0;
  for (let node = 0; node < size; node++) {
    for (let at = ends[node]!; at < ends[node + 1]!; at++) {
      const to = all[at]!;
      if (mark[to] === node) continue;
      mark[to] = node;
      all[kept++] = to;
    }
    starts[node + 1] = kept;
  }
  return { size, starts, targets: all.subarray(0, kept) };
}

/** Mean over `nodes` of the share of pairs of neighbors that are neighbors themselves (Watts and Strogatz). */
export function clusteringOf({ size, starts, targets }: Rows, nodes: Int32Array): number {
  const mark = new Int32Array(size).fill(-1);
  let sum = 0;
  for (const node of nodes) {
    const from = starts[node]!;
    const to = starts[node + 1]!;
    const pairs = (to - from) * (to - from - 1);
    if (pairs === 0) continue;
    for (let at = from; at < to; at++) mark[targets[at]!] = node;
    let closed = 0;
    for (let at = from; at < to; at++) {
      const neighbor = targets[at]!;
      for (let far = starts[neighbor]!; far < starts[neighbor + 1]!; far++) if (mark[targets[far]!] === node) closed++;
    }
    sum += closed / pairs;
  }
  return nodes.length === 0 ? 0 : sum / nodes.length;
}

/** Sizes of the connected components of `nodes`, greatest first. */
export function componentsOf({ size, starts, targets }: Rows, nodes: Int32Array): number[] {
  const seen = new Uint8Array(size);
  const reached = new Int32Array(size);
  const sizes: number[] = [];
  for (const start of nodes) {
    if (seen[start]) continue;
    seen[start] = 1;
    reached[0] = start;
    let count = 1;
    for (let done = 0; done < count; done++) {
      const node = reached[done]!;
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const next = targets[at]!;
        if (seen[next]) continue;
        seen[next] = 1;
        reached[count++] = next;
      }
    }
    sizes.push(count);
  }
  return sizes.toSorted((a, b) => b - a);
}

export interface Distances {
  /** Mean hops to the nodes that can be reached, over all sources; 0 when there are none. */
  readonly mean: number;
  /** Mean and greatest, over the sources, of the hops to the farthest node that can be reached. */
  readonly farthestMean: number;
  readonly farthestMax: number;
}

/** Breadth first from every source. */
export function distancesFrom({ size, starts, targets }: Rows, sources: Int32Array): Distances {
  const seen = new Int32Array(size);
  const front = new Int32Array(size);
  const coming = new Int32Array(size);
  let here = new Int32Array(size);
  let there = new Int32Array(size);
  let hops = 0;
  let pairs = 0;
  let farthestSum = 0;
  let farthestMax = 0;
  for (let batch = 0; batch < sources.length; batch += 32) {
    const width = Math.min(32, sources.length - batch);
    seen.fill(0);
    front.fill(0);
    let count = 0;
    for (let bit = 0; bit < width; bit++) {
      const source = sources[batch + bit]!;
      if (front[source] === 0) here[count++] = source;
      front[source]! |= 1 << bit;
      seen[source]! |= 1 << bit;
    }
    const farthest = new Int32Array(width);
    for (let level = 1; count > 0; level++) {
      let found = 0;
      for (let i = 0; i < count; i++) {
        const node = here[i]!;
        const bits = front[node]!;
        front[node] = 0;
        for (let at = starts[node]!; at < starts[node + 1]!; at++) {
          const next = targets[at]!;
          const fresh = bits & ~seen[next]!;
          if (fresh === 0) continue;
          if (coming[next] === 0) there[found++] = next;
          coming[next]! |= fresh;
        }
      }
      let any = 0;
      for (let i = 0; i < found; i++) {
        const node = there[i]!;
        const bits = coming[node]!;
        coming[node] = 0;
        front[node] = bits;
        seen[node]! |= bits;
        any |= bits;
        const arrivals = bitsIn(bits);
        hops += level * arrivals;
        pairs += arrivals;
      }
      for (let bit = 0; bit < width; bit++) if ((any >>> bit) & 1) farthest[bit] = level;
      [here, there] = [there, here];
      count = found;
    }
    for (const level of farthest) {
      farthestSum += level;
      farthestMax = Math.max(farthestMax, level);
    }
  }
  return {
    mean: pairs === 0 ? 0 : hops / pairs,
    farthestMean: sources.length === 0 ? 0 : farthestSum / sources.length,
    farthestMax,
  };
}

/** Up to `count` of `nodes` by chance; all of them when they are no more. */
export function chosenOf(nodes: Int32Array, count: number, random: Random): Int32Array {
  if (nodes.length <= count) return nodes;
  const rest = nodes.slice();
  for (let i = 0; i < count; i++) {
    const j = i + random.below(rest.length - i);
    const other = rest[i]!;
    rest[i] = rest[j]!;
    rest[j] = other;
  }
  return rest.subarray(0, count);
}

function bitsIn(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
