import { expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { EventQueue } from "../events.ts";
import { Datagrams, type DatagramOptions } from "./datagrams.ts";

function arrivals(options: Partial<DatagramOptions>, count = 10_000): number[] {
  const queue = new EventQueue();
  const datagrams = new Datagrams(queue, streamOf(1, "datagrams"), options);
  const arrived: number[] = [];
  for (let i = 0; i < count; i++) queue.at(i, () => datagrams.send(() => arrived.push(i)));
  queue.runUntil(1e9);
  return arrived;
}

test("a quiet channel delivers everything once and in order", () => {
  expect(arrivals({})).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
});

test("loses the stated share", () => {
  const share = 1 - arrivals({ loss: 0.1 }).length / 10_000;
  expect(share).toBeGreaterThan(0.09);
  expect(share).toBeLessThan(0.11);
});

test("doubles the stated share", () => {
  const arrived = arrivals({ duplication: 0.2 });
  expect(new Set(arrived).size).toBe(10_000);
  expect(arrived.length / 10_000).toBeGreaterThan(1.18);
  expect(arrived.length / 10_000).toBeLessThan(1.22);
});

test("lets later messages overtake those that are held up", () => {
  const arrived = arrivals({ reordering: 0.1 });
  const overtaken = arrived.filter((number, i) => number < (arrived[i - 1] ?? -1));
  expect(arrived).toHaveLength(10_000);
  expect(overtaken.length).toBeGreaterThan(800);
});
