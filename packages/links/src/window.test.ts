import { expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import { Window } from "./window.ts";

/** A channel that is kept full while it drains at a steady rate, looked at every 5 ms. */
class BusyPath {
  readonly window = new Window();
  nowMs = 0;
  drained = 0;

  run(bytesPerMs: number, ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += 5) {
      this.window.sample(this.nowMs, this.drained + this.window.bytes, this.window.bytes);
      this.drained += bytesPerMs * 5;
    }
  }
}

test("begins small", () => {
  expect(new Window().bytes).toBe(linkLimits.windowBytesMin);
});

test("holds what drains in 100 ms", () => {
  const path = new BusyPath();
  path.run(3_000, 1000);
  expect(path.window.bytes / (3_000 * linkLimits.windowMs)).toBeCloseTo(1, 2);
});

test("keeps to its bounds on a path that is very fast, or very slow", () => {
  const [fast, slow] = [new BusyPath(), new BusyPath()];
  fast.run(1_000_000, 1000);
  slow.run(10, 1000);
  expect([fast.window.bytes, slow.window.bytes]).toEqual([linkLimits.windowBytesMax, linkLimits.windowBytesMin]);
});

test("shrinks when a fast path becomes a slow one, and when nothing drains at all", () => {
  const path = new BusyPath();
  path.run(5_000, 1000);
  path.run(1_000, 1000);
  expect(path.window.bytes / (1_000 * linkLimits.windowMs)).toBeCloseTo(1, 1);
  path.run(0, 1000);
  expect(path.window.bytes).toBe(linkLimits.windowBytesMin);
});

test("is not misled by a sender that sends little", () => {
  const path = new BusyPath();
  path.run(5_000, 1000);
  // It runs dry; then come a hundred bytes every 50 ms, gone at once: that says nothing of what the path could do.
  path.window.sample(path.nowMs, path.drained, 0);
  const before = path.window.bytes;
  for (let i = 1; i < 100; i++) path.window.sample(path.nowMs + i * 50, path.drained + i * 100, 0);
  expect(path.window.bytes).toBe(before);
});

test("ignores readings of the same instant", () => {
  const window = new Window();
  window.sample(0, 100_000, 100_000);
  window.sample(0.1, 200_000, 0);
  expect(window.bytes).toBe(linkLimits.windowBytesMin);
});
