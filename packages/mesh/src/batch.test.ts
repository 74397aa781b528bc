import { expect, test } from "vitest";
import { BATCH_BYTES, ITEM_BYTES, decodeBatch, decodeFragment, encodeBatch, encodeFragment } from "./batch.ts";
import { meshLimits } from "./limits.ts";

const value = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

test("comes back as it was", () => {
  const items = [
    { value: value(1, 2, 3), ageMs: 0 },
    { value: value(), ageMs: 7 },
    { value: new Uint8Array(70_000).fill(9), ageMs: 60_000 },
  ];
  expect(decodeBatch(encodeBatch(items))).toEqual(items);
});

test("has the bytes that the grammar says", () => {
  expect(encodeBatch([{ value: value(0xaa), ageMs: 200 }])).toEqual(value(1, 1, 0xc8, 0x01, 1, 0xaa));
});

test("is never larger than its parts were counted to be", () => {
  const items = Array.from({ length: meshLimits.batchMessagesMax }, () => ({ value: value(1), ageMs: 60_000 }));
  expect(encodeBatch(items).length).toBeLessThanOrEqual(BATCH_BYTES + items.length * (1 + ITEM_BYTES));
  expect(decodeBatch(encodeBatch(items))).toHaveLength(items.length);
});

test("a clock that jumped makes no absurd ages", () => {
  expect(decodeBatch(encodeBatch([{ value: value(1), ageMs: -5 }]))?.[0]?.ageMs).toBe(0);
  expect(decodeBatch(encodeBatch([{ value: value(1), ageMs: 1e12 }]))?.[0]?.ageMs).toBe(60_000);
});

test.each([
  ["nothing", value()],
  ["another format", value(2, 1, 0, 0)],
  ["no message", value(1, 0)],
  ["a message cut short", value(1, 1, 0, 3, 1)],
  ["fewer messages than it says", value(1, 2, 0, 1, 1)],
  ["more than it says", value(1, 1, 0, 1, 1, 1)],
  ["more messages than a rumor may hold", value(1, 0x81, 0x20, 0, 0)],
  ["an age beyond the greatest", value(1, 1, 0xff, 0xff, 0x7f, 0)],
])("%s is no batch", (_, bytes) => {
  expect(decodeBatch(bytes)).toBeUndefined();
});

test("a piece of a large value comes back as it was, in the bytes that the grammar says", () => {
  const fragment = { piece: value(0xaa, 0xbb), offset: 200, bytesTotal: 300, ageMs: 5 };
  const bytes = encodeFragment(fragment);
  expect(bytes).toEqual(value(2, 5, 0xac, 0x02, 0xc8, 0x01, 2, 0xaa, 0xbb));
  expect(decodeFragment(bytes)).toEqual(fragment);
  expect(decodeBatch(bytes)).toBeUndefined();
});

test.each([
  ["a batch", value(1, 1, 0, 0)],
  ["an empty piece", value(2, 0, 5, 0, 0)],
  ["a piece beyond the value's end", value(2, 0, 5, 4, 2, 1, 1)],
  ["a value larger than any may be", value(2, 0, 0x85, 0x80, 0x40, 0, 1, 1)],
  ["a piece cut short", value(2, 0, 5, 0, 3, 1)],
  ["more than it says", value(2, 0, 5, 0, 1, 1, 1)],
])("%s is no piece", (_, bytes) => {
  expect(decodeFragment(bytes)).toBeUndefined();
});
