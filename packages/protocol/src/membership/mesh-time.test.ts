import { describe, expect, test } from "vitest";
import { MeshTime } from "./mesh-time.ts";

describe("mesh time", () => {
  test("the deadline clock never goes back when the wall clock does", () => {
    const time = new MeshTime();
    const first = time.read(10_000).nowMs;
    expect(time.read(4_000).nowMs).toBe(first);
    expect(time.read(4_500).nowMs).toBe(first + 500);
  });

  test("a deadline is told on the driver's clock even after that was set back", () => {
    const time = new MeshTime();
    const { nowMs } = time.read(10_000);
    time.read(4_000);
    expect(time.toWallMs(nowMs + 250)).toBe(4_250);
  });

  test("two peers with different clocks meet in the middle", () => {
    const time = new MeshTime();
    time.read(100_000);
    time.onPong(1, 120_000, 0);
    expect(time.read(100_000).meshMs).toBe(110_000);
  });

  test("an offset that the round trip may have made up is none", () => {
    const time = new MeshTime();
    time.read(100_000);
    // Asked at 99 700, answered at once by the same clock, and read only now.
    time.onPong(1, 99_701, 300);
    expect(time.read(100_000).meshMs).toBe(100_000);
    time.onPong(1, 99_999, 300);
    expect(time.read(100_000).meshMs).toBe(100_000);
    time.onPong(1, 101_000, 300);
    expect(time.read(100_000).meshMs).toBe(100_500);
  });

  test("a minority of liars cannot move the median past an honest reading", () => {
    const time = new MeshTime();
    time.read(100_000);
    for (let link = 1; link <= 3; link++) time.onPong(link, 100_000 + link, 0);
    for (let link = 4; link <= 6; link++) time.onPong(link, 900_000, 0);
    expect(time.read(100_000).meshMs).toBeLessThanOrEqual(100_003);
  });

  test("stays with the neighbors' clocks when our own is set back", () => {
    const time = new MeshTime();
    time.read(1_000_000);
    for (let link = 1; link <= 3; link++) time.onPong(link, 1_000_000, 0);
    expect(time.read(1_000_500).meshMs).toBe(1_000_500);
    expect(time.read(850_000).meshMs).toBe(1_000_500);
    expect(time.read(850_750).meshMs).toBe(1_001_250);
  });

  test("follows our own clock back while there are no others", () => {
    const time = new MeshTime();
    time.read(1_000_000);
    expect(time.read(850_000).meshMs).toBe(850_000);
  });

  test("keeps the last offset when the last link is lost", () => {
    const time = new MeshTime();
    time.read(100_000);
    time.onPong(1, 120_000, 0);
    time.onLinkDown(1);
    expect(time.read(100_000).meshMs).toBe(110_000);
  });

  test("mesh time stays within what a stamp can hold, whatever the neighbors say", () => {
    const time = new MeshTime();
    time.read(100_000);
    for (let link = 1; link <= 3; link++) time.onPong(link, 2 ** 48 - 1, 0);
    expect(time.read(200_000).meshMs).toBe(2 ** 47);
  });

  test("mesh time is never negative", () => {
    const time = new MeshTime();
    time.read(0);
    time.onPong(1, -500_000, 0);
    expect(time.read(1).meshMs).toBe(0);
  });
});
