/**
 * A newcomer whom a colluder introduces, in a mesh whose links are due in pairs (`pair-links.ts`). The colluder names
 * accomplices alone and hands the newcomer's descriptors to nobody, so that no honest peer hears of it; every
 * accomplice that is due calls at once. What the newcomer knows it has from its neighbors: copies of descriptors in
 * shuffles, one a cycle, and the peers nearest to being due with it, which it asks every neighbor for.
 */
import type { Random } from "@grapevine/protocol";
import { hash4 } from "./hash4.ts";
import { PAIR_DEFAULTS } from "./pair-links.ts";

export interface NewcomerOptions {
  readonly nodes: number;
  /** Share of the nodes that collude; these are the first ones. */
  readonly byzantine: number;
  /** Honest peers that introduce it too: a seed's choice, another invitation, a peer remembered from before. */
  readonly honestSources: number;
  /** How many others an honest peer knows: all of a mesh of 1 000. Source: `tableMax` of the protocol's tuning. */
  readonly known: number;
  /** Copies of descriptors in a shuffle. Source: `samplesLength` of the protocol's tuning. */
  readonly samples: number;
  readonly calls: number;
  readonly tolerance: number;
  /** Peers that a neighbor names when asked: as many as a newcomer lacks. */
  readonly named: number;
}

export const NEWCOMER_DEFAULTS: NewcomerOptions = {
  nodes: 1_000,
  byzantine: 0.2,
  honestSources: 1,
  known: 2_048,
  samples: 16,
  calls: PAIR_DEFAULTS.calls,
  tolerance: PAIR_DEFAULTS.tolerance,
  named: PAIR_DEFAULTS.calls,
};

export class Newcomer {
  readonly links: Set<number> = new Set();
  private readonly options: NewcomerOptions;
  private readonly random: Random;
  private readonly salt: number;
  private readonly colluders: number;
  /** Peers that are due with the newcomer, those of least value first. */
  private readonly due: readonly number[];
  private readonly known = new Set<number>();
  private readonly sources: readonly number[];

  constructor(options: NewcomerOptions, random: Random) {
    const { nodes, byzantine, tolerance, honestSources } = options;
    this.options = options;
    this.random = random;
    this.salt = random.uint32();
    this.colluders = Math.round(byzantine * nodes);
    this.due = Array.from({ length: nodes }, (_, peer) => peer)
      .filter((peer) => this.value(peer) < tolerance / nodes)
      .toSorted((a, b) => this.value(a) - this.value(b));
    const honest = Array.from({ length: honestSources }, () => this.colluders + random.below(nodes - this.colluders));
    this.sources = [random.below(this.colluders), ...honest];
    for (const source of this.sources) this.links.add(source);
    for (const peer of this.due) if (peer < this.colluders) this.links.add(peer);
  }

  /** Ask every neighbor, shuffle with one, and call the next who is due: one call a cycle. */
  cycle(): void {
    const { links, due, known, options, random } = this;
    for (const neighbor of links) for (const peer of this.namedBy(neighbor)) known.add(peer);
    const partner = random.pick([...links])!;
    for (let i = 0; i < options.samples; i++) known.add(this.sampleOf(partner));
    const wanted = due.filter((peer) => known.has(peer) || links.has(peer)).slice(0, options.calls);
    const next = wanted.find((peer) => !links.has(peer));
    if (next !== undefined) links.add(next);
  }

  /** Honest neighbors, the sources left out. */
  get honestLinks(): number {
    let honest = 0;
    for (const peer of this.links) if (peer >= this.colluders && !this.sources.includes(peer)) honest++;
    return honest;
  }

  private value(peer: number): number {
    return hash4(this.salt, peer, -1, 0);
  }

  private knows(peer: number, other: number): boolean {
    const { known, nodes } = this.options;
    return known >= nodes - 1 || hash4(this.salt, peer, other, 1) < known / (nodes - 1);
  }

  /** Accomplices that are due have called already; a colluder has nobody else to name. */
  private namedBy(neighbor: number): readonly number[] {
    if (neighbor < this.colluders) return [];
    return this.due.filter((peer) => peer !== neighbor && this.knows(neighbor, peer)).slice(0, this.options.named);
  }

  private sampleOf(neighbor: number): number {
    if (neighbor < this.colluders) return this.random.below(this.colluders);
    for (;;) {
      const peer = this.random.below(this.options.nodes);
      if (this.knows(neighbor, peer)) return peer;
    }
  }
}
