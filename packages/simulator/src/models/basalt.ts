/**
 * Basalt (Auvolat, Bromberg, Frey and Taiani, "BASALT: a rock-solid foundation for epidemic consensus algorithms in very
 * large, very open networks", 2021): each of v slots keeps, of all peers it has heard of, the one of least hash under
 * the slot's private seed, so that repeating a name buys nothing. Colluders answer pulls with nothing but accomplices
 * and push them to honest peers.
 */
import type { Random } from "@grapevine/protocol";
import { hash4 } from "./hash4.ts";

export interface BasaltOptions {
  readonly nodes: number;
  /** Share of the nodes that collude; these are the first ones. */
  readonly byzantine: number;
  /** v: slots of a view. */
  readonly view: number;
  /** k: slots that are emitted as samples and given new seeds, every `resetCycles` (r). */
  readonly emitted: number;
  readonly resetCycles: number;
  /** Pushes that a colluder sends in a cycle; honest peers send one. */
  readonly force: number;
  /** How many honest peers they push to: the first ones. */
  readonly victims: number;
}

export const BASALT_DEFAULTS: Omit<BasaltOptions, "nodes" | "byzantine" | "view"> = {
  emitted: 10,
  resetCycles: 10,
  force: 10,
  victims: Number.POSITIVE_INFINITY,
};

export class Basalt {
  readonly colluders: number;
  private readonly options: BasaltOptions;
  private readonly random: Random;
  private readonly seeds: Int32Array;
  /** -1 for a slot that has heard of nobody. */
  private readonly peers: Int32Array;
  private readonly ranks: Float64Array;
  private readonly hits: Int32Array;
  private cycles = 0;
  private sampled = 0;
  private sampledBad = 0;

  constructor(options: BasaltOptions, random: Random) {
    const { nodes, view, byzantine } = options;
    this.options = options;
    this.random = random;
    this.colluders = Math.round(byzantine * nodes);
    this.seeds = Int32Array.from({ length: nodes * view }, () => random.uint32());
    this.peers = new Int32Array(nodes * view).fill(-1);
    this.ranks = new Float64Array(nodes * view).fill(Number.POSITIVE_INFINITY);
    this.hits = new Int32Array(nodes * view);
    for (let node = this.colluders; node < nodes; node++) {
      this.hear(
        node,
        Array.from({ length: view }, () => random.below(nodes)),
      );
    }
  }

  cycle(): void {
    const { options, colluders, random } = this;
    const { nodes, resetCycles, victims } = options;
    const targets = Math.min(victims, nodes - colluders);
    this.cycles++;
    for (let colluder = 0; colluder < colluders; colluder++) {
      for (let i = 0; i < options.force; i++) this.hear(colluders + random.below(targets), this.accomplices());
    }
    for (let node = colluders; node < nodes; node++) {
      const asked = this.leastHit(node);
      if (asked >= 0) this.hear(node, asked < colluders ? this.accomplices() : this.viewOf(asked));
      const told = this.leastHit(node);
      if (told >= colluders) this.hear(told, [...this.viewOf(node), node]);
    }
    if (this.cycles % resetCycles === 0) for (let node = colluders; node < nodes; node++) this.emit(node);
  }

  /** Malicious share of honest views; of those of the first few honest peers alone, when asked. */
  viewShare(first: number = this.options.nodes - this.colluders): number {
    const { view } = this.options;
    const honest = this.peers.subarray(this.colluders * view, (this.colluders + first) * view);
    let bad = 0;
    for (const peer of honest) if (peer >= 0 && peer < this.colluders) bad++;
    return bad / honest.length;
  }

  /** Malicious share of the samples emitted since the last call; undefined when there were none. */
  sampleShare(): number | undefined {
    const share = this.sampled === 0 ? undefined : this.sampledBad / this.sampled;
    this.sampled = 0;
    this.sampledBad = 0;
    return share;
  }

  /** Honest peers that hear of colluders only. */
  isolated(): number {
    const { options, colluders } = this;
    let isolated = 0;
    for (let node = colluders; node < options.nodes; node++) {
      if (this.viewOf(node).every((peer) => peer < colluders)) isolated++;
    }
    return isolated;
  }

  private viewOf(node: number): number[] {
    const { view } = this.options;
    return [...this.peers.subarray(node * view, (node + 1) * view)].filter((peer) => peer >= 0);
  }

  private accomplices(): number[] {
    return Array.from({ length: this.options.view }, () => this.random.below(this.colluders));
  }

  private hear(node: number, named: readonly number[]): void {
    const { seeds, peers, ranks, hits, options } = this;
    for (const peer of new Set(named)) {
      if (peer === node) continue;
      for (let slot = node * options.view; slot < (node + 1) * options.view; slot++) {
        if (peers[slot] === peer) {
          hits[slot]!++;
          continue;
        }
        const rank = hash4(seeds[slot]!, peer, 0, 0);
        if (rank >= ranks[slot]!) continue;
        peers[slot] = peer;
        ranks[slot] = rank;
        hits[slot] = 1;
      }
    }
  }

  /** Among equals by chance; it counts as a hit, so that the next one is another. */
  private leastHit(node: number): number {
    const { options, peers, hits, random } = this;
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    for (let slot = node * options.view; slot < (node + 1) * options.view; slot++) {
      if (peers[slot] === -1 || hits[slot]! > least) continue;
      ties = hits[slot] === least ? ties + 1 : 1;
      least = hits[slot]!;
      if (random.below(ties) === 0) chosen = slot;
    }
    if (chosen < 0) return -1;
    hits[chosen]!++;
    return peers[chosen]!;
  }

  /** The next `emitted` slots in turn: emit their peers, take new seeds, and hear of the whole view anew. */
  private emit(node: number): void {
    const { options, seeds, peers, ranks, hits, random } = this;
    const first = Math.floor(this.cycles / options.resetCycles) * options.emitted;
    const known = this.viewOf(node);
    for (let i = 0; i < options.emitted; i++) {
      const slot = node * options.view + ((first + i) % options.view);
      if (peers[slot]! >= 0) this.sampled++;
      if (peers[slot]! >= 0 && peers[slot]! < this.colluders) this.sampledBad++;
      seeds[slot] = random.uint32();
      peers[slot] = -1;
      ranks[slot] = Number.POSITIVE_INFINITY;
      hits[slot] = 0;
    }
    this.hear(node, known);
  }
}
