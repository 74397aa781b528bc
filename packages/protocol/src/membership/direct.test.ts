import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Direct } from "./direct.ts";

const data = new Uint8Array([1, 2, 3]);

describe("direct messages", () => {
  test("an acknowledgement by the recipient ends a message well", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    const message = direct.begin(9, "bob", data, 5_000, at(0), tray)!;
    direct.onAck(message.id, "bob", tray);
    expect(tray.events).toEqual([{ type: "sent", ref: 9 }]);
    expect(direct.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("an acknowledgement by anybody else counts for nothing", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    const message = direct.begin(9, "bob", data, 5_000, at(0), tray)!;
    direct.onAck(message.id, "mallory", tray);
    expect(tray.events).toEqual([]);
  });

  test("is tried again, with growing waits, until its time is over", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    direct.begin(9, "bob", data, 20_000, at(0), tray);
    const tries: number[] = [];
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
      if (direct.onDeadline(at(nowMs), tray).length > 0) tries.push(nowMs);
    }
    expect(tries.length).toBeGreaterThanOrEqual(3);
    expect(tries.length).toBeLessThanOrEqual(6);
    expect(tray.events).toEqual([{ type: "unsent", ref: 9, reason: "unreachable" }]);
  });

  test("one that left and was never answered ends in a time-out", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    const message = direct.begin(9, "bob", data, 1_000, at(0), tray)!;
    direct.onTravelled(message.id);
    direct.onDeadline(at(1_000), tray);
    expect(tray.events).toEqual([{ type: "unsent", ref: 9, reason: "timeout" }]);
  });

  test("their ids ascend, also when the clock does not", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    const ids = [5, 5, 4, 7].map((nowMs) => direct.begin(1, "bob", data, 1_000, at(nowMs), tray)!.id);
    expect(ids).toEqual(["0000000000050000", "0000000000050001", "0000000000050002", "0000000000070000"]);
  });

  test("refuses one message too many on its way", () => {
    const direct = new Direct(makeFoundation());
    const tray = new Tray();
    for (let ref = 0; ref < limits.directPendingMax; ref++) direct.begin(ref, "bob", data, 1_000, at(0), tray);
    expect(direct.begin(999, "bob", data, 1_000, at(0), tray)).toBeUndefined();
    expect(tray.events.at(-1)).toEqual({ type: "unsent", ref: 999, reason: "unreachable" });
  });
});
