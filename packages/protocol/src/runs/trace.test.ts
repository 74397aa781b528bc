import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Effect } from "../effect.ts";
import { bytesOf, Harness } from "../harness.testing.ts";
import { testHash } from "../room.testing.ts";
import type { RecorderOptions, Trace } from "./trace.ts";
import { decodeTrace, encodeTrace, Recorder, replay, TRACE_VERSION } from "./trace.ts";

const topic = "00".repeat(16);
const retention = { countMax: 1_000, bytesMax: 1_000_000, ageMs: 0 };

/** Half a minute of one peer among six, with what it did. */
function recorded(options: RecorderOptions = {}): { trace: Trace; effects: (readonly Effect[])[]; digest: Uint8Array } {
  const world = new Harness();
  const nodes = [1, 2, 3, 4, 5, 6].map((number) => world.add(number));
  const { peer } = nodes[2]!;
  const recorder = new Recorder({ handle: peer.handle.bind(peer), snapshot: () => peer.snapshot() }, options);
  const effects: (readonly Effect[])[] = [];
  peer.handle = (input, nowMs) => {
    const came = recorder.handle(input, nowMs);
    effects.push(structuredClone(came));
    return came;
  };
  for (const node of nodes) world.command(node, { kind: "subscribe", topic });
  for (let i = 0; i < 10; i++) {
    const body = bytesOf(`rumor ${i}`);
    world.command(nodes[i % 6]!, { kind: "publish", ref: -1 - i, topic, keyId: new Uint8Array(8), body, retention });
    world.run(3_000);
  }
  return { trace: recorder.trace(), effects, digest: peer.rooms.rumors.digest() };
}

const bounded = recorded({ entriesMax: 50 });

describe("replay", () => {
  test("does again exactly what the peer did, also after a way over bytes", () => {
    const { trace, effects, digest } = recorded();
    const decoded = decodeTrace(encodeTrace(trace));
    if (!decoded.ok) expect.unreachable(decoded.reason);
    else {
      const steps = [...replay(decoded.trace, testHash)];
      expect(steps.map(({ came }) => came)).toEqual(effects);
      expect(steps.at(-1)?.peer.rooms.rumors.digest()).toEqual(digest);
    }
  });

  test("of a bounded recording begins at a checkpoint and ends where the peer is", () => {
    const { trace, effects, digest } = bounded;
    expect(trace.entries.length).toBeGreaterThanOrEqual(50);
    expect(trace.entries.length).toBeLessThanOrEqual(100);
    const steps = [...replay(trace, testHash)];
    expect(steps.map(({ came }) => came)).toEqual(effects.slice(-steps.length));
    expect(steps.at(-1)?.peer.rooms.rumors.digest()).toEqual(digest);
  });

  test("can be done twice, for it leaves the trace as it is", () => {
    const { trace } = bounded;
    const before = encodeTrace(trace);
    expect([...replay(trace, testHash)]).toHaveLength([...replay(trace, testHash)].length);
    expect(encodeTrace(trace)).toEqual(before);
  });

  test("says where it strays from what was recorded", () => {
    const { trace } = bounded;
    const entries = trace.entries.map((entry, i) => (i === 40 ? { ...entry, effects: entry.effects + 1 } : entry));
    expect(() => [...replay({ ...trace, entries }, testHash)]).toThrow("effects of input 40");
  });
});

test("a recording is bounded by bytes as well", () => {
  const { trace } = recorded({ bytesMax: 10_000 });
  const frames = trace.entries.map(({ input }) => (input.kind === "received" ? input.bytes.length : 0));
  expect(frames.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(3 * 10_000);
});

describe("decoding", () => {
  test("refuses other files, other versions and damage, with the reason", () => {
    const bytes = encodeTrace(bounded.trace);
    expect(decodeTrace(new Uint8Array())).toEqual({ ok: false, reason: "not-a-trace" });
    expect(decodeTrace(bytesOf("GVTX and more"))).toEqual({ ok: false, reason: "not-a-trace" });
    expect(decodeTrace(Uint8Array.of(...bytesOf("GVTR"), 99))).toEqual({ ok: false, reason: "other-version" });
    expect(decodeTrace(bytes.subarray(0, bytes.length - 1))).toEqual({ ok: false, reason: "damaged" });
  });

  test("tells a recording by another build, whose rooms remember something else, from a damaged one", () => {
    const { checkpoint, entries } = bounded.trace;
    const { rumors } = checkpoint.state;
    const repair = rumors.repair!;
    const { chained: _, ...catchingUp } = repair.catchingUp;
    for (const state of [
      { ...checkpoint.state, gossip: 1 },
      { ...checkpoint.state, rumors: { ...rumors, repair: { ...repair, catchingUp } } },
      { ...checkpoint.state, rumors: { ...rumors, repair: { ...repair, proofs: { ...repair.proofs, more: 1 } } } },
    ]) {
      const bytes = encodeTrace({ checkpoint: { ...checkpoint, state: state as never }, entries });
      expect(decodeTrace(bytes)).toEqual({ ok: false, reason: "other-version" });
    }
  });

  test("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeTrace(bytes);
        decodeTrace(Uint8Array.of(...bytesOf("GVTR"), TRACE_VERSION, ...bytes));
      }),
    );
  });
});
