import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import type { Descriptor } from "./descriptor-stock.ts";
import { Memory } from "./memory.ts";

const descriptor = (creator: number, slot: number, ...owners: number[]): Descriptor => ({
  creator,
  slot,
  chain: [creator, ...owners],
});

describe("what a peer remembers", () => {
  test("two chains that part convict whoever extended both", () => {
    const memory = new Memory(0, 10);
    expect(memory.see(descriptor(1, 5, 2, 3), 0)).toBeUndefined();
    expect(memory.see(descriptor(1, 5, 2, 4), 1)).toBe(2);
  });

  test("a chain that grows, or another slot, convicts nobody", () => {
    const memory = new Memory(0, 10);
    for (const one of [descriptor(1, 5, 2), descriptor(1, 5, 2, 3), descriptor(1, 6, 4)])
      expect(memory.see(one, 0)).toBeUndefined();
  });

  test("the longer chain is kept: a fork far down it still shows", () => {
    const memory = new Memory(0, 10);
    for (const one of [descriptor(1, 5, 2), descriptor(1, 5, 2, 3, 4), descriptor(1, 5, 2)]) memory.see(one, 0);
    expect(memory.see(descriptor(1, 5, 2, 3, 7), 0)).toBe(3);
  });

  test("what came back by a longer chain may be owned again, the same transfer may not", () => {
    const memory = new Memory(0, 10);
    memory.own(descriptor(1, 5, 2, 0));
    expect(memory.hasOwned(descriptor(1, 5, 2, 0))).toBe(true);
    expect(memory.hasOwned(descriptor(1, 5, 2, 0, 3, 0))).toBe(false);
  });

  test("what is too old is forgotten, and cannot convict", () => {
    const memory = new Memory(0, 10);
    memory.see(descriptor(1, 5, 2), 0);
    memory.own(descriptor(1, 5, 2));
    memory.forget(6);
    expect(memory.see(descriptor(1, 5, 3), 1)).toBeUndefined();
    expect(memory.hasOwned(descriptor(1, 5))).toBe(false);
  });

  test("a full table keeps those of least private rank, however often the others are named", () => {
    const tables = [0, 1].map((repeated) => {
      const memory = new Memory(3, 20);
      for (let slot = 0; slot < 50; slot++) {
        for (let creator = 10; creator < 110; creator++)
          if (slot === 0 || repeated) memory.see(descriptor(creator, slot), 0);
      }
      return [...memory.table.keys()].toSorted((a, b) => a - b);
    });
    expect(tables[0]).toHaveLength(20);
    expect(tables[1]).toEqual(tables[0]);
  });

  test("two peers rank the same creators differently", () => {
    const [a, b] = [1, 2].map((self) => {
      const memory = new Memory(self, 20);
      for (let creator = 10; creator < 110; creator++) memory.see(descriptor(creator, 0), 0);
      return new Set(memory.table.keys());
    });
    expect([...a!].filter((creator) => b!.has(creator)).length).toBeLessThan(12);
  });

  test("a conviction voids what the convicted minted or handed on, and nothing else", () => {
    const memory = new Memory(0, 10);
    const all = [descriptor(1, 5, 2), descriptor(2, 5, 3), descriptor(3, 5, 4), descriptor(4, 5, 5)];
    for (const one of all) memory.see(one, 0);
    memory.purge(
      ({ chain }) => chain.includes(2),
      (creator) => creator === 2,
    );
    expect(new Set(memory.samples(10, streamOf(1, "samples")))).toEqual(new Set(all.slice(2)));
    expect([...memory.table.keys()]).toEqual([1, 3, 4]);
    expect(memory.see(descriptor(4, 5, 6), 0)).toBe(4);
  });
});
