import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { DescriptorStock, forkerOf } from "./descriptor-stock.ts";

const stock = (nodes = 3, life = 2) => new DescriptorStock(nodes, life, streamOf(1, "stock"));

describe("owned descriptors", () => {
  test("a transfer appends the new owner to the chain", () => {
    const held = stock();
    held.give(held.mint(0), 1);
    const [taken] = held.take(1, 1, 2);
    expect(held.give(taken!, 2).chain).toEqual([0, 1, 2]);
  });

  test("what is taken out is gone, and nothing is taken that the recipient minted", () => {
    const held = stock();
    held.give(held.mint(0), 1);
    expect(held.take(1, 5, 0)).toEqual([]);
    expect(held.take(1, 5, 2)).toHaveLength(1);
    expect(held.take(1, 5, 2)).toEqual([]);
  });

  test("one that comes home is gone: its creator has no use for it", () => {
    const held = stock();
    held.give(held.mint(0), 1);
    for (const one of held.take(1, 1, 2)) held.give(one, 0);
    expect([...held.known()]).toEqual([0, 0, 0]);
  });

  test("it is good in its own slot and a life of further ones", () => {
    const held = stock(3, 2);
    held.give(held.mint(0), 1);
    for (const known of [1, 1, 0]) {
      held.nextSlot();
      expect(held.known()[0]).toBe(known);
    }
  });
});

describe("two chains of one creator and slot", () => {
  test("convict the last owner before they part", () => {
    expect(forkerOf([0, 1, 2], [0, 1, 3])).toBe(1);
    expect(forkerOf([0, 1], [0, 2, 3])).toBe(0);
  });

  test("convict nobody when one continues the other", () => {
    expect(forkerOf([0, 1], [0, 1, 2])).toBeUndefined();
    expect(forkerOf([0, 1, 2], [0, 1, 2])).toBeUndefined();
  });
});
