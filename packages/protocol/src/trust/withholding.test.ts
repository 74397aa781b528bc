import fc from "fast-check";
import { expect, it } from "vitest";
import { Harness, bytesOf } from "../harness.testing.ts";
import type { SpreadingPolicy } from "../config.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";

const TOPIC = "0a".repeat(16);
const RETENTION = { countMax: 1_000, bytesMax: 1_000_000, ageMs: 0 };

interface Case {
  readonly spreading: SpreadingPolicy;
  readonly size: number;
  readonly sources: number;
  readonly everyMs: number;
}

/** One of the peers takes everything, says that it is there, and passes on nothing of others. */
function meshWithHoarder({ spreading, size }: Case): Harness {
  const harness: Harness = new Harness({
    tuning: { spreading },
    onFrame: (from, _to, bytes) => {
      const decoded = from === harness.nodes[0] ? decodeFrame(bytes) : undefined;
      const frame = decoded?.ok === true ? decoded.frame : undefined;
      if (frame?.kind === "rumor" && frame.rumor.header.author !== from.id && !frame.repair) return undefined;
      if (frame?.kind === "iHave") return undefined;
      if (frame?.kind === "tell") return frame.asks ? encodeFrame({ ...frame, rumors: [] }) : undefined;
      return bytes;
    },
  });
  for (let number = 1; number <= size; number++) harness.add(number);
  harness.run(5_000);
  return harness;
}

function publish(harness: Harness, index: number, ref: number): void {
  const node = harness.nodes[index]!;
  const body = bytesOf(`rumor ${ref}`);
  const keyId = new Uint8Array(8);
  harness.command(node, { kind: "publish", ref: -ref, topic: TOPIC, keyId, body, retention: RETENTION });
}

it("a neighbor that never forwards what it should ends negative, and loses its links, in every configuration; nobody else does", () => {
  const configuration: fc.Arbitrary<Case> = fc.record({
    spreading: fc.constantFrom<SpreadingPolicy>("flood", "tree", "mongering", "adaptive"),
    size: fc.integer({ min: 4, max: 6 }),
    sources: fc.integer({ min: 2, max: 3 }),
    everyMs: fc.integer({ min: 200, max: 1_000 }),
  });
  const holds = (configured: Case): void => {
    const harness = meshWithHoarder(configured);
    const [hoarder, ...honest] = harness.nodes;
    const suspects = new Set<string>();
    const linked = honest.filter(({ peer }) => peer.neighbors.some((other) => other.peer === hoarder!.id));
    // 16 rumors of others until it is conspicuous, then five trials, each of 11 s and until a rumor of another comes.
    const endMs = harness.nowMs + 90_000 + 64 * configured.everyMs;
    let lowest = 1;
    for (let ref = 1; harness.nowMs < endMs; ref++) {
      publish(harness, 1 + (ref % configured.sources), ref);
      harness.run(configured.everyMs);
      for (const { id, peer } of honest) {
        for (const { peer: other, score } of peer.neighbors) {
          if (other !== hoarder!.id) lowest = Math.min(lowest, score.value);
          else if (score.value < 0) suspects.add(id);
        }
      }
    }
    expect(lowest).toBeGreaterThan(0);
    // The last of them may be the only neighbor that is left to it: then it has nothing to forward.
    expect(linked.filter(({ id }) => suspects.has(id)).length).toBeGreaterThanOrEqual(linked.length - 1);
    expect(linked.filter(({ peer }) => peer.counts.scores.ended > 0).length).toBeGreaterThanOrEqual(linked.length - 2);
    expect(hoarder!.peer.counts.scores.ended).toBe(0);
  };
  fc.assert(fc.property(configuration, holds), {
    numRuns: 4,
    endOnFailure: true,
    examples: [
      [{ spreading: "tree", size: 5, sources: 2, everyMs: 5_000 }],
      [{ spreading: "mongering", size: 7, sources: 3, everyMs: 500 }],
    ],
  });
}, 60_000);
