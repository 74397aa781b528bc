import { describe, expect, test } from "vitest";
import { Harness, type TestNode } from "../harness.testing.ts";
import { toHex } from "../wire/hex.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import { QUOTAS } from "../trust/quotas.ts";

function pair(): { harness: Harness; alice: TestNode; bob: TestNode } {
  const harness = new Harness();
  const alice = harness.add(1);
  const bob = harness.add(2);
  harness.run(5_000);
  expect(harness.linked(alice, bob)).toBe(true);
  return { harness, alice, bob };
}

function linkTo(node: TestNode, other: TestNode): number {
  return [...node.peer.rooms.overlay.neighbors.all()].find(({ peer }) => peer === other.id)!.link;
}

/** Garbage along a route of its own, as anybody can make it. */
function garbage(to: TestNode, number: number): Uint8Array {
  const circuit = toHex(new Uint8Array([9, 9, 9, 9, number >> 24, number >> 16, number >> 8, number]));
  return encodeFrame({ kind: "route", circuit, to: to.id, slot: 1, chain: 1, hops: 8, sealed: new Uint8Array(80) });
}

describe("sealed post", () => {
  test("what a link brings that nobody known has sealed is opened now and then, whatever the flood of it", () => {
    const { harness, alice, bob } = pair();
    const link = linkTo(bob, alice);
    const before = bob.peer.rooms.envelopes.state.refused;
    const opened = (): number => bob.peer.rooms.envelopes.state.refused - before;
    for (let i = 0; i < 5_000; i++) {
      harness.input(bob, { kind: "received", link, channel: "control", bytes: garbage(bob, i) });
    }
    expect(opened()).toBeLessThanOrEqual(QUOTAS.envelopes.burst);
    harness.run(1_000);
    for (let i = 5_000; i < 8_000; i++) {
      harness.input(bob, { kind: "received", link, channel: "control", bytes: garbage(bob, i) });
    }
    expect(opened()).toBeLessThanOrEqual(QUOTAS.envelopes.burst + QUOTAS.envelopes.perSecond);
    expect(harness.linked(alice, bob)).toBe(true);
  });

  test("a seed that floods is treated likewise, and no link suffers for it", () => {
    const { harness, alice, bob } = pair();
    for (let i = 0; i < 2_000; i++) {
      harness.input(bob, { kind: "seedReceived", seed: 0, seat: "x", bytes: new Uint8Array(80) });
    }
    expect(bob.peer.rooms.envelopes.state.refused).toBeLessThanOrEqual(QUOTAS.envelopes.burst);
    harness.command(alice, { kind: "send", ref: 5, to: bob.id, data: new Uint8Array([1]), timeoutMs: 5_000 });
    expect(alice.event("sent")).toHaveLength(1);
  });

  test("those whose senders are known cost nothing of it", () => {
    const { harness, alice, bob } = pair();
    const messages = 4 * QUOTAS.envelopes.burst;
    for (let ref = 1; ref <= messages; ref++) {
      harness.command(alice, { kind: "send", ref, to: bob.id, data: new Uint8Array([1]), timeoutMs: 5_000 });
    }
    expect(alice.event("sent")).toHaveLength(messages);
  });
});
