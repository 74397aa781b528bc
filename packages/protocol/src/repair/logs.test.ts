import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Tray, makeFoundation } from "../room.testing.ts";
import { Author, START_MS, at, idOf } from "../rumors/rumors.testing.ts";
import * as fc from "fast-check";
import type { LogId, Rumor } from "../types.ts";
import type { Log } from "./logs.ts";
import { Logs, isVisible, logKey, offered } from "./logs.ts";

class Shelf {
  readonly logs = new Logs(makeFoundation());
  readonly out = new Tray();

  /** Append, and forget what is due. */
  append(...rumors: readonly Rumor[]): string[] {
    return rumors.map((rumor) => {
      const appended = this.logs.append(rumor, idOf(rumor), 1, true, at(0));
      if (appended.log !== undefined) this.logs.forgetBelow(appended.log, this.logs.lowDue(appended.log), this.out);
      return appended.outcome;
    });
  }

  log(author: Author): Log {
    return this.logs.get(logKey(idOfLog(author)))!;
  }

  visible(author: Author): number[] {
    const log = this.log(author);
    return [...log.held.keys()].filter((seq) => isVisible(log, seq)).toSorted((a, b) => a - b);
  }
}

function idOfLog({ id, incarnation, topic }: Author): LogId {
  return { author: id, incarnation, topic };
}

describe("a log", () => {
  it("is the same whether rumors in a row are appended together or one by one, whatever is held around them", () => {
    const range = fc.tuple(fc.integer({ min: 2, max: 11 }), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(
        range,
        fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
        fc.nat(12),
        fc.boolean(),
        (run, around, low, forked) => {
          const author = new Author(1);
          const rumors = author.writeMany(12);
          const last = author.write({ low: Math.max(1, low) });
          // Of another chain: it does not name the one before it.
          const other = author.write({ seq: 13, prev: new Uint8Array(32).fill(7) });
          const [from, to] = [run[0], Math.min(12, run[0] + run[1])];
          const states = [true, false].map((together) => {
            const shelf = new Shelf();
            for (const seq of around) if (seq < from || seq > to) shelf.append(rumors[seq - 1]!);
            shelf.append(forked ? other : last);
            const row = rumors.slice(from - 1, to).map((rumor) => ({ rumor, id: idOf(rumor) }));
            const log = shelf.log(author);
            if (log.low > from) return undefined;
            if (together) expect(shelf.logs.appendRun(row, 1, at(0))).toBe(log);
            else for (const { rumor, id } of row) shelf.logs.append(rumor, id, 1, false, at(0), false, "chain");
            return shelf.logs.state;
          });
          expect(states[0]).toEqual(states[1]);
        },
      ),
    );
  });

  it("holds rumors in any order, holes and all", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = author.writeMany(6);
    expect(shelf.append(rumors[4]!, rumors[0]!, rumors[1]!, rumors[4]!)).toEqual([
      "visible",
      "visible",
      "visible",
      "duplicates",
    ]);
    expect(offered(shelf.log(author))).toEqual([
      [1, 2],
      [5, 5],
    ]);
    expect(shelf.logs.state.rumors).toBe(3);
  });

  it("forgets what its author's headers say is forgotten, and does not take it back", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = [...author.writeMany(4), author.write({ low: 4 })];
    shelf.append(rumors[0]!, rumors[1]!, rumors[4]!);
    expect(shelf.append(rumors[2]!, rumors[3]!)).toEqual(["past", "visible"]);
    expect(shelf.visible(author)).toEqual([4, 5]);
    expect(shelf.out.effects).toEqual([{ kind: "forget", ...idOfLog(author), below: 4 }]);
  });

  it("ends at a slot for which its author signed two rumors, and keeps the evidence", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = author.writeMany(5);
    const second = author.fork(rumors[2]!);
    expect(shelf.append(...rumors, second)).toEqual(["visible", "visible", "visible", "visible", "visible", "proof"]);
    expect(shelf.visible(author)).toEqual([1, 2]);
    expect(offered(shelf.log(author))).toEqual([[1, 2]]);
    expect(shelf.append(author.write(), second)).toEqual(["withdrawn", "withdrawn"]);
    const [fork] = shelf.logs.state.forks;
    expect(shelf.logs.state.forks).toHaveLength(1);
    expect([fork!.a.header.seq, fork!.b.header.seq]).toEqual([3, 3]);
    expect([fork!.a.signature, fork!.b.signature]).toContainEqual(second.signature);
  });

  it("is cut at the lowest of several forks", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = author.writeMany(5);
    const outcomes = shelf.append(...rumors, author.fork(rumors[3]!), author.fork(rumors[4]!), author.fork(rumors[1]!));
    expect(outcomes.slice(5)).toEqual(["proof", "withdrawn", "proof"]);
    expect(shelf.visible(author)).toEqual([1]);
  });

  it("states a fork the same way, whichever side came first", () => {
    const author = new Author(1);
    const rumor = author.write();
    const second = author.fork(rumor);
    const [one, two] = [new Shelf(), new Shelf()];
    one.append(rumor, second);
    two.append(second, rumor);
    expect(one.logs.state.forks).toEqual(two.logs.state.forks);
  });

  it("comes back when its author's low passes the fork", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = author.writeMany(4);
    shelf.append(...rumors, author.fork(rumors[1]!));
    expect(shelf.visible(author)).toEqual([1]);
    shelf.append(author.write({ low: 3 }));
    expect(shelf.visible(author)).toEqual([3, 4, 5]);
    expect(shelf.log(author).cut).toBe(Number.POSITIVE_INFINITY);
  });

  it("ends where a rumor does not name the one before it", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = [...author.writeMany(2), author.write({ prev: new Uint8Array(32).fill(4) }), author.write()];
    expect(shelf.append(rumors[3]!, rumors[2]!, rumors[1]!, rumors[0]!)).toEqual([
      "visible",
      "visible",
      "visible",
      "visible",
    ]);
    expect(shelf.visible(author)).toEqual([1, 2]);
  });

  it("loses what has expired, and what lies before it", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    const rumors = [1, 2, 3].map((age) => author.write({ expiryMs: START_MS + age * 10_000 }));
    shelf.append(rumors[1]!, rumors[2]!, rumors[0]!);
    expect(shelf.logs.state.sweepDueMs).toBe(10_000);
    expect(shelf.logs.sweep(at(9_999), shelf.out)).toEqual([]);
    shelf.logs.sweep(at(20_000), shelf.out);
    expect(shelf.visible(author)).toEqual([3]);
    expect(shelf.log(author).low).toBe(3);
    expect(shelf.logs.state.sweepDueMs).toBe(30_000);
    shelf.logs.sweep(at(30_000), shelf.out);
    expect(shelf.logs.state).toMatchObject({ rumors: 0, bytes: 0, sweepDueMs: Number.POSITIVE_INFINITY });
    expect(shelf.append(rumors[2]!)).toEqual(["past"]);
  });
});

