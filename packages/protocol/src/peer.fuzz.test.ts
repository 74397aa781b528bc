import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Input } from "./input.ts";
import { limits } from "./limits.ts";
import { bytesOf, Harness } from "./harness.testing.ts";
import type { TestNode } from "./harness.testing.ts";
import { peerId } from "./room.testing.ts";

const topic = "00".repeat(16);
const retention = { countMax: 100, bytesMax: 100_000, ageMs: 0 };

/** A mesh of four that has talked for a while, and every frame that crossed it. */
function talkative(): { world: Harness; frames: Uint8Array[] } {
  const frames: Uint8Array[] = [];
  const world = new Harness({
    onFrame: (_from, _to, bytes) => {
      frames.push(bytes);
      return bytes;
    },
  });
  for (let i = 1; i <= 4; i++) world.add(i);
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic });
  for (let i = 0; i < 8; i++) {
    world.command(world.nodes[i % 4]!, {
      kind: "publish",
      ref: -1,
      topic,
      keyId: new Uint8Array(8),
      body: bytesOf(`text ${i}`),
      retention,
    });
    world.run(2_000);
  }
  return { world, frames };
}

function expectBounded(node: TestNode): void {
  const { state } = node.peer.rooms;
  expect(state.pending.size).toBeLessThanOrEqual(limits.pendingMax);
  expect(state.handshakes.strangers.size).toBeLessThanOrEqual(limits.strangersMax);
  expect(state.overlay.finding!.routes.circuits.size).toBeLessThanOrEqual(limits.circuitsMax);
  expect(state.overlay.finding!.introductions.introduced.size).toBeLessThanOrEqual(limits.introducedMax);
  expect(state.admission.admitted.size).toBeLessThanOrEqual(limits.admittedMax);
  expect(state.directory.departed.size).toBeLessThanOrEqual(limits.departedMax);
  expect(state.overlay.calls.calls.size).toBeLessThanOrEqual(limits.callsMax + limits.inboundCallsMax);
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const small = fc.integer({ min: 0, max: 12 });

/** Any input at all, with links and refs that may or may not exist. */
const anyInput: fc.Arbitrary<Input> = fc.oneof(
  fc.constant<Input>({ kind: "deadline" }),
  fc.constant<Input>({ kind: "start" }),
  fc.record({
    kind: fc.constant("linkUp" as const),
    link: small,
    local: fc.constant(new Uint8Array(32)),
    remote: fc.constant(new Uint8Array(32)),
  }),
  fc.record({ kind: fc.constant("linkDown" as const), link: small, reason: fc.string() }),
  fc.record({
    kind: fc.constant("received" as const),
    link: small,
    channel: fc.constantFrom("control" as const, "data" as const, "unreliable" as const),
    bytes: bytes(200),
  }),
  fc.record({ kind: fc.constant("writable" as const), link: small, writable: fc.boolean() }),
  fc.record({ kind: fc.constant("localSignal" as const), link: small, signal: bytes(40) }),
  fc.record({
    kind: fc.constant("signed" as const),
    ref: fc.nat(300),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  }),
  fc.record({ kind: fc.constant("verified" as const), ref: fc.nat(300), ok: fc.boolean() }),
  fc.record({ kind: fc.constant("sealed" as const), ref: fc.nat(300), bytes: bytes(80) }),
  fc.record({
    kind: fc.constant("opened" as const),
    ref: fc.nat(300),
    from: fc.constant(new Uint8Array(32)),
    bytes: fc.option(bytes(200), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("seedUp" as const), seed: small }),
  fc.record({ kind: fc.constant("seedDown" as const), seed: small }),
  fc.record({
    kind: fc.constant("seedPeers" as const),
    seed: small,
    others: fc.nat(),
    peers: fc.array(fc.record({ seat: fc.string(), card: bytes(200) }), { maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant("seedReceived" as const), seed: small, seat: fc.string(), bytes: bytes(200) }),
  fc.record({ kind: fc.constant("seedGone" as const), seed: small, seat: fc.string() }),
  fc.constantFrom<Input>({ kind: "pause" }, { kind: "resume" }),
  fc.record({
    kind: fc.constant("send" as const),
    ref: fc.nat(),
    to: fc.nat(20).map(peerId),
    data: bytes(50),
    timeoutMs: fc.nat(9_000),
  }),
);

describe("whatever comes in", () => {
  test("any sequence of inputs, in any order, at any time, throws nothing and grows nothing without bound", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyInput, fc.integer({ min: -5_000, max: 20_000 })), { maxLength: 120 }),
        (sequence) => {
          const world = new Harness();
          const node = world.add(1);
          world.add(2);
          for (const [input, passMs] of sequence) {
            world.nowMs += passMs;
            world.input(node, input);
          }
          expectBounded(node);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("frames of a real conversation, altered, cut, repeated and in another's name, change nobody's mind", () => {
    const { frames } = talkative();
    const tampered = fc.record({
      frame: fc.nat(frames.length - 1),
      at: fc.nat(),
      flip: fc.integer({ min: 1, max: 255 }),
      cut: fc.option(fc.nat(), { nil: undefined, freq: 4 }),
      to: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(tampered, { minLength: 1, maxLength: 30 }), (attempts) => {
        const { world } = talkative();
        const before = world.nodes.map((node) => node.peer.digest());
        for (const { frame, at, flip, cut, to } of attempts) {
          const node = world.nodes[to]!;
          const link = node.peer.neighbors[at % Math.max(1, node.peer.neighbors.length)]?.link;
          if (link === undefined) continue;
          const altered = frames[frame]!.slice(0, cut === undefined ? undefined : cut % frames[frame]!.length);
          if (altered.length > 0) altered[at % altered.length]! ^= flip;
          world.input(node, { kind: "received", link, channel: "data", bytes: altered });
        }
        for (const node of world.nodes) expectBounded(node);
        expect(world.nodes.map((node) => node.peer.digest())).toEqual(before);
        expect(world.nodes.map((node) => node.delivered.length)).toEqual([8, 8, 8, 8]);
      }),
      { numRuns: 40 },
    );
  });
});
