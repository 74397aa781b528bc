import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { makeFoundation, peerId } from "../room.testing.ts";
import { at } from "./entries.testing.ts";
import { ProfileTable, partOf, printsOf } from "./profile-table.ts";
import { profile } from "./profiles.testing.ts";

function tableOf(...all: readonly Parameters<typeof profile>[]): ProfileTable {
  const table = new ProfileTable(makeFoundation());
  // Slowly, for nobody speaks often.
  for (const [i, args] of all.entries()) put(table, args, 10_000 * i);
  return table;
}

function put(table: ProfileTable, args: Parameters<typeof profile>, sinceMs = 0): string {
  const { rumor, id } = profile(...args);
  const now = { ...at(0), nowMs: sinceMs };
  const prospect = table.judge(rumor.header, now);
  if (prospect === "newer") table.insert(rumor, id, 1, now);
  return prospect;
}

function seqOf(table: ProfileTable, author: number): number | undefined {
  return table.get(peerId(author))?.rumor.header.seq;
}

describe("the table of profiles", () => {
  it("holds the greatest version of each author", () => {
    const table = tableOf([1, 2], [2, 7]);
    expect(put(table, [1, 1])).toBe("older");
    expect(put(table, [1, 2])).toBe("same");
    expect(put(table, [1, 3])).toBe("newer");
    expect([seqOf(table, 1), seqOf(table, 2)]).toEqual([3, 7]);
    expect(put(table, [1, 1, { incarnation: 2 }])).toBe("newer");
    expect(put(table, [1, 9, { incarnation: 1 }])).toBe("older");
  });

  it("takes a few versions of one author in one go, and then one in a while", () => {
    const table = tableOf();
    for (let seq = 1; seq <= limits.profileBurst; seq++) expect(put(table, [1, seq])).toBe("newer");
    expect(put(table, [1, 100])).toBe("often");
    expect(put(table, [2, 1])).toBe("newer");
    expect(put(table, [1, 100], limits.profilePaceMs)).toBe("newer");
    expect(put(table, [1, 101], limits.profilePaceMs)).toBe("often");
  });

  it("lets go of what is over, and of whom it is told", () => {
    const table = tableOf([1, 1], [2, 2], [3, 3]);
    expect(table.sweep(at(60_001), (author) => author === peerId(3))).toEqual([peerId(1), peerId(3)]);
    expect([...table.state.profiles.keys()]).toEqual([peerId(2)]);
    expect(table.state.sweepDueMs).toBe(60_002);
    expect(put(table, [1, 1], 60_001)).toBe("newer");
    expect(table.judge(profile(1, 2).rumor.header, at(70_000))).toBe("older");
  });

  it("keeps the newest where there are too many, in any order", () => {
    const count = limits.profilesMax + 20;
    const authors = Array.from({ length: count }, (_, author) => author);
    for (const order of [authors, authors.toReversed()]) {
      const table = tableOf();
      for (const author of order) put(table, [author, author + 1]);
      expect(table.size).toBe(limits.profilesMax);
      expect(seqOf(table, 19)).toBeUndefined();
      expect(seqOf(table, 20)).toBe(21);
    }
  });

  it("holds the same whatever came first", () => {
    const versions = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 6 }), fc.nat(2)), { maxLength: 30 });
    fc.assert(
      fc.property(versions, fc.nat(), (all, turn) => {
        const args = all.map(([author, seq, incarnation]): Parameters<typeof profile> => [
          author,
          seq,
          { incarnation },
        ]);
        const turned = [...args.slice(turn % (all.length + 1)), ...args.slice(0, turn % (all.length + 1))].toReversed();
        const [a, b] = [tableOf(...args), tableOf(...turned)];
        expect(printsOf(a.named(5), 5, 2)).toEqual(printsOf(b.named(5), 5, 2));
        expect(a.named(5).map(({ held }) => held.id)).toEqual(b.named(5).map(({ held }) => held.id));
      }),
      { numRuns: 50 },
    );
  });

  it("names authors otherwise in each round, and sums what differs apart", () => {
    const table = tableOf(...Array.from({ length: 40 }, (_, author): [number, number] => [author, 1]));
    const names = (round: number): number[] => table.named(round).map(({ name }) => name);
    expect(names(1)).toEqual(names(1).toSorted((a, b) => a - b));
    expect(new Set([...names(1), ...names(2)]).size).toBe(80);
    const before = printsOf(table.named(9), 9, 3);
    put(table, [7, 2], 1_000_000);
    const changed = [...printsOf(table.named(9), 9, 3)].flatMap((print, part) =>
      print === before[part] ? [] : [part],
    );
    const { name } = table.named(9).find(({ held }) => held.rumor.header.author === peerId(7))!;
    expect(changed).toEqual([partOf(name, 3)]);
  });
});
