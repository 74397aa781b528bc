import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../wire/bytes.ts";
import { readSpans, writeSpans } from "../../wire/reconcile-codec.ts";
import type { Item } from "./item-set.ts";
import { ItemSet } from "./item-set.ts";
import type { RangeOptions, Span } from "./range-reconciler.ts";
import { RangeReconciler } from "./range-reconciler.ts";

const SALT = { high: 0x1234, low: 0x5678 };

/** Items of a family, told apart by their number; a few share each order. */
function item(number: number): Item {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, Math.imul(number + 1, 0x9e3779b1));
  new DataView(id.buffer).setUint32(12, number);
  return { order: Math.floor(number / 3), id };
}

function items(numbers: Iterable<number>): Item[] {
  return Array.from(numbers, item);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

interface Session {
  readonly lacking: readonly [string[], string[]];
  readonly offers: readonly [string[], string[]];
  readonly messages: number;
  readonly bytes: number;
  readonly longest: number;
}

/** Message by message over the wire, the first from `a`. */
function reconcile(a: ItemSet, b: ItemSet, options: Partial<RangeOptions> = {}): Session {
  const ends = [new RangeReconciler(a, options), new RangeReconciler(b, options)] as const;
  const lacking: [string[], string[]] = [[], []];
  const offers: [string[], string[]] = [[], []];
  let [messages, bytes, longest] = [0, 0, 0];
  let spans: readonly Span[] = ends[0].open();
  for (let turn = 1; spans.length > 0; turn++) {
    const writer = new Writer();
    writeSpans(writer, spans);
    const sent = writer.finish();
    const reader = new Reader(sent);
    const received = readSpans(reader);
    reader.end();
    expect(reader.failure).toBeUndefined();
    expect(received).toEqual(spans);
    messages++;
    bytes += sent.length;
    longest = Math.max(longest, sent.length);
    const side = (turn % 2) as 0 | 1;
    const answer = ends[side].answer(received);
    for (let i = 0; i < answer.lacking.length; i += 2) {
      const theirs = [a, b][1 - side]!.find(answer.lacking[i]!, answer.lacking[i + 1]!);
      lacking[side].push(theirs?.id.join() ?? "nothing");
    }
    for (const { id } of answer.offers) offers[side].push(id.join());
    spans = answer.spans;
    if (messages > 10_000) throw new Error("the session does not end");
  }
  return { lacking, offers, messages, bytes, longest };
}

function expectAll(session: Session, a: readonly Item[], b: readonly Item[]): void {
  const [ours, theirs] = [new Set(a.map(({ id }) => id.join())), new Set(b.map(({ id }) => id.join()))];
  expect(new Set(session.lacking[0])).toEqual(new Set([...theirs].filter((id) => !ours.has(id))));
  expect(new Set(session.lacking[1])).toEqual(new Set([...ours].filter((id) => !theirs.has(id))));
  // Whoever was sent a list knows what to offer, too.
  for (const id of session.offers[0]) expect(theirs.has(id)).toBe(false);
  for (const id of session.offers[1]) expect(ours.has(id)).toBe(false);
}

describe("two sets", () => {
  it("that are equal cost one message", () => {
    const set = new ItemSet(items(upTo(5_000)), SALT);
    const session = reconcile(set, set);
    expect(session.messages).toBe(1);
    expect(session.bytes).toBeLessThan(16 * 16);
  });

  it("that differ in anything at all tell each other what it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }),
        fc.constantFrom(150, 400, 32_768),
        (size, gone, extra, bytesMax) => {
          const missing = new Set(gone);
          const a = items(upTo(size).filter((number) => !missing.has(number)));
          const b = items(new Set([...upTo(size), ...extra]));
          const session = reconcile(new ItemSet(a, SALT), new ItemSet(b, SALT), { bytesMax });
          expectAll(session, a, b);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("find the same under every salt, and say it in other words", () => {
    const [a, b] = [items(upTo(1_000)), items(upTo(1_010))];
    const words = [1, 2, 3].map((low) => {
      const session = reconcile(new ItemSet(a, { high: 9, low }), new ItemSet(b, { high: 9, low }));
      expectAll(session, a, b);
      return new ItemSet(a, { high: 9, low }).print(0, 1_000);
    });
    expect(new Set(words.map(({ high, low }) => `${high} ${low}`)).size).toBe(3);
  });

  it("need at most four round trips for any of 100 000 items", () => {
    const lost = new Set(upTo(100).map((i) => (i * 7919) % 100_000));
    const [a, b] = [items(upTo(100_000)), items(upTo(100_000).filter((number) => !lost.has(number)))];
    const session = reconcile(new ItemSet(a, SALT), new ItemSet(b, SALT), { bytesMax: 1_000_000 });
    expectAll(session, a, b);
    expect(session.messages).toBeLessThanOrEqual(6);
    // Negentropy, with ids of 32 bytes: 110 994.
    expect(session.bytes).toBeLessThan(45_000);
  });

  it("begin with what is newest, and keep to the budget", () => {
    const [a, b] = [items(upTo(20_000)), items(upTo(20_000).filter((number) => number % 50 !== 0))];
    const ends = [new ItemSet(a, SALT), new ItemSet(b, SALT)] as const;
    const session = reconcile(...ends, { bytesMax: 2_000 });
    expectAll(session, a, b);
    expect(session.longest).toBeLessThanOrEqual(2_000);
    const orderOf = new Map(a.map(({ id, order }) => [id.join(), order]));
    const orders = session.lacking[1].map((id) => orderOf.get(id)!);
    // A few at a time, and each few older than those before.
    for (let i = 40; i < orders.length; i++) expect(orders[i]!).toBeLessThan(Math.max(...orders.slice(i - 40, i)));
  });
});

describe("a hostile end", () => {
  it("is answered with no more than the budget, whatever it says", () => {
    const set = new ItemSet(items(upTo(5_000)), SALT);
    const bound = fc.record({ order: fc.nat(2_000), high: fc.nat(), low: fc.nat() });
    const says = fc.oneof(
      fc.record({ kind: fc.constant("print" as const), high: fc.nat(), low: fc.nat() }),
      fc.record({ kind: fc.constantFrom("ids" as const, "lacks" as const), ids: fc.uint32Array({ maxLength: 8 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ end: fc.option(bound, { nil: undefined }), says }), { maxLength: 30 }),
        (spans) => {
          const even = spans.map(({ end, says: what }) => ({
            end,
            says: "ids" in what ? { ...what, ids: what.ids.slice(0, what.ids.length & ~1) } : what,
          }));
          const answer = new RangeReconciler(set, { bytesMax: 1_000 }).answer(even);
          const ids = answer.spans.reduce((sum, { says }) => sum + ("ids" in says ? says.ids.length / 2 : 0), 0);
          expect(ids).toBeLessThanOrEqual(1_000 / 8);
          expect(answer.lacking.length).toBeLessThanOrEqual(8 * 30);
        },
      ),
    );
  });

  it("cannot make the reader throw, or take what has another form", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new Reader(bytes);
        const spans = readSpans(reader);
        reader.end();
        if (reader.failure !== undefined) return;
        const writer = new Writer();
        writeSpans(writer, spans);
        expect([...writer.finish()]).toEqual([...bytes]);
      }),
      { numRuns: 2_000 },
    );
  });
});
