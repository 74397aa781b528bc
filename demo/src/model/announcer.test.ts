import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Announcer, repeatMs, retentionMs, settleMs } from "./announcer.ts";
import type { TopologyClaim } from "./messages.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function announcer() {
  const said: TopologyClaim[] = [];
  return { said, announcer: new Announcer((claim) => void said.push(claim)) };
}

test("says what changed, once it has settled", () => {
  const { said, announcer: one } = announcer();
  one.update("Ada", ["b"]);
  one.update("Ada", ["b", "a"]);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(settleMs);
  expect(said).toEqual([{ name: "Ada", neighbors: ["a", "b"] }]);
});

test("is silent about what was said already, in whatever order", () => {
  const { said, announcer: one } = announcer();
  one.update(undefined, ["a", "b"]);
  vi.advanceTimersByTime(settleMs);
  one.update(undefined, ["b", "a"]);
  vi.advanceTimersByTime(settleMs);
  expect(said).toHaveLength(1);
});

test("is silent about what was undone before it was said", () => {
  const { said, announcer: one } = announcer();
  one.update(undefined, ["a"]);
  vi.advanceTimersByTime(settleMs);
  one.update(undefined, ["a", "b"]);
  one.update(undefined, ["a"]);
  vi.advanceTimersByTime(settleMs);
  expect(said).toHaveLength(1);
});

test("repeats itself while others still remember", () => {
  const { said, announcer: one } = announcer();
  one.update(undefined, []);
  vi.advanceTimersByTime(settleMs + repeatMs * 2);
  expect(said).toHaveLength(3);
  expect(repeatMs * 2).toBeLessThan(retentionMs);
});

test("says nothing more when stopped", () => {
  const { said, announcer: one } = announcer();
  one.update(undefined, ["a"]);
  one.stop();
  one.update(undefined, ["b"]);
  vi.advanceTimersByTime(repeatMs * 3);
  expect(said).toEqual([]);
});
