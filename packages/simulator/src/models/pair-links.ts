/**
 * Links that are due: every unordered pair of peers has a value that nobody chose and that is drawn anew once an epoch,
 * at a time of the pair's own. A peer links to the `calls` known peers of least value, and takes any caller whose
 * value is within tolerance. Against one call on each of several rings (`assigned-links.ts`) colluders have one
 * tolerance to call within instead of one a ring, both ends know that a link is due and so either may find the other,
 * and links turn one at a time with no staggering. The adversary is that of `assigned-links.ts`.
 */
import type { Random } from "@grapevine/protocol";
import { captureOf, type Capture, shareOf } from "./capture.ts";
import { hash4 } from "./hash4.ts";

export interface PairOptions {
  readonly nodes: number;
  /** Share of the nodes that collude; these are the first ones. */
  readonly byzantine: number;
  /** Known peers of least value that a peer links to. */
  readonly calls: number;
  /** Links that a peer keeps at most; the nearest stay. */
  readonly linksMax: number;
  /** A pair may link while its value is below `tolerance` / `nodes`: so many links are allowed to a peer on average. */
  readonly tolerance: number;
  /** How many others a peer knows. */
  readonly known: number;
  /** How many near peers a neighbor names when asked. */
  readonly named: number;
  /** Turns in an epoch: in each, so large a part of all pairs is drawn anew. */
  readonly turns: number;
  /** One of the calls goes to the nearest, by round trip, of so many more than the one whose turn it is; 0: to that one. */
  readonly nearTrials: number;
}

export const PAIR_DEFAULTS: Omit<PairOptions, "nodes" | "byzantine" | "known"> = {
  calls: 6,
  linksMax: 16,
  tolerance: 12,
  named: 3,
  turns: 6,
  nearTrials: 0,
};

export class PairLinks {
  readonly options: PairOptions;
  readonly colluders: number;
  private readonly random: Random;
  private readonly salt: number;
  private readonly links: Set<number>[];
  private readonly wants: Set<number>[];
  /** Those with whom each peer may link. */
  private readonly due: Map<number, number>[];
  private readonly expelled = new Set<number>();
  private turns = 0;

  constructor(options: PairOptions, random: Random) {
    const { nodes, turns } = options;
    this.options = options;
    this.random = random;
    this.salt = random.uint32();
    this.colluders = Math.round(options.byzantine * nodes);
    this.links = Array.from({ length: nodes }, () => new Set());
    this.wants = Array.from({ length: nodes }, () => new Set());
    this.due = Array.from({ length: nodes }, () => new Map());
    for (let phase = 0; phase < turns; phase++) this.draw(phase);
  }

  epoch(): void {
    for (let turn = 0; turn < this.options.turns; turn++) this.turn();
  }

  capture(): Capture {
    return captureOf(this.options.nodes, this.colluders, this.links.slice(this.colluders));
  }

  /** Malicious share of the links of the first `victims` honest peers. */
  shareOf(victims: number): number {
    return shareOf(this.colluders, this.links.slice(this.colluders, this.colluders + victims));
  }

  neighborsOf(peer: number): readonly number[] {
    return [...this.links[peer]!];
  }

  /** Cut all links of a convicted peer, for good. */
  expel(peer: number): void {
    for (const other of this.links[peer]!) this.unlink(peer, other);
    this.expelled.add(peer);
  }

  turn(): void {
    const { options, colluders, links, wants, due, random } = this;
    this.turns++;
    this.draw(this.turns % options.turns);
    const honest = Array.from({ length: options.nodes - colluders }, (_, i) => colluders + i);
    // Neighbors are asked over the links as they were: the new link stands before the old one goes.
    for (const peer of honest) wants[peer] = new Set(this.nearest(peer));
    for (let peer = 0; peer < colluders; peer++) {
      for (const victim of due[peer]!.keys()) if (victim >= colluders) this.link(peer, victim);
    }
    for (const peer of random.sample(honest, honest.length)) for (const callee of wants[peer]!) this.link(peer, callee);
    // Now those go that are out of tolerance, or that neither end wants; a colluder wants every one.
    for (const peer of honest) {
      for (const other of links[peer]!) {
        const wanted = other < colluders || wants[peer]!.has(other) || wants[other]!.has(peer);
        if (!wanted || !due[peer]!.has(other)) this.unlink(peer, other);
      }
    }
  }

  /** New values for the pairs whose turn it is. */
  private draw(phase: number): void {
    const { salt, due, options } = this;
    const { nodes, tolerance, turns } = options;
    for (let a = 0; a < nodes; a++) {
      for (let b = a + 1; b < nodes; b++) {
        if (turns > 1 && Math.floor(hash4(salt, a, b, -1) * turns) !== phase) continue;
        const value = hash4(salt, a, b, this.turns);
        if (value < tolerance / nodes) {
          due[a]!.set(b, value);
          due[b]!.set(a, value);
        } else if (due[a]!.delete(b)) due[b]!.delete(a);
      }
    }
  }

  /** What a peer knows is a choice of chance, a new one in each turn. */
  private knows(peer: number, other: number): boolean {
    const { known, nodes } = this.options;
    return known >= nodes - 1 || hash4(this.salt, peer, other, -3 - this.turns) < known / (nodes - 1);
  }

  /** Of those that are due the `calls` nearest that a peer knows, is linked to, or is told of by a neighbor. */
  private nearest(peer: number): number[] {
    const { options, colluders, links } = this;
    const due = [...this.due[peer]!]
      .filter(([other]) => !this.expelled.has(other))
      .toSorted(([, a], [, b]) => a - b)
      .map(([other]) => other);
    const found = new Set(due.filter((other) => links[peer]!.has(other) || this.knows(peer, other)));
    for (const neighbor of links[peer]!) {
      // Accomplices that are due call by themselves: to name them changes nothing.
      if (neighbor < colluders) continue;
      let named = 0;
      for (const other of due) {
        if (named === options.named) break;
        if (!this.knows(neighbor, other)) continue;
        named++;
        found.add(other);
      }
    }
    const choices = due.filter((other) => found.has(other));
    const called = choices.slice(0, options.calls);
    // Colluders are always the nearest: if one is among those that are tried, it takes the last place.
    const tried = choices.slice(options.calls - 1, options.calls + options.nearTrials);
    const near = tried.find((other) => other < colluders);
    if (near !== undefined) called[options.calls - 1] = near;
    return called;
  }

  private link(a: number, b: number): void {
    if (this.links[a]!.has(b) || this.expelled.has(a) || this.expelled.has(b)) return;
    if (!this.makeRoom(a, b) || !this.makeRoom(b, a)) return;
    this.links[a]!.add(b);
    this.links[b]!.add(a);
  }

  private unlink(a: number, b: number): void {
    this.links[a]!.delete(b);
    this.links[b]!.delete(a);
  }

  /** Colluders always have room; of others' links the farthest gives way. */
  private makeRoom(peer: number, caller: number): boolean {
    const links = this.links[peer]!;
    if (peer < this.colluders || links.size < this.options.linksMax) return true;
    let farthest = caller;
    let worst = this.due[peer]!.get(caller)!;
    for (const other of links) {
      const value = this.due[peer]!.get(other) ?? Number.POSITIVE_INFINITY;
      if (value > worst) {
        worst = value;
        farthest = other;
      }
    }
    if (farthest === caller) return false;
    this.unlink(peer, farthest);
    return true;
  }
}
