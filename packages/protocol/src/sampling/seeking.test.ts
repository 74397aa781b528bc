import { describe, expect, test } from "vitest";
import { at, makeFoundation } from "../room.testing.ts";
import { Seeking } from "./seeking.ts";

const turn = { ring: 1, epoch: 7 };

describe("seeking", () => {
  test("neighbors are asked once for a turn, and once more when that led to nothing", () => {
    const seeking = new Seeking(makeFoundation());
    expect(seeking.due([turn], at(0))).toEqual([turn]);
    expect(seeking.due([turn], at(1_000))).toEqual([]);
    expect(seeking.due([turn], at(30_000))).toEqual([turn]);
  });

  test("a later epoch is a new question", () => {
    const seeking = new Seeking(makeFoundation());
    seeking.due([turn], at(0));
    expect(seeking.due([{ ring: 1, epoch: 8 }], at(10))).toHaveLength(1);
  });

  test("nobody is called before there was time for answers", () => {
    const seeking = new Seeking(makeFoundation());
    expect(seeking.answered([turn], at(0))).toEqual([]);
    seeking.due([turn], at(0));
    expect(seeking.answered([turn], at(1_499))).toEqual([]);
    expect(seeking.answered([turn], at(1_500))).toEqual([turn]);
    expect(seeking.answered([{ ring: 1, epoch: 8 }], at(9_000))).toEqual([]);
  });

  test("a neighbor may ask for all rings at once, and then for one every two seconds", () => {
    const seeking = new Seeking(makeFoundation());
    let answers = 0;
    for (let i = 0; i < 1_000; i++) if (seeking.mayAnswer(1, i % 4, at(i * 10))) answers++;
    expect(answers).toBeGreaterThanOrEqual(8);
    expect(answers).toBeLessThanOrEqual(8 + 10_000 / 2_000);
    expect(seeking.mayAnswer(2, 0, at(10_000))).toBe(true);
  });

  test("a ring that is none is not answered for", () => {
    expect(new Seeking(makeFoundation()).mayAnswer(1, 5, at(0))).toBe(false);
  });
});
