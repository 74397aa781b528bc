import { expect, it } from "vitest";
import { Lru } from "./lru.ts";

it("drops the least recently used", () => {
  const lru = new Lru<string, number>(2);
  lru.set("a", 1);
  lru.set("b", 2);
  expect(lru.get("a")).toBe(1);
  lru.set("c", 3);
  expect(lru.get("b")).toBeUndefined();
  expect(lru.get("a")).toBe(1);
  expect(lru.get("c")).toBe(3);
});

it("never holds more than its bound", () => {
  const lru = new Lru<number, number>(10);
  for (let i = 0; i < 1000; i++) lru.set(i % 37, i);
  expect(lru.size).toBe(10);
});
