import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { peerId, Tray } from "../room.testing.ts";
import { Directory } from "./directory.ts";

describe("directory", () => {
  test("announces a member once", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.see("a", 1, 0, 0, tray);
    directory.see("a", 1, 0, 5, tray);
    expect(tray.events).toEqual([{ type: "member-up", peer: "a" }]);
  });

  test("a departure removes the member and is news only once", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.see("a", 1, 0, 0, tray);
    expect(directory.depart("a", 1, tray)).toBe(true);
    expect(directory.depart("a", 1, tray)).toBe(false);
    expect(tray.events.at(-1)).toEqual({ type: "member-down", peer: "a", reason: "left" });
  });

  test("what is heard of a departed incarnation does not bring it back", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.depart("a", 5, tray);
    directory.see("a", 5, 0, 0, tray);
    expect(directory.state.members.size).toBe(0);
    directory.see("a", 6, 0, 0, tray);
    expect(directory.state.members.size).toBe(1);
  });

  test("the departure of an earlier run does not remove the run after it", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.see("a", 6, 0, 0, tray);
    directory.depart("a", 5, tray);
    expect(directory.state.members.size).toBe(1);
  });

  test("remembers a bounded number of departures", () => {
    const directory = new Directory();
    const tray = new Tray();
    for (let i = 0; i < limits.departedMax + 50; i++) directory.depart(peerId(i), 1, tray);
    expect(directory.state.departed.size).toBe(limits.departedMax);
  });

  test("misses whom nothing speaks for, and has it back by the next word of it", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.see("a", 1, 0, 0, tray);
    directory.sweep(() => false, 0, tray);
    directory.sweep(() => false, 1_999, tray);
    expect(directory.state.members.size).toBe(1);
    directory.sweep(() => false, 2_000, tray);
    expect(tray.events.at(-1)).toEqual({ type: "member-down", peer: "a", reason: "expired" });
    directory.see("a", 1, 0, 3_000, tray);
    expect(directory.state.members.size).toBe(1);
  });

  test("doubts a member whose link broke, until it hears of a descriptor that was minted since", () => {
    const directory = new Directory();
    const tray = new Tray();
    directory.see("a", 1, 7, 0, tray);
    directory.doubt("a", 9);
    directory.see("a", 1, 8, 0, tray);
    expect(directory.state.members.get("a")!.doubtSlot).toBe(9);
    directory.see("a", 1, 9, 0, tray);
    expect(directory.state.members.get("a")!.doubtSlot).toBeUndefined();
  });
});
