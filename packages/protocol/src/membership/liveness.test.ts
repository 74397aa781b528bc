import { describe, expect, test } from "vitest";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Liveness } from "./liveness.ts";

function nonceOf(tray: Tray): number {
  const frame = tray.frames.at(-1)?.frame;
  return frame?.kind === "ping" ? frame.nonce : 0;
}

describe("liveness", () => {
  test("pings at once, and again every period", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(0), tray);
    expect(tray.frames).toHaveLength(1);
    expect(liveness.deadlineMs).toBe(3_000);
    liveness.onDeadline(at(3_000), tray);
    expect(tray.frames).toHaveLength(2);
  });

  test("measures the round trip of the ping that is answered", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(1_000), tray);
    expect(liveness.onPong(1, nonceOf(tray), at(1_080))).toBe(80);
    expect(liveness.rttMs(1)).toBe(80);
  });

  test("ignores a pong that answers nothing, and one that comes twice", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(1_000), tray);
    const nonce = nonceOf(tray);
    expect(liveness.onPong(1, nonce + 1, at(1_010))).toBeUndefined();
    expect(liveness.onPong(1, 0, at(1_010))).toBeUndefined();
    expect(liveness.onPong(1, nonce, at(1_010))).toBe(10);
    expect(liveness.onPong(1, nonce, at(1_020))).toBeUndefined();
  });

  test("names a neighbor that was silent for too long", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(0), tray);
    liveness.onLinkUp(2, at(0), tray);
    for (let nowMs = 3_000; nowMs < 12_000; nowMs += 3_000) {
      liveness.onHeard(2, at(nowMs));
      expect(liveness.onDeadline(at(nowMs), tray).silent).toEqual([]);
    }
    expect(liveness.onDeadline(at(12_000), tray).silent).toEqual([1]);
  });

  test("a link is quiet when a ping went unanswered for a period, until anything comes over it", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(0), tray);
    liveness.onHeard(1, at(50));
    liveness.onPong(1, nonceOf(tray), at(50));
    expect(liveness.onDeadline(at(3_000), tray).quieter).toBe(false);
    expect(liveness.onDeadline(at(6_000), tray).quieter).toBe(true);
    expect(liveness.isQuiet(1)).toBe(true);
    expect(liveness.onDeadline(at(9_000), tray).quieter).toBe(false);
    liveness.onHeard(1, at(9_500));
    expect(liveness.isQuiet(1)).toBe(false);
  });

  test("other traffic than pongs keeps a link from being quiet", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(0), tray);
    liveness.onHeard(1, at(2_000));
    expect(liveness.onDeadline(at(3_000), tray).quieter).toBe(false);
    expect(liveness.isQuiet(1)).toBe(false);
  });

  test("forgives everyone's silence once after its own sleep", () => {
    const liveness = new Liveness(makeFoundation());
    const tray = new Tray();
    liveness.onLinkUp(1, at(0), tray);
    liveness.onDeadline(at(3_000), tray);
    expect(liveness.onDeadline(at(603_000), tray)).toEqual({ silent: [], quieter: false });
    for (let nowMs = 606_000; nowMs < 615_000; nowMs += 3_000) liveness.onDeadline(at(nowMs), tray);
    expect(liveness.onDeadline(at(615_000), tray).silent).toEqual([1]);
  });
});
