import { describe, expect, test } from "vitest";
import { makeFoundation, peerId } from "../room.testing.ts";
import { Rings } from "./rings.ts";

const peers = Array.from({ length: 200 }, (_, i) => peerId(i + 1));

describe("rings", () => {
  test("everybody computes the same value for a pair of peers", () => {
    const ours = new Rings(makeFoundation(peerId(0)));
    const theirs = new Rings(makeFoundation(peerId(5)));
    expect(ours.value(peerId(0), peerId(5), 2, 77)).toBe(theirs.value(peerId(0), peerId(5), 2, 77));
    expect(ours.value(peerId(0), peerId(5), 2, 77)).not.toBe(ours.value(peerId(5), peerId(0), 2, 77));
  });

  test("assignments differ between rings and epochs", () => {
    const rings = new Rings(makeFoundation());
    const assigned = new Set<string | undefined>();
    for (let ring = 0; ring < 5; ring++)
      for (let epoch = 0; epoch < 5; epoch++) assigned.add(rings.assigned(ring, epoch, peers));
    expect(assigned.size).toBeGreaterThan(15);
  });

  test("the turns of the rings are staggered over an epoch", () => {
    const rings = new Rings(makeFoundation());
    const turns: number[] = [];
    for (let ms = 0; ms < 600_000; ms += 1_000) {
      for (let ring = 0; ring < 5; ring++) if (rings.epoch(ring, ms + 1_000) !== rings.epoch(ring, ms)) turns.push(ms);
    }
    expect(turns).toEqual([119_000, 239_000, 359_000, 479_000, 599_000]);
  });

  test("whom an honest peer calls tolerates the call, when both know about the same members", () => {
    let refused = 0;
    for (let caller = 1; caller <= 100; caller++) {
      const self = peerId(caller);
      const callee = new Rings(makeFoundation(self)).assigned(
        0,
        0,
        peers.filter((peer) => peer !== self),
      )!;
      if (!new Rings(makeFoundation(callee)).tolerates(self, 0, 0, 200, 0)) refused++;
    }
    // P(least of 199 uniform values > 4/200) = e^-4 = 1.8%.
    expect(refused).toBeLessThanOrEqual(6);
  });

  test("a caller that was not assigned is tolerated only by chance", () => {
    const rings = new Rings(makeFoundation());
    const tolerated = peers.filter((peer) => rings.tolerates(peer, 0, 0, 200, 0));
    expect(tolerated.length).toBeLessThan(15);
  });

  test("in a small mesh everyone is within tolerance, but not on a ring or in an epoch that is not", () => {
    const rings = new Rings(makeFoundation());
    expect(peers.every((peer) => rings.tolerates(peer, 0, 0, 30, 0))).toBe(true);
    expect(rings.tolerates(peers[0]!, 5, 0, 30, 0)).toBe(false);
    expect(rings.tolerates(peers[0]!, 0, 1, 30, 0)).toBe(false);
  });

  test("a claim counts from half a minute before its epoch to half a minute after it, and no longer", () => {
    const rings = new Rings(makeFoundation());
    const endMs = rings.endMs(2, 7);
    expect([rings.epoch(2, endMs - 1), rings.epoch(2, endMs)]).toEqual([7, 8]);
    const tolerates = (epoch: number, atMs: number) => rings.tolerates(peers[0]!, 2, epoch, 30, atMs);
    expect([tolerates(7, endMs + 29_000), tolerates(7, endMs + 31_000)]).toEqual([true, false]);
    expect([tolerates(8, endMs - 31_000), tolerates(8, endMs - 29_000)]).toEqual([false, true]);
  });
});
