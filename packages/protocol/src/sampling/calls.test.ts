import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import { Calls } from "./calls.ts";

const plan = (number: number, ours = true) =>
  ({
    peer: peerId(number),
    boxKey: new Uint8Array(32),
    ours,
    purpose: "ring",
    ring: 0,
    epoch: 0,
    path: { kind: "route" },
    replace: undefined,
  }) as const;

describe("calls", () => {
  test("are few at once", () => {
    const calls = new Calls(makeFoundation());
    for (let i = 1; i <= limits.callsMax; i++) calls.begin(plan(i), at(0));
    expect(calls.mayBegin).toBe(false);
    expect(calls.mayTake).toBe(true);
  });

  test("along a route are unsure until somebody answers, those by a seed and those of others are not", () => {
    const calls = new Calls(makeFoundation());
    const routed = calls.begin(plan(1), at(0));
    calls.begin(plan(2, false), at(0));
    calls.begin({ ...plan(3), path: { kind: "seed", seed: 0, seat: "a" } }, at(0));
    expect(calls.unsure).toBe(1);
    routed.path = { kind: "circuit", circuit: "c" };
    calls.onRouted(routed);
    expect(calls.unsure).toBe(1);
    calls.onAnswered(routed, at(1));
    expect(calls.unsure).toBe(0);
  });

  test("of one other peer are taken so often, and then now and then; those of others as before", () => {
    const calls = new Calls(makeFoundation());
    const take = (number: number, nowMs: number): boolean => {
      const may = calls.mayTakeOf(peerId(number), at(nowMs));
      if (may) calls.end(calls.begin(plan(number, false), at(nowMs)), "linked", at(nowMs));
      return may;
    };
    expect(Array.from({ length: 100 }, () => take(1, 0)).filter(Boolean)).toHaveLength(limits.callerBurst);
    expect(take(2, 0)).toBe(true);
    const later = Array.from({ length: 600 }, (_, i) => take(1, 1_000 * i)).filter(Boolean);
    expect(later).toHaveLength(10 * limits.callerPerMinute - 1);
    calls.onDeadline(at(1_000_000));
    expect(calls.state.callers.size).toBe(0);
  });

  test("a failed callee is put off for a growing while", () => {
    const calls = new Calls(makeFoundation());
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      calls.end(calls.begin(plan(1), at(nowMs)), "failed", at(nowMs));
      const beganMs = nowMs;
      while (!calls.mayCall(peerId(1), at(nowMs))) nowMs += 50;
      waits.push(nowMs - beganMs);
    }
    expect(waits[1]!).toBeGreaterThan(waits[0]!);
    expect(waits[3]!).toBeGreaterThan(4 * waits[0]!);
  });

  test("a link forgets what was held against the callee, and so does its own call", () => {
    const calls = new Calls(makeFoundation());
    calls.end(calls.begin(plan(1), at(0)), "failed", at(0));
    calls.forgive(peerId(1));
    expect(calls.mayCall(peerId(1), at(0))).toBe(true);
    calls.end(calls.begin(plan(1), at(0)), "linked", at(0));
    expect(calls.mayCall(peerId(1), at(0))).toBe(true);
  });

  test("the failure of somebody else's call puts nobody off", () => {
    const calls = new Calls(makeFoundation());
    calls.end(calls.begin(plan(1, false), at(0)), "failed", at(0));
    expect(calls.mayCall(peerId(1), at(0))).toBe(true);
  });

  test("who broke the rules is shunned for a while, in both directions", () => {
    const calls = new Calls(makeFoundation());
    calls.shun(peerId(1), 60_000, at(0));
    expect(calls.isShunned(peerId(1), at(59_000))).toBe(true);
    expect(calls.mayCall(peerId(1), at(59_000))).toBe(false);
    expect(calls.isShunned(peerId(1), at(60_000))).toBe(false);
  });

  test("every call has a deadline", () => {
    const calls = new Calls(makeFoundation());
    const call = calls.begin(plan(1), at(1_000));
    expect(calls.deadlineMs).toBe(13_000);
    expect(calls.onDeadline(at(12_999))).toEqual([]);
    expect(calls.onDeadline(at(13_000))).toEqual([call]);
  });
});
