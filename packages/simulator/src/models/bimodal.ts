/**
 * Bimodal multicast (Birman, Hayden, Ozkasap, Xiao, Budiu and Minsky, "Bimodal multicast", 1999), its two phases alone:
 * a best-effort multicast that its sender may not survive, and rounds in which whoever has the message tells others that
 * it has, and sends it to those who ask, within limits. What it claims: a message reaches almost all or almost none.
 */
import type { Random } from "@grapevine/protocol";

export interface BimodalOptions {
  readonly nodes: number;
  /** Share of datagrams lost. */
  readonly loss: number;
  /** Chance that the sender crashes before the first phase is over, after any number of its datagrams. */
  readonly crash: number;
  /** Share of the other nodes that crashes in each round. */
  readonly failing: number;
  /** Digests that a node sends in a round. */
  readonly fanout: number;
  /** Rounds in which a node offers a message, from when it came; then it is garbage. */
  readonly rounds: number;
  /** Requests that a node answers in a round: only those of this round, the rest have to ask again. */
  readonly answers: number;
}

export interface BimodalResult {
  /** Share of the nodes alive at the end that have it, after the first phase and in the end. */
  readonly first: number;
  readonly last: number;
  /** Datagrams with the message in them, for each node. */
  readonly copies: number;
}

export function bimodal(options: BimodalOptions, random: Random): BimodalResult {
  const { nodes, loss, crash, failing, fanout, rounds, answers } = options;
  const alive = new Uint8Array(nodes).fill(1);
  /** The round in which it came; -1 for not yet. Node 0 is the sender. */
  const since = new Int32Array(nodes).fill(-1);
  const lost = (): boolean => random.float() < loss;
  let copies = 0;
  since[0] = 0;
  const crashed = random.float() < crash;
  const sent = crashed ? random.below(nodes) : nodes - 1;
  for (const node of random.sample(others(nodes), sent)) {
    copies++;
    if (!lost()) since[node] = 0;
  }
  if (crashed) alive[0] = 0;
  const first = shareOf(since, alive);
  for (let round = 1; ; round++) {
    let offering = false;
    const asked = new Map<number, number[]>();
    for (let node = 0; node < nodes; node++) {
      if (alive[node] && node > 0 && random.float() < failing) alive[node] = 0;
      if (!alive[node] || since[node]! < 0 || round > since[node]! + rounds) continue;
      offering = true;
      for (let i = 0; i < fanout; i++) {
        const peer = random.below(nodes);
        // A digest, and the request that it leads to: either may be lost.
        if (peer === node || !alive[peer] || since[peer]! >= 0 || lost() || lost()) continue;
        asked.set(node, [...(asked.get(node) ?? []), peer]);
      }
    }
    if (!offering) break;
    for (const peers of asked.values()) {
      for (const peer of peers.slice(0, answers)) {
        copies++;
        if (!lost() && since[peer]! < 0) since[peer] = round;
      }
    }
  }
  return { first, last: shareOf(since, alive), copies: copies / nodes };
}

function others(nodes: number): number[] {
  return Array.from({ length: nodes - 1 }, (_, i) => i + 1);
}

function shareOf(since: Int32Array, alive: Uint8Array): number {
  let [have, all] = [0, 0];
  for (let node = 0; node < since.length; node++) {
    if (!alive[node]) continue;
    all++;
    if (since[node]! >= 0) have++;
  }
  return have / Math.max(1, all);
}
