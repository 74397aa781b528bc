import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { peerId } from "../room.testing.ts";
import type { PeerId } from "../types.ts";
import { Epochs, type Roster } from "./epochs.ts";

const KEY = "11".repeat(8);
const START_MS = 1_000_000;

function rosterOf(removed: readonly PeerId[]): Roster {
  return { removed: new Set(removed), isAdmin: () => false };
}

/** One epoch, whose maker knew of these. */
function epochs(out: readonly PeerId[]): Epochs {
  const all = new Epochs();
  const announcement = {
    number: 1,
    keyId: KEY,
    rotateMs: 0,
    history: "all",
    reason: "removal",
    out,
    former: [],
  } as const;
  all.learn(announcement, { author: peerId(1), timeMs: START_MS, counter: 0 });
  all.state.held.add(KEY);
  return all;
}

describe("an epoch is safe", () => {
  const some = Array.from({ length: 5 }, (_, i) => peerId(10 + i));

  test("when it shuts out everybody who was removed, whatever their order", () => {
    const made = epochs(some);
    const roster = rosterOf(some.toReversed());
    made.choose(roster);
    expect(made.isSafe(roster, START_MS)).toBe(true);
    const more = rosterOf([...some, peerId(99)]);
    expect(made.isSafe(more, START_MS)).toBe(false);
  });

  test("of a crowd of removed, of whom each peer names others, for a minute: nobody makes epochs without end", () => {
    const crowd = Array.from({ length: limits.shutOutMax + 100 }, (_, i) => peerId(10 + i));
    const theirs = crowd.toReversed().slice(-limits.shutOutMax);
    const ours = rosterOf(crowd.slice(-limits.shutOutMax));
    const made = epochs(theirs);
    made.choose(ours);
    expect(made.writing?.keyId).toBe(KEY);
    expect(made.isSafe(ours, START_MS + limits.rotateMsMin - 1)).toBe(true);
    expect(made.isSafe(ours, START_MS + limits.rotateMsMin)).toBe(false);
    const same = rosterOf(theirs);
    expect(made.isSafe(same, START_MS + limits.rotateMsMin)).toBe(true);
  });
});

test("a member that makes up former epochs by the hundred makes nobody forget when those began whose keys are here", () => {
  const made = epochs([]);
  const old = "22".repeat(8);
  made.state.held.add(old);
  const say = (keyId: string, former: readonly string[], counter: number): void => {
    const announcement = { number: 2, keyId, rotateMs: 0, history: "all", reason: "schedule", out: [] } as const;
    const began = former.map((id) => ({ keyId: id, startMs: START_MS - 5 }));
    made.learn({ ...announcement, former: began }, { author: peerId(2), timeMs: START_MS + counter, counter });
  };
  say("33".repeat(8), [old], 1);
  for (let i = 0; i < 20; i++) {
    const many = Array.from({ length: limits.keysAtOnceMax }, (_, j) => (1_000 * i + j).toString(16).padStart(16, "f"));
    say(i.toString(16).padStart(16, "e"), many, 2 + i);
  }
  expect(made.state.former.size).toBe(limits.epochsMax);
  expect(made.startOf(old)).toBe(START_MS - 5);
  expect(made.endOf(old)).toBe(START_MS + 1);
});
