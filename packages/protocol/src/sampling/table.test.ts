import { describe, expect, test } from "vitest";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import { Table } from "./table.ts";
import { descriptor } from "./testing.testing.ts";

const self = peerId(0);
const [alice, bob] = [peerId(1), peerId(2)];
const now = at(5_000 * 100);

describe("descriptor table", () => {
  test("keeps the freshest descriptor of a creator, and the link by which it came", () => {
    const table = new Table(makeFoundation(self));
    expect(table.learn(descriptor(alice, 99), 1, now)).toBe(true);
    expect(table.learn(descriptor(alice, 100), 2, now)).toBe(false);
    table.learn(descriptor(alice, 98), 3, now);
    expect(table.get(alice)).toMatchObject({ link: 2, descriptor: { slot: 100 } });
  });

  test("prefers the shorter chain within a slot", () => {
    const table = new Table(makeFoundation(self));
    table.learn(descriptor(alice, 100, [bob, self]), 1, now);
    table.learn(descriptor(alice, 100, [self]), 2, now);
    table.learn(descriptor(alice, 100, [bob, peerId(3), self]), 3, now);
    expect(table.get(alice)?.link).toBe(2);
  });

  test("takes neither expired descriptors nor ones from the future nor its own", () => {
    const table = new Table(makeFoundation(self));
    table.learn(descriptor(alice, 80), 1, now);
    table.learn(descriptor(bob, 107), 1, now);
    table.learn(descriptor(self, 100), 1, now);
    expect(table.state.entries.size).toBe(0);
  });

  test("says whose last descriptor ran out", () => {
    const table = new Table(makeFoundation(self));
    table.learn(descriptor(alice, 100), 1, now);
    table.own(descriptor(alice, 100, [self]), now);
    expect(table.expire(at(5_000 * 119))).toEqual([]);
    expect(table.expire(at(5_000 * 120))).toEqual([alice]);
    expect(table.state.owned).toEqual([]);
  });

  test("a spent descriptor is not owned any more", () => {
    const table = new Table(makeFoundation(self));
    for (let i = 1; i <= 5; i++) table.own(descriptor(peerId(i), 100, [self]), now);
    const spent = table.spend(3, peerId(9));
    expect(spent).toHaveLength(3);
    expect(table.state.owned).toHaveLength(2);
    expect(table.spend(9, peerId(9))).toHaveLength(2);
  });

  test("never hands a creator its own descriptor", () => {
    const table = new Table(makeFoundation(self));
    table.own(descriptor(alice, 100, [self]), now);
    expect(table.spend(3, alice)).toEqual([]);
  });

  test("holds a bounded number, and repeating a name buys nothing", () => {
    const table = new Table(makeFoundation(self, { tableMax: 10 }));
    for (let i = 1; i <= 40; i++) table.learn(descriptor(peerId(i), 99), 1, now);
    expect(table.state.entries.size).toBe(10);
    const kept = [...table.state.entries.keys()].sort();
    const ranks = [...table.state.entries.values()].map((entry) => entry.rank);
    for (const peer of kept) table.learn(descriptor(peer, 100), 2, now);
    expect([...table.state.entries.values()].map((entry) => entry.rank)).toEqual(ranks);
  });
});
