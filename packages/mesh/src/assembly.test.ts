import type { Rumor } from "@grapevine/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Assembly } from "./assembly.ts";
import type { Fragment } from "./batch.ts";
import type { Entry } from "./journal.ts";
import { meshLimits } from "./limits.ts";

function entry(seq: number, author = "a"): Entry {
  const rumor = { header: { author, incarnation: 1, seq }, body: new Uint8Array(1) } as Rumor;
  return { rumor, id: Uint8Array.of(seq), hops: 3 };
}

function fragment(offset: number, bytes: number, bytesTotal = 10): Fragment {
  return { offset, piece: new Uint8Array(bytes), bytesTotal, ageMs: 0 };
}

function setUp() {
  let dropped = 0;
  const assembly = new Assembly(() => void dropped++);
  return { assembly, dropped: () => dropped };
}

const seqs = (whole: Entry | undefined): number[] | undefined => whole?.parts?.map(({ header }) => header.seq);

test("pieces in order make a value, which bears the id of the first and stands where the last does", () => {
  const { assembly, dropped } = setUp();
  expect(assembly.add(entry(1), fragment(0, 4))).toMatchObject({ bytes: 4, bytesTotal: 10, whole: undefined });
  expect(assembly.add(entry(3), fragment(4, 4))).toMatchObject({ bytes: 8 });
  expect(assembly.completed(entry(5), fragment(8, 1))).toBeUndefined();
  expect(seqs(assembly.completed(entry(4), fragment(8, 2)))).toEqual([1, 3, 4]);
  const last = assembly.add(entry(4), fragment(8, 2))!;
  expect(last).toMatchObject({ id: Uint8Array.of(1), bytes: 10 });
  expect(seqs(last.whole)).toEqual([1, 3, 4]);
  expect(last.whole!.rumor.header.seq).toBe(4);
  expect([assembly.size, dropped()]).toEqual([0, 0]);
});

test("a value in one piece is whole at once", () => {
  const { assembly } = setUp();
  expect(seqs(assembly.completed(entry(1), fragment(0, 10)))).toEqual([1]);
  expect(seqs(assembly.add(entry(1), fragment(0, 10))!.whole)).toEqual([1]);
});

test.each([
  ["the first piece of another value", fragment(0, 3)],
  ["a piece that does not follow", fragment(5, 3)],
  ["a piece of a value of another length", fragment(4, 3, 11)],
])("%s ends the one that was under way", (_, next) => {
  const { assembly, dropped } = setUp();
  assembly.add(entry(1), fragment(0, 4));
  assembly.add(entry(2), next);
  expect(dropped()).toBe(next.offset === 0 ? 1 : 2);
  expect(assembly.add(entry(3), fragment(4, 6))).toBeUndefined();
});

test("authors do not disturb each other, and one log has one value under way", () => {
  const { assembly } = setUp();
  assembly.add(entry(1, "a"), fragment(0, 5));
  assembly.add(entry(1, "b"), fragment(0, 5));
  for (let seq = 2; seq < 100; seq++) assembly.add(entry(seq, "c"), fragment(0, 5));
  expect(assembly.size).toBe(3);
  expect(seqs(assembly.add(entry(2, "a"), fragment(5, 5))!.whole)).toEqual([1, 2]);
});

test("what is begun is forgotten with its first piece, and the oldest goes when there are too many", () => {
  const { assembly, dropped } = setUp();
  assembly.add(entry(5), fragment(0, 5));
  const log = { author: "a", incarnation: 1, topic: "t" };
  assembly.forget(log, 5);
  expect(assembly.size).toBe(1);
  assembly.forget(log, 6);
  expect([assembly.size, dropped()]).toEqual([0, 1]);
  for (let i = 0; i <= meshLimits.assembliesMax; i++) assembly.add(entry(1, `author ${i}`), fragment(0, 5));
  expect([assembly.size, dropped()]).toEqual([meshLimits.assembliesMax, 2]);
});

test("any sequence of pieces keeps one value a log, and completes only what is whole", () => {
  const piece = fc.record({
    author: fc.constantFrom("a", "b"),
    offset: fc.nat(3),
    bytes: fc.integer({ min: 1, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { assembly } = setUp();
      for (const [at, { author, offset, bytes }] of pieces.entries()) {
        const added = assembly.add(entry(at + 1, author), fragment(offset, bytes, 4));
        expect(assembly.size).toBeLessThanOrEqual(2);
        if (added?.whole !== undefined) expect(added.bytes).toBe(4);
        if (added !== undefined) expect(added.bytes).toBe(offset + bytes);
      }
    }),
  );
});