describe("all logs", () => {
  it("are kept in the order of their keys", () => {
    const shelf = new Shelf();
    for (const number of [5, 1, 9, 3]) shelf.append(new Author(number).write());
    const keys = [...shelf.logs.inOrder()].map(({ key }) => key);
    expect(keys).toEqual(keys.toSorted());
    expect(keys).toHaveLength(4);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(94);
  });

  it("carry the newest incarnations of an author in a topic", () => {
    const shelf = new Shelf();
    const lives = Array.from({ length: 6 }, (_, life) => new Author(1, START_MS + life));
    for (const life of [3, 0, 5, 1, 4]) {
      shelf.append(lives[life]!.write());
      for (const old of shelf.logs.superseded(shelf.log(lives[life]!))) shelf.logs.drop(old, shelf.out);
    }
    expect([...shelf.logs.inOrder()].map(({ id }) => id.incarnation - START_MS)).toEqual([1, 3, 4, 5]);
    expect(shelf.append(lives[0]!.write())).toEqual(["past"]);
    expect(shelf.append(lives[2]!.write())).toEqual(["visible"]);
  });

  it("refuse a new log when one author has too many", () => {
    const shelf = new Shelf();
    const topic = (number: number): string => number.toString(16).padStart(32, "0");
    for (let i = 0; i < limits.logsPerAuthorMax; i++) shelf.append(new Author(1, START_MS, topic(i)).write());
    expect(shelf.append(new Author(1, START_MS, topic(9_999)).write())).toEqual(["refused"]);
    expect(shelf.append(new Author(2, START_MS, topic(9_999)).write())).toEqual(["visible"]);
  });

  it("hold a bounded number of bytes: the largest log pays", () => {
    const [shelf, big, small] = [new Shelf(), new Author(1), new Author(2)];
    shelf.append(small.write());
    const first = big.write();
    const body = new Uint8Array(limits.rumorBodyBytesMax);
    let evicted = 0;
    for (let seq = 1; seq <= 600; seq++) {
      // Ids are given here, for hashing so much would take long.
      const id = new Uint8Array(32).fill(seq);
      const prev = new Uint8Array(32).fill(seq - 1);
      shelf.logs.append({ ...first, header: { ...first.header, seq, prev }, body }, id, 1, true, at(0));
      for (let most = shelf.logs.excess(); most !== undefined; most = shelf.logs.excess()) {
        expect(most.log.key).toBe(shelf.log(big).key);
        shelf.logs.forgetBelow(most.log, most.low, shelf.out);
        evicted++;
      }
      expect(shelf.logs.state.bytes).toBeLessThanOrEqual(limits.heldBytesMax);
    }
    expect(evicted).toBeGreaterThan(50);
    expect(offered(shelf.log(big))).toEqual([[evicted + 1, 600]]);
    expect(shelf.visible(small)).toEqual([1]);
    expect(
      shelf.logs.append({ ...first, header: { ...first.header, incarnation: 5 }, body }, body, 1, true, at(0)).outcome,
    ).toBe("refused");
  });
});

describe("evidence about a log", () => {
  it("counts for so many slots that nobody holds, and then for those that are held: a convict cannot end its log for ever", () => {
    const [shelf, author] = [new Shelf(), new Author(1)];
    shelf.append(...author.writeMany(3));
    const [first, second] = author.writeMany(2);
    const slot = (seq: number) => ({ ...idOfLog(author), seq });
    const fork = (seq: number) => {
      const [a, b] = [first!, second!].map(({ header, signature }) => {
        return { header: { ...header, seq }, bodyHash: header.prev, signature };
      });
      return { a: a!, b: b! };
    };
    for (let i = 0; i < limits.rivalsMax; i++) {
      expect(shelf.logs.mayContest(slot(1_000_000 - i))).toBe(true);
      shelf.logs.restoreFork(fork(1_000_000 - i));
    }
    expect(shelf.log(author).cut).toBe(1_000_000 - limits.rivalsMax + 1);
    expect(shelf.logs.mayContest(slot(5))).toBe(false);
    expect(shelf.logs.mayContest(slot(2))).toBe(true);
  });
});
