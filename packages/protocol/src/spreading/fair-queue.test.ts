import fc from "fast-check";
import { expect, test } from "vitest";
import { newQueue, peek, push, shift } from "./fair-queue.ts";

const QUANTUM = 100;

function take<T>(queue: Parameters<typeof peek<T>>[0], count: number): T[] {
  const taken: T[] = [];
  for (let next = peek(queue, QUANTUM); next !== undefined && taken.length < count; next = peek(queue, QUANTUM)) {
    taken.push(next.item);
    shift(queue);
  }
  return taken;
}

test("flows have their turns by bytes, whatever each has waiting", () => {
  const queue = newQueue<string>();
  for (let i = 0; i < 50; i++) push(queue, "loud", { item: "L", bytes: 100 }, 1e6);
  for (let i = 0; i < 4; i++) push(queue, "quiet", { item: "q", bytes: 50 }, 1e6);
  expect(take(queue, 7).join("")).toBe("LqqLqqL");
  expect(take(queue, 100)).toHaveLength(47);
  expect(queue).toEqual({ flows: new Map(), bytes: 0 });
});

test("what is larger than a quantum has its turn when it has saved enough", () => {
  const queue = newQueue<string>();
  push(queue, "a", { item: "A", bytes: 250 }, 1e6);
  for (let i = 0; i < 6; i++) push(queue, "b", { item: "b", bytes: 100 }, 1e6);
  expect(take(queue, 7).join("")).toBe("bbAbbbb");
});

test("what does not fit is taken from the longest flow, its newest first", () => {
  const queue = newQueue<string>();
  for (let i = 0; i < 10; i++) push(queue, "loud", { item: `L${i}`, bytes: 100 }, 1000);
  expect(push(queue, "loud", { item: "L10", bytes: 100 }, 1000)).toEqual({ dropped: 1, kept: false });
  expect(push(queue, "quiet", { item: "q", bytes: 100 }, 1000)).toEqual({ dropped: 1, kept: true });
  expect(take(queue, 20).filter((item) => item !== "q")).toEqual(Array.from({ length: 9 }, (_, i) => `L${i}`));
});

test("any sequence keeps its bounds, loses nothing that it did not say, and keeps each flow in order", () => {
  const act = fc.oneof(
    fc.record({ flow: fc.constantFrom("a", "b", "c"), bytes: fc.integer({ min: 1, max: 400 }) }),
    fc.constant("take" as const),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
      const queue = newQueue<readonly [string, number]>();
      let [pushed, dropped] = [0, 0];
      const taken: (readonly [string, number])[] = [];
      for (const one of acts) {
        if (one === "take") taken.push(...take(queue, 1));
        else dropped += push(queue, one.flow, { item: [one.flow, pushed++], bytes: one.bytes }, 1000).dropped;
        expect(queue.bytes).toBeLessThanOrEqual(1000);
        expect(queue.bytes).toBe([...queue.flows.values()].reduce((sum, { bytes }) => sum + bytes, 0));
      }
      taken.push(...take(queue, 1000));
      expect(taken.length + dropped).toBe(pushed);
      for (const flow of ["a", "b", "c"]) {
        const numbers = taken.filter(([name]) => name === flow).map(([, number]) => number);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    }),
  );
});
