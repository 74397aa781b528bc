import type { Effect, Rumor } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { Ledger } from "./ledger.ts";
import type { Node } from "./node.ts";

type Deliver = Extract<Effect, { kind: "deliver" }>;
const topic = "00".repeat(16);
const node = (index: number, sinceMs = 0): Node =>
  ({ index, session: 1, incarnation: 1, sinceMs, id: `peer${index}`, opened: ({ body }: Rumor) => body }) as Node;
const [author, reader] = [node(1), node(2)];
const idOf = (seq: number): Uint8Array => new Uint8Array(32).fill(seq);

function ledger(...seqs: number[]): Ledger {
  const ledger = new Ledger((what) => {
    throw new Error(what);
  });
  for (const seq of seqs) {
    ledger.onAsked(author, -seq, topic, Uint8Array.of(seq));
    ledger.onPublished(author, -seq, idOf(seq), seq, 10_000);
  }
  return ledger;
}

function delivery(seq: number, change: { stream?: Deliver["stream"]; body?: number; header?: object } = {}): Deliver {
  const header = { author: author.id, incarnation: 1, topic, seq, ...change.header };
  const rumor = { header, body: Uint8Array.of(change.body ?? seq) } as unknown as Rumor;
  return { kind: "deliver", rumor, id: idOf(seq), stream: change.stream ?? "both", hops: 1 };
}

describe("a delivery is refused", () => {
  test("of what nobody published", () => {
    expect(() => ledger(1).onDeliver(reader, delivery(2), 0)).toThrow("which nobody published");
  });

  test("of altered bytes", () => {
    expect(() => ledger(1).onDeliver(reader, delivery(1, { body: 9 }), 0)).toThrow("altered");
  });

  test("of another author's or another place's rumor", () => {
    const lies = [{ author: "peer7" }, { seq: 2 }, { topic: "11".repeat(16) }];
    for (const header of lies) {
      expect(() => ledger(1, 2).onDeliver(reader, delivery(1, { header }), 0)).toThrow("another rumor's id");
    }
  });

  test("the second time in one order, but not once in each", () => {
    const book = ledger(1);
    book.onDeliver(reader, delivery(1, { stream: "live" }), 0);
    book.onDeliver(reader, delivery(1, { stream: "history" }), 0);
    expect(() => book.onDeliver(reader, delivery(1), 0)).toThrow("twice in its live");
  });

  test("out of its author's order", () => {
    const book = ledger(1, 2);
    book.onDeliver(reader, delivery(2), 0);
    expect(() => book.onDeliver(reader, delivery(1), 0)).toThrow("after seq 2");
  });
});

describe("at the end", () => {
  test("a stayer is owed everything in full and what came while it was there live", () => {
    const book = ledger(1);
    const late = node(3, 11_000);
    book.onDeliver(author, delivery(1), 0);
    expect(book.missing([author, reader, late]).map(({ node, order }) => [node.index, order])).toEqual([
      [2, "live"],
      [2, "full"],
      [3, "full"],
    ]);
    for (const one of [reader, late]) book.onDeliver(one, delivery(1), 0);
    expect(book.missing([author, reader, late])).toEqual([]);
  });

  test("what was announced as a gap is not missed, what lies beside it is", () => {
    const book = ledger(1, 2, 3);
    book.onGap(reader, { kind: "gap", author: author.id, incarnation: 1, topic, range: [1, 2] });
    expect(book.missing([reader]).filter(({ order }) => order === "full")).toEqual([]);
    book.onDeliver(author, delivery(3), 0);
    expect(book.missing([reader, author]).map(({ node, rumor }) => [node.index, rumor.seq])).toContainEqual([2, 3]);
    expect(book.gaps).toBe(1);
  });

  test("of an author that is gone only what somebody has", () => {
    const book = ledger(1, 2);
    const other = node(3);
    book.onDeliver(reader, delivery(1), 0);
    expect(book.missing([reader, other]).map(({ node, rumor }) => [node.index, rumor.seq])).toEqual([
      [3, 1],
      [3, 1],
    ]);
    expect(book.lostWithAuthor([reader, other])).toBe(1);
  });
});
