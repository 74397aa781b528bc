import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "./events.ts";

test("fires in the order of time, and equal times in the order in which they were asked for", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
      const queue = new EventQueue();
      const fired: [number, number][] = [];
      for (const [i, atMs] of times.entries()) queue.at(atMs, () => fired.push([atMs, i]));
      queue.runUntil(100);
      expect(fired).toEqual(
        times.map((atMs, i): [number, number] => [atMs, i]).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]),
      );
    }),
  );
});

test("stops at the end of the span and leaves the clock there", () => {
  const queue = new EventQueue();
  const fired: string[] = [];
  queue.at(10, () => fired.push("within"));
  queue.at(10.5, () => fired.push("beyond"));
  queue.runUntil(10);
  expect(fired).toEqual(["within"]);
  expect(queue.nowMs).toBe(10);
});

test("an event may schedule further ones, also for this very moment", () => {
  const queue = new EventQueue();
  const fired: number[] = [];
  queue.at(5, () => queue.after(0, () => fired.push(queue.nowMs)));
  queue.runUntil(5);
  expect(fired).toEqual([5]);
});

test("what is cancelled does not fire and is not counted", () => {
  const queue = new EventQueue();
  const timer = queue.at(1, () => expect.unreachable());
  queue.cancel(timer);
  queue.runUntil(2);
  expect(queue.fired).toBe(0);
});

test("a time in the past means now", () => {
  const queue = new EventQueue();
  queue.runUntil(50);
  let firedMs = 0;
  queue.at(10, () => (firedMs = queue.nowMs));
  queue.runUntil(50);
  expect(firedMs).toBe(50);
});

test("refuses a time that is no number", () => {
  expect(() => new EventQueue().at(Number.NaN, () => {})).toThrow("got NaN");
});
