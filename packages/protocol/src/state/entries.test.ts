import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { makeFoundation, peerId } from "../room.testing.ts";
import type { Header } from "../types.ts";
import { Entries } from "./entries.ts";
import type { Held } from "./entry.ts";
import { headOf, nameOf } from "./entry.ts";
import { MAP, START_MS, at, entry } from "./entries.testing.ts";

const foundation = makeFoundation();

/** As a peer takes entries in: what is not worth a verification never comes in. */
function take(entries: Entries, held: Held, now = at(0)): string {
  const prospect = entries.judge(held.rumor, now.meshMs);
  if (prospect === "contest") {
    const first = entries.byWrite(`${held.rumor.header.author}/${MAP}/0000000000000001#${held.rumor.header.seq}`)!;
    entries.withdraw({ a: headOf(first.rumor, foundation.hash), b: headOf(held.rumor, foundation.hash) });
  } else if (["newer", "spare", "end"].includes(prospect)) entries.insert(held, now);
  return prospect;
}

function standing(entries: Entries): string[] {
  return [...entries.state.entries].map(([name, [held]]) => `${name} ${held!.id.join()}`).toSorted();
}

const of = (key: number, author: number, seq: number, change: Partial<Header> = {}, body = [seq]): Held =>
  entry(key, author, seq, change, Uint8Array.from(body));

