import { describe, expect, test } from "vitest";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import type { Descriptor } from "../types.ts";
import { Table } from "./table.ts";
import { descriptor } from "./testing.testing.ts";

const self = peerId(0);
const [alice, bob] = [peerId(1), peerId(2)];
const now = at(5_000 * 100);

function make(tuning: Parameters<typeof makeFoundation>[1] = {}, down: readonly number[] = []): Table {
  return new Table(makeFoundation(self, tuning), (link) => !down.includes(link));
}

function learn(table: Table, minted: Descriptor, link: number): boolean {
  return table.learn(minted, link, minted.hops.length, now);
}

describe("descriptor table", () => {
  test("keeps the freshest descriptor of a creator, and the link by which it came", () => {
    const table = make();
    expect(learn(table, descriptor(alice, 99), 1)).toBe(true);
    expect(learn(table, descriptor(alice, 100), 2)).toBe(false);
    learn(table, descriptor(alice, 98), 3);
    expect(table.get(alice)?.descriptor.slot).toBe(100);
    expect(table.waysTo(alice)[0]?.link).toBe(2);
  });

  test("prefers the shorter chain within a slot", () => {
    const table = make();
    learn(table, descriptor(alice, 100, [bob, self]), 1);
    learn(table, descriptor(alice, 100, [self]), 2);
    learn(table, descriptor(alice, 100, [bob, peerId(3), self]), 3);
    expect(table.waysTo(alice)[0]?.link).toBe(2);
  });

  test("takes neither expired descriptors nor ones from the future nor its own", () => {
    const table = make();
    learn(table, descriptor(alice, 80), 1);
    learn(table, descriptor(bob, 107), 1);
    learn(table, descriptor(self, 100), 1);
    expect(table.state.entries.size).toBe(0);
  });

  test("says whose last descriptor ran out", () => {
    const table = make();
    learn(table, descriptor(alice, 100), 1);
    table.own(descriptor(alice, 100, [self]), now);
    expect(table.expire(at(5_000 * 119))).toEqual([]);
    expect(table.expire(at(5_000 * 120))).toEqual([alice]);
    expect(table.state.owned).toEqual([]);
  });

  test("a spent descriptor is not owned any more", () => {
    const table = make();
    for (let i = 1; i <= 5; i++) table.own(descriptor(peerId(i), 100, [self]), now);
    const spent = table.spend(3, peerId(9));
    expect(spent).toHaveLength(3);
    expect(table.state.owned).toHaveLength(2);
    expect(table.spend(9, peerId(9))).toHaveLength(2);
  });

  test("does not take what it gave away again, for it would sign twice; what came back round a longer way it may", () => {
    const table = make();
    const trap = descriptor(alice, 100, [bob, self]);
    table.own(trap, now);
    expect(table.spend(1, bob)).toEqual([trap]);
    table.own(trap, now);
    expect(table.state.owned).toEqual([]);
    table.own(descriptor(alice, 100, [self]), now);
    expect(table.state.owned).toEqual([]);
    table.own(descriptor(alice, 100, [bob, self, peerId(7), self]), now);
    expect(table.state.owned).toHaveLength(1);
  });

  test("after a restart it takes nothing that its former run may have given away", () => {
    const foundation = makeFoundation(self);
    const config = { ...foundation.config, lastMintSlot: 99 };
    const table = new Table({ ...foundation, config }, () => true);
    table.own(descriptor(alice, 106, [self]), now);
    expect(table.state.owned).toEqual([]);
    const later = at(5_000 * 105);
    table.own(descriptor(alice, 107, [self]), later);
    expect(table.state.owned).toHaveLength(1);
  });

  test("never hands a creator its own descriptor", () => {
    const table = make();
    table.own(descriptor(alice, 100, [self]), now);
    expect(table.spend(3, alice)).toEqual([]);
  });

  test("holds a bounded number, and repeating a name buys nothing", () => {
    const table = make({ tableMax: 10 });
    for (let i = 1; i <= 40; i++) learn(table, descriptor(peerId(i), 99), 1);
    expect(table.state.entries.size).toBe(10);
    const kept = [...table.state.entries.keys()].toSorted();
    const ranks = [...table.state.entries.values()].map((entry) => entry.rank);
    for (const peer of kept) learn(table, descriptor(peer, 100), 2);
    expect([...table.state.entries.values()].map((entry) => entry.rank)).toEqual(ranks);
  });

  test("keeps a second way over another link, and takes it when the first is down or leads nowhere", () => {
    const down: number[] = [];
    const table = make({}, down);
    learn(table, descriptor(alice, 99), 1);
    learn(table, descriptor(alice, 100), 2);
    expect(table.waysTo(alice).map(({ link }) => link)).toEqual([2, 1]);
    table.demote(alice, 2);
    expect(table.waysTo(alice).map(({ link }) => link)).toEqual([1, 2]);
    down.push(1);
    expect(table.waysTo(alice).map(({ link }) => link)).toEqual([2]);
  });

  test("of several second ways the freshest stays", () => {
    const table = make();
    learn(table, descriptor(alice, 100), 1);
    table.hint(alice, { link: 2, slot: 97, chain: 3 });
    table.hint(alice, { link: 3, slot: 98, chain: 3 });
    table.hint(alice, { link: 4, slot: 96, chain: 0 });
    expect(table.waysTo(alice).map(({ link }) => link)).toEqual([1, 3]);
  });

  test("a name that comes back has the rank that it had", () => {
    const table = make({ tableMax: 10 });
    for (let i = 1; i <= 40; i++) learn(table, descriptor(peerId(i), 99), 1);
    const kept = new Set(table.state.entries.keys());
    for (let again = 0; again < 20; again++) {
      for (let i = 1; i <= 40; i++) learn(table, descriptor(peerId(i), 100), 1);
    }
    expect(new Set(table.state.entries.keys())).toEqual(kept);
  });

  test("samples are drawn from those known for some slots, while there are any", () => {
    const table = make();
    learn(table, descriptor(alice, 100), 1);
    expect(table.seasoned(5, now)).toEqual([alice]);
    const later = at(5_000 * 106);
    table.learn(descriptor(bob, 106), 1, 0, later);
    table.learn(descriptor(alice, 106), 1, 0, later);
    expect(table.seasoned(5, later)).toEqual([alice]);
    expect(new Set(table.seasoned(7, later))).toEqual(new Set([alice, bob]));
  });

  test("takes any live descriptor of a creator to whom the way is lost", () => {
    const table = make({}, [1]);
    learn(table, descriptor(alice, 100), 1);
    learn(table, descriptor(alice, 99), 2);
    expect(table.waysTo(alice)[0]?.link).toBe(2);
  });

  test("shows samples one step further away than it is itself, without their chains", () => {
    const table = make();
    learn(table, descriptor(alice, 100, [bob, self]), 1);
    expect(table.samples(8, bob, now)).toEqual([{ descriptor: descriptor(alice, 100), chain: 3 }]);
    expect(table.samples(8, alice, now)).toEqual([]);
  });
});
