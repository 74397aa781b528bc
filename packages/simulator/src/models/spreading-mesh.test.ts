import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { shipped } from "./spreading-rooms.ts";
import { SpreadingMesh } from "./spreading-mesh.ts";

interface Talk {
  readonly nodes: number;
  readonly latencyMs: readonly [number, number];
  readonly everyMs: number;
  readonly messages: number;
  /** All ten sources speak within this time of the start, before they take turns. */
  readonly togetherMs?: number;
}

/** Ten sources that speak in turns in a mesh where nobody has spoken before; delays of all deliveries, in order. */
function talk(spreading: "tree" | "flood", { nodes, latencyMs, everyMs, messages, togetherMs }: Talk): number[] {
  const options = { nodes, latencyMs, seed: 7, degree: 6, loss: 0, churn: 0, roundMs: 2_000, roundsMax: 1 } as const;
  const mesh = new SpreadingMesh({ ...options, makeRoom: shipped({ spreading }), rounds: false, channel: "reliable" });
  const random = streamOf(7, "when");
  let startMs = 0;
  if (togetherMs !== undefined) {
    for (let i = 0; i < 10; i++) mesh.queue.after(random.float() * togetherMs, () => mesh.publish(i));
    startMs = 2 * togetherMs;
  }
  for (let i = 0; i < messages; i++) mesh.queue.after(startMs + i * everyMs, () => mesh.publish(i % 10));
  mesh.run(startMs + messages * everyMs + 5_000);
  const delays: number[] = [];
  for (const { atMs, audience, delivered } of mesh.broadcasts.values()) {
    for (const node of audience) delays.push((delivered.get(node)?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
  }
  return delays.toSorted((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.ceil(sorted.length * q) - 1]!;

describe("a tree in a mesh where ten sources begin to speak", () => {
  test.each([
    ["in turns, in a small mesh", { nodes: 10, latencyMs: [1, 6], everyMs: 50, messages: 100 }],
    ["all at once", { nodes: 10, latencyMs: [1, 6], everyMs: 50, messages: 90, togetherMs: 10 }],
    ["while the last message is still under way", { nodes: 60, latencyMs: [5, 50], everyMs: 10, messages: 400 }],
  ] as const)("loses no time to a graft: %s", (_, options) => {
    const [tree, flood] = [talk("tree", options), talk("flood", options)];
    // A flood takes the fastest way; a tree that several sources share, some detours. A graft waits 100 ms at least.
    expect(quantile(tree, 0.99)).toBeLessThan(2 * quantile(flood, 0.99));
    expect(quantile(tree, 1)).toBeLessThan(2 * quantile(flood, 1));
  });
});