describe("entries of maps", () => {
  it("lets the latest stand, whichever came first", () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const entries = new Entries(foundation);
      const both = [of(1, 1, 1, { timeMs: START_MS }), of(1, 2, 1, { timeMs: START_MS + 1 })];
      for (const i of order) take(entries, both[i]!);
      expect(entries.get(nameOf(both[0]!.rumor.header))).toBe(both[1]);
    }
  });

  it("breaks ties by counter, then by author", () => {
    const entries = new Entries(foundation);
    const [a, b, c] = [of(1, 1, 1), of(1, 2, 1), of(1, 1, 2, { timeMs: START_MS, counter: 1 })];
    take(entries, b);
    expect(
      take(entries, { ...a, rumor: { ...a.rumor, header: { ...a.rumor.header, timeMs: b.rumor.header.timeMs } } }),
    ).toBe(peerId(1) > peerId(2) ? "newer" : "spare");
    expect(
      take(entries, { ...c, rumor: { ...c.rumor, header: { ...c.rumor.header, timeMs: b.rumor.header.timeMs } } }),
    ).toBe("newer");
  });

  it("knows a copy by its signature, and an older write of one author without a verification", () => {
    const entries = new Entries(foundation);
    const [first, second] = [of(1, 1, 1), of(1, 1, 2)];
    take(entries, second);
    expect(take(entries, second)).toBe("duplicate");
    expect(take(entries, first)).toBe("older");
    expect(entries.size).toBe(1);
  });

  it("puts what stood before by another author back when an author is proved to lie", () => {
    const entries = new Entries(foundation);
    const [honest, liar] = [of(1, 1, 1), of(1, 2, 5)];
    take(entries, honest);
    take(entries, liar);
    expect(take(entries, of(1, 2, 5, {}, [99]))).toBe("contest");
    expect(entries.get(nameOf(honest.rumor.header))).toBe(honest);
    expect(take(entries, of(2, 2, 6))).toBe("withdrawn");
  });

  it("keeps a deletion until its end, and remembers it after that", () => {
    const entries = new Entries(foundation);
    const [old, deletion] = [of(1, 1, 1), of(1, 2, 2, { expiryMs: START_MS + 10_000 })];
    take(entries, old);
    take(entries, deletion);
    expect(take(entries, of(1, 3, 1))).toBe("spare");
    entries.sweep(at(20_000));
    expect(entries.size).toBe(0);
    expect(take(entries, old, at(20_000))).toBe("buried");
    const later = of(1, 1, 9, { timeMs: START_MS + 15_000 });
    expect(take(entries, later, at(20_000))).toBe("newer");
    expect(entries.state.dormant.size).toBe(0);
  });

  it("lets a deletion that has ended already end what it comes after, and nothing else", () => {
    const entries = new Entries(foundation);
    const [old, deletion] = [of(1, 1, 1), of(1, 2, 2, { expiryMs: START_MS + 10_000 })];
    expect(take(entries, deletion, at(20_000))).toBe("ended");
    take(entries, old, at(20_000));
    expect(take(entries, deletion, at(20_000))).toBe("end");
    expect([entries.size, take(entries, old, at(20_000))]).toEqual([0, "buried"]);
    entries.sweep(at(20_000 + limits.dormantMs));
    expect(entries.state.dormant.size).toBe(0);
  });

  it("remembers a bounded number of deletions", () => {
    const entries = new Entries(foundation);
    for (let key = 0; key < limits.dormantMax + 50; key++) {
      take(entries, of(key, 1, key + 1, { expiryMs: START_MS + 90_000, timeMs: START_MS }));
    }
    entries.sweep(at(100_000));
    expect([entries.size, entries.state.dormant.size]).toEqual([0, limits.dormantMax]);
  });

  it("evicts the oldest of an author that holds too much, and nobody else's", () => {
    const entries = new Entries(foundation);
    const body = new Uint8Array(65_000);
    const others = [of(500, 2, 1), of(501, 3, 1)];
    for (const other of others) take(entries, other);
    const many = Array.from({ length: 300 }, (_, i) => entry(i, 1, i + 1, {}, body));
    for (const one of many) take(entries, one);
    const kept = entries.state.authors.get(peerId(1))!;
    expect(kept.bytes).toBeLessThanOrEqual(limits.entriesAuthorBytesMax);
    expect(kept.ages).toHaveLength(Math.floor(limits.entriesAuthorBytesMax / (65_000 + limits.entryOverheadBytes)));
    expect(entries.get(nameOf(many.at(-1)!.rumor.header))).toBe(many.at(-1));
    for (const other of others) expect(entries.get(nameOf(other.rumor.header))).toBe(other);
    expect(take(entries, many[0]!)).toBe("full");
  });

  it("ends in one state, in whatever order writes, deletions and proofs come", () => {
    const write = fc.record({
      key: fc.nat(2),
      author: fc.integer({ min: 1, max: 3 }),
      seq: fc.integer({ min: 1, max: 4 }),
      timeMs: fc.integer({ min: START_MS, max: START_MS + 5 }),
      counter: fc.nat(1),
      /** A second story for the same number. */
      story: fc.constantFrom(0, 0, 0, 1),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(write, { maxLength: 12, selector: (w) => JSON.stringify(w) }),
        fc.infiniteStream(fc.nat()),
        (writes, turns) => {
          const all = writes.map(({ key, author, seq, timeMs, counter, story, ends }) =>
            of(key, author, seq, { timeMs, counter, ...(ends && { expiryMs: START_MS + 60_000 }) }, [seq, story]),
          );
          // What was seen together is known to be a fork by whoever saw it; evidence reaches everybody.
          const forks = all.flatMap((a, i) =>
            all
              .slice(i + 1)
              .filter(({ rumor: { header }, id }) => {
                const own = a.rumor.header;
                return header.author === own.author && header.seq === own.seq && id.join() !== a.id.join();
              })
              .map((b) => ({ a: headOf(a.rumor, foundation.hash), b: headOf(b.rumor, foundation.hash) })),
          );
          const [first, second] = [new Entries(foundation), new Entries(foundation)];
          const steps = (entries: Entries): (() => unknown)[] => [
            ...all.map((held) => () => take(entries, held)),
            ...forks.map((fork) => () => entries.withdraw(fork)),
          ];
          for (const step of steps(first)) step();
          const rest = steps(second);
          while (rest.length > 0) rest.splice(turns.next().value % rest.length, 1)[0]!();
          expect(standing(second)).toEqual(standing(first));
          expect(second.state.sum).toEqual(first.state.sum);
          expect(second.state.bytes).toBe(first.state.bytes);
          // And once everything that was to end has ended.
          for (const entries of [first, second]) entries.sweep(at(120_000));
          expect(standing(second)).toEqual(standing(first));
        },
      ),
    );
  });
});
