import { describe, expect, it } from "vitest";
import { at } from "../room.testing.ts";
import { Climate } from "./climate.ts";

/** A window of 5 s in which ten rumors were delivered. */
function pass(
  climate: Climate,
  fromMs: number,
  what: { grafts?: number; lost?: number; duplicates?: number } = {},
): boolean {
  for (let i = 0; i < 10; i++) climate.onDelivery(i < (what.grafts ?? 0));
  for (let i = 0; i < (what.lost ?? 0); i++) climate.onLinkLost();
  for (let i = 0; i < (what.duplicates ?? 0); i++) climate.onDuplicate();
  climate.judge(6, at(fromMs + 5_000));
  return climate.state.stormy;
}

/** A room that has judged once, so that windows follow one another. */
function climate(): Climate {
  const room = new Climate();
  room.judge(6, at(0));
  return room;
}

describe("a storm", () => {
  it.each([
    ["many deliveries had to be grafted", { grafts: 4 }],
    ["many links were lost", { lost: 4 }],
  ])("begins when %s", (_, what) => {
    expect(pass(climate(), 0)).toBe(false);
    expect(pass(climate(), 0, what)).toBe(true);
  });

  it("does not begin for duplicates, nor for what was counted while nobody spoke", () => {
    expect(pass(climate(), 0, { duplicates: 50 })).toBe(false);
    expect(pass(climate(), 100_000, { lost: 6, grafts: 9 })).toBe(false);
  });

  it("lasts a while, and as long as a flood costs no more than a tree", () => {
    const room = climate();
    pass(room, 0, { grafts: 10 });
    expect(pass(room, 5_000, { duplicates: 30 })).toBe(true);
    expect(pass(room, 10_000, { duplicates: 0 })).toBe(true);
    expect(pass(room, 15_000, { duplicates: 30, lost: 3 })).toBe(true);
    expect(pass(room, 20_000, { duplicates: 30 })).toBe(false);
  });

  it("lasts longer each time that it comes back soon", () => {
    const room = climate();
    const lengths: number[] = [];
    let nowMs = 0;
    for (let storm = 0; storm < 3; storm++) {
      while (!pass(room, nowMs, { grafts: 10 })) nowMs += 5_000;
      const sinceMs = nowMs;
      do nowMs += 5_000;
      while (pass(room, nowMs, { duplicates: 30 }));
      lengths.push(nowMs - sinceMs);
      nowMs += 5_000;
    }
    expect(lengths).toEqual([10_000, 20_000, 40_000]);
  });
});
