/** What some broadcasts came to: the measures of the Plumtree paper, latencies, and the share that anybody got. */
import { quantile } from "../graph.ts";
import type { Broadcast } from "./spreading-mesh.ts";

export interface Measures {
  /** Deliveries, of all that there should be at nodes that lived through it; and those that needed no repair round. */
  readonly reliability: number;
  readonly spread: number;
  /** Relative message redundancy: copies received for each delivery, less one. */
  readonly rmr: number;
  /** Last delivery hop, mean over broadcasts. */
  readonly ldh: number;
  /** Rounds until the last delivery, at most over broadcasts. */
  readonly rounds: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Share of the audience that each broadcast reached without repair. */
  readonly reached: readonly number[];
}

export function measure(broadcasts: readonly Broadcast[], living: readonly number[], roundMs: number): Measures {
  const alive = new Set(living);
  const latencies: number[] = [];
  const reached: number[] = [];
  let [due, got, copies, deliveries, hops] = [0, 0, 0, 0, 0];
  for (const { atMs, audience, delivered, copies: received } of broadcasts) {
    let [stayed, spread, last] = [0, 0, 0];
    for (const node of audience) {
      if (!alive.has(node)) continue;
      stayed++;
      const delivery = delivered.get(node);
      if (delivery === undefined) continue;
      got++;
      latencies.push(delivery.atMs - atMs);
      if (delivery.repair) continue;
      spread++;
      last = Math.max(last, delivery.hops);
    }
    due += stayed;
    hops += last;
    copies += received;
    deliveries += delivered.size;
    reached.push(spread / Math.max(1, stayed));
  }
  const spread = reached.reduce((sum, share) => sum + share, 0);
  const count = Math.max(1, broadcasts.length);
  return {
    reliability: got / Math.max(1, due),
    spread: spread / count,
    rmr: deliveries === 0 ? 0 : copies / deliveries - 1,
    ldh: hops / count,
    rounds: Math.ceil(quantile(latencies, 1) / roundMs),
    latencyMs: { p50: Math.round(quantile(latencies, 0.5)), p99: Math.round(quantile(latencies, 0.99)) },
    reached,
  };
}
