/**
 * What the nodes of one process have received in one phase: every message must reach every node, and none twice. A
 * message that came is a bit; `least` is what lets publishers go on.
 */
import type { Stamp } from "./payload.ts";

export class Ledger {
  readonly phase: number;
  deliveries = 0;
  repeats = 0;
  readonly latenciesMs: number[] = [];
  private readonly keepLatencies: boolean;
  /** By node and author: which messages came, and how many. */
  private readonly seen: Uint8Array[][];
  private readonly counts: number[][];
  private readonly authors: readonly number[];
  private readonly nodes: readonly number[];

  constructor(phase: number, nodes: readonly number[], authors: readonly number[], keepLatencies: boolean) {
    this.phase = phase;
    this.nodes = nodes;
    this.authors = authors;
    this.keepLatencies = keepLatencies;
    this.seen = nodes.map(() => authors.map(() => new Uint8Array(1024)));
    this.counts = nodes.map(() => authors.map(() => 0));
  }

  add(node: number, { author, seq, sentMs }: Stamp, atMs: number): void {
    const at = this.authors.indexOf(author);
    if (at < 0) return;
    const row = this.nodes.indexOf(node);
    let seen = this.seen[row]![at]!;
    if (seq >= seen.length) {
      const grown = new Uint8Array(Math.max(seq + 1, seen.length * 2));
      grown.set(seen);
      this.seen[row]![at] = seen = grown;
    }
    if (seen[seq] === 1) {
      this.repeats++;
      return;
    }
    seen[seq] = 1;
    this.counts[row]![at]!++;
    this.deliveries++;
    if (this.keepLatencies) this.latenciesMs.push(atMs - sentMs);
  }

  /** For each author, how many of its messages every node here has; its own node is not asked. */
  least(): number[] {
    return this.authors.map((author, at) => {
      let least = Number.POSITIVE_INFINITY;
      for (const [row, node] of this.nodes.entries()) {
        if (node !== author) least = Math.min(least, this.counts[row]![at]!);
      }
      // JSON has no Infinity.
      return Math.min(least, Number.MAX_SAFE_INTEGER);
    });
  }
}
