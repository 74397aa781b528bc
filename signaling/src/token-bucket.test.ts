import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

const rate = { perSecond: 10, burst: 20 };

test("gives a burst at once, and then as fast as it is refilled", () => {
  const bucket = new TokenBucket(rate, 0);
  expect(bucket.take(20, 0)).toBe(true);
  expect(bucket.take(1, 0)).toBe(false);
  expect(bucket.take(1, 100)).toBe(true);
  expect(bucket.take(1, 100)).toBe(false);
});

test("never holds more than its burst", () => {
  const bucket = new TokenBucket(rate, 0);
  expect(bucket.take(21, 1_000_000)).toBe(false);
  expect(bucket.isFull(1_000_000)).toBe(true);
});

test("says how long it takes to pay a debt", () => {
  const bucket = new TokenBucket(rate, 0);
  expect(bucket.charge(20, 0)).toBe(0);
  expect(bucket.charge(5, 0)).toBe(500);
  expect(bucket.charge(0, 500)).toBe(0);
});

test("is spent when twice the burst was taken, and owes no more than that", () => {
  const bucket = new TokenBucket(rate, 0);
  bucket.charge(39, 0);
  expect(bucket.spent).toBe(false);
  bucket.charge(1_000_000, 0);
  expect(bucket.spent).toBe(true);
  expect(bucket.charge(0, 0)).toBe(2000);
});

test("takes no notice of a clock that goes back", () => {
  const bucket = new TokenBucket(rate, 1000);
  expect(bucket.take(20, 500)).toBe(true);
  expect(bucket.take(1, 400)).toBe(false);
});
