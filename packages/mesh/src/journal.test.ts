import type { Rumor } from "@grapevine/protocol";
import { expect, test } from "vitest";
import { Journal, formatCursor, parseCursor, type Entry } from "./journal.ts";

function entry(author: string, seq: number, bodyBytes = 1): Entry {
  const rumor = { header: { author, incarnation: 1, seq }, body: new Uint8Array(bodyBytes) } as Rumor;
  return { rumor, id: Uint8Array.of(seq), hops: 0 };
}

const seqs = (found: Iterable<{ entry: Entry }>): number[] => Array.from(found, ({ entry }) => entry.rumor.header.seq);

test("gives what was delivered, in its order, from any position", () => {
  const { full } = new Journal();
  for (let seq = 1; seq <= 5; seq++) expect(full.append(entry("a", seq))).toBe(seq);
  expect(seqs(full.from(0))).toEqual([1, 2, 3, 4, 5]);
  expect(seqs(full.from(4))).toEqual([4, 5]);
  expect(seqs(full.from(6))).toEqual([]);
  expect(full.last).toBe(5);
});

test("leaves out what is forgotten, of that log only, in both orders", () => {
  const journal = new Journal();
  for (const track of [journal.full, journal.live]) {
    for (let seq = 1; seq <= 3; seq++) {
      track.append(entry("a", seq));
      track.append(entry("b", seq * 10));
    }
  }
  journal.forget({ author: "a", incarnation: 1, topic: "t" }, 3);
  expect(seqs(journal.full.from(0))).toEqual([10, 20, 3, 30]);
  expect(seqs(journal.live.from(2))).toEqual([10, 20, 3, 30]);
  expect(seqs(journal.live.from(3))).toEqual([20, 3, 30]);
});

test("an iteration that has begun goes to where the track ended, through growth and sweeps", () => {
  const journal = new Journal();
  for (let seq = 1; seq <= 100; seq++) journal.full.append(entry("a", seq));
  const reading = journal.full.from(0);
  expect(reading.next().value?.position).toBe(1);
  journal.forget({ author: "a", incarnation: 1, topic: "t" }, 100);
  for (let seq = 101; seq <= 5000; seq++) journal.full.append(entry("a", seq));
  expect(seqs(reading)).toEqual([100]);
});

test("what is forgotten does not fill the memory, and positions stay", () => {
  const journal = new Journal();
  for (let seq = 1; seq <= 20_000; seq++) {
    journal.full.append(entry("a", seq, 100));
    journal.forget({ author: "a", incarnation: 1, topic: "t" }, seq - 9);
  }
  expect((journal.full as unknown as { kept: unknown[] }).kept.length).toBeLessThan(1000);
  expect(seqs(journal.full.from(19_999))).toEqual([19_999, 20_000]);
});

test("any number of logs may be forgotten", () => {
  const journal = new Journal();
  for (let i = 0; i < 3000; i++) {
    journal.full.append(entry(`author ${i}`, 1));
    journal.full.append(entry(`author ${i}`, 2));
    journal.forget({ author: `author ${i}`, incarnation: 1, topic: "t" }, 2);
  }
  expect(seqs(journal.full.from(0))).toEqual(Array.from({ length: 3000 }, () => 2));
  expect((journal as unknown as { lows: Map<string, number> }).lows.size).toBeLessThanOrEqual(1024);
});

test("what is appended after a reading was begun is not in it, even before its first step", () => {
  const { full } = new Journal();
  full.append(entry("a", 1));
  const reading = full.from(0);
  full.append(entry("a", 2));
  expect(seqs(reading)).toEqual([1]);
});

test("keeps what earlier runs delivered in their order, and knows those runs", () => {
  const journal = new Journal();
  const [run, before] = [36 ** 3, 36 ** 2];
  journal.past.set([
    { at: { incarnation: run, position: 2 }, entry: entry("a", 4) },
    { at: { incarnation: before, position: 9 }, entry: entry("a", 2) },
    { at: { incarnation: run, position: 1 }, entry: entry("a", 3) },
    { at: { incarnation: before, position: 1 }, entry: entry("a", 1) },
  ]);
  expect(seqs(journal.past.from({ incarnation: 0, position: 0 }))).toEqual([1, 2, 3, 4]);
  expect(seqs(journal.past.from({ incarnation: before, position: 9 }))).toEqual([2, 3, 4]);
  expect(seqs(journal.past.from({ incarnation: run, position: 3 }))).toEqual([]);
  expect([run, before, 5].map((known) => journal.past.knows(known.toString(36)))).toEqual([true, true, false]);
  journal.forget({ author: "a", incarnation: 1, topic: "t" }, 3);
  expect(seqs(journal.past.from({ incarnation: 0, position: 0 }))).toEqual([3, 4]);
});

test("cursors come back as they were made", () => {
  const full = { order: "full", position: 12, index: 99_999 } as const;
  const live = { run: "k2x", place: { order: "live", position: 77, index: 3 }, full } as const;
  expect(parseCursor(formatCursor(live))).toEqual(live);
  expect(parseCursor(formatCursor({ run: "k2x", place: full, full }))).toEqual({ run: "k2x", place: full, full });
});

test.each([
  "",
  "x",
  "k2x.f1",
  "k2x.q1.1",
  "k2x.l1.1",
  "k2x.f-1.0",
  "k2x.f1.0.0.0.0",
  "k2x.f1.999999",
  `k2x.f${"9".repeat(30)}.0`,
])("%j is no cursor", (text) => {
  expect(parseCursor(text)).toBeUndefined();
});
