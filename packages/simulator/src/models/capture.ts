/** How far colluders have captured an overlay of links: their share of honest peers' links, and whom they surround. */
export interface Capture {
  /** Malicious share of honest peers' links. */
  readonly linkShare: number;
  readonly linksMean: number;
  /** Shares of honest peers with no honest link, and with at most one. */
  readonly eclipsed: number;
  readonly atMostOne: number;
  /** Honest peers with no honest link. */
  readonly alone: readonly number[];
  /** Share of honest peers in the largest component of the links between honest peers. */
  readonly largest: number;
}

/** Nodes below `colluders` collude; `links` are those of the others, in order. */
export function captureOf(nodes: number, colluders: number, links: readonly ReadonlySet<number>[]): Capture {
  const honest = nodes - colluders;
  const root = Int32Array.from({ length: honest }, (_, i) => i);
  const find = (node: number): number => {
    while (root[node] !== node) node = root[node] = root[root[node]!]!;
    return node;
  };
  let all = 0;
  let bad = 0;
  const alone: number[] = [];
  let atMostOne = 0;
  for (const [i, row] of links.entries()) {
    let good = 0;
    for (const peer of row) {
      if (peer < colluders) continue;
      good++;
      root[find(i)] = find(peer - colluders);
    }
    all += row.size;
    bad += row.size - good;
    if (good === 0) alone.push(colluders + i);
    if (good <= 1) atMostOne++;
  }
  const sizes = new Int32Array(honest);
  let largest = 0;
  for (let i = 0; i < honest; i++) largest = Math.max(largest, ++sizes[find(i)]!);
  return {
    linkShare: all === 0 ? 0 : bad / all,
    linksMean: all / honest,
    eclipsed: alone.length / honest,
    atMostOne: atMostOne / honest,
    alone,
    largest: largest / honest,
  };
}

/** Malicious share of some peers' links, taken together. */
export function shareOf(colluders: number, links: readonly ReadonlySet<number>[]): number {
  let all = 0;
  let bad = 0;
  for (const row of links) {
    all += row.size;
    for (const peer of row) if (peer < colluders) bad++;
  }
  return all === 0 ? 0 : bad / all;
}
