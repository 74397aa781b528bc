import { describe, expect, it } from "vitest";
import { at } from "../room.testing.ts";
import { MapFetch } from "./map-fetch.ts";

const ALONE_MS = 700;
const PROMISE_MS = 10_000;

/** Everything offered is lacking, but for what is held. */
function lackingBut(...held: readonly number[]): (round: number, ids: readonly number[]) => readonly number[] {
  return (_, ids) => ids.filter((_, i) => !held.includes(ids[i | 1]!));
}

function fetchOf(...links: readonly number[]): MapFetch {
  const fetch = new MapFetch();
  for (const link of links) fetch.onLinkUp(link);
  return fetch;
}

/** Short ids of numbered entries. */
function ids(...numbers: readonly number[]): number[] {
  return numbers.flatMap((number) => [0, number]);
}

function ask(fetch: MapFetch, atMs: number, ...held: readonly number[]): [number, number[]] | undefined {
  const next = fetch.next(lackingBut(...held), at(atMs));
  return next && [next.link, [...next.frame.ids].filter((_, i) => i % 2 === 1)];
}

describe("entries that neighbors offer", () => {
  it("are asked for as far as they are lacking", () => {
    const fetch = fetchOf(1);
    fetch.offer(1, 5, ids(1, 2, 3));
    expect(ask(fetch, 0, 2)).toEqual([1, [1, 3]]);
    expect(ask(fetch, 0)).toBeUndefined();
  });

  it("are asked of one neighbor at a time, and of the next what is still lacking when that one has delivered", () => {
    const fetch = fetchOf(1, 2);
    fetch.offer(1, 5, ids(1, 2));
    fetch.offer(2, 6, ids(1, 3));
    expect(ask(fetch, 0)).toEqual([1, [1, 2]]);
    expect(ask(fetch, 10)).toBeUndefined();
    fetch.onGain(1, at(20));
    expect([fetch.onArrival(1, at(20)), fetch.onArrival(1, at(20))]).toEqual([false, true]);
    expect(ask(fetch, 30, 1, 2)).toBeUndefined();
    expect(ask(fetch, fetch.deadlineMs, 1, 2)).toEqual([2, [3]]);
    expect(fetch.promisesOf(1)).toEqual({ kept: 1, broken: 0 });
  });

  it("are asked of another when nothing has come for some round trips, and still count when they come late", () => {
    const fetch = fetchOf(1, 2);
    fetch.offer(1, 5, ids(1));
    fetch.offer(2, 6, ids(7));
    expect(ask(fetch, 0)).toEqual([1, [1]]);
    expect(fetch.deadlineMs).toBe(ALONE_MS);
    expect(ask(fetch, ALONE_MS)).toEqual([2, [7]]);
    fetch.onGain(1, at(5_000));
    fetch.onArrival(1, at(5_000));
    fetch.onDeadline(at(2 * PROMISE_MS));
    expect([fetch.promisesOf(1), fetch.promisesOf(2)]).toEqual([
      { kept: 1, broken: 0 },
      { kept: 0, broken: 1 },
    ]);
  });

  it("are asked of another as well, while one sends what is no news again and again", () => {
    const fetch = fetchOf(1, 2);
    fetch.offer(1, 5, ids(...Array.from({ length: 100 }, (_, i) => i)));
    fetch.offer(2, 6, ids(7));
    ask(fetch, 0);
    for (let nowMs = 0; nowMs < ALONE_MS; nowMs += 100) {
      expect(ask(fetch, nowMs)).toBeUndefined();
      fetch.onArrival(1, at(nowMs));
    }
    expect(ask(fetch, ALONE_MS)).toEqual([2, [7]]);
  });

  it("at the end of a route are asked for at once, and hold up no neighbor", () => {
    const fetch = fetchOf(1, 2, -1);
    fetch.offer(1, 5, ids(1));
    fetch.offer(-1, 6, ids(1));
    expect([ask(fetch, 0), ask(fetch, 0)]).toEqual([
      [1, [1]],
      [-1, [1]],
    ]);
    fetch.offer(2, 7, ids(1));
    fetch.onLinkDown(1);
    expect(ask(fetch, 1)).toEqual([2, [1]]);
  });

  it("and never deliver, are a promise broken, asked for more and more rarely", () => {
    const fetch = fetchOf(1);
    const askedMs: number[] = [];
    for (let nowMs = 0; nowMs < 400_000; nowMs += 500) {
      fetch.onDeadline(at(nowMs));
      fetch.offer(1, nowMs, ids(nowMs));
      if (ask(fetch, nowMs) !== undefined) askedMs.push(nowMs);
    }
    const pauses = askedMs.slice(1).map((atMs, i) => atMs - askedMs[i]!);
    expect(pauses.every((pause, i) => pause >= (pauses[i - 1] ?? 0))).toBe(true);
    expect([pauses[0]! > PROMISE_MS, pauses.at(-1)! >= 60_000]).toEqual([true, true]);
    expect(fetch.promisesOf(1)).toEqual({ kept: 0, broken: askedMs.length });
  });

  it("in several words of one round are asked for at once", () => {
    const fetch = fetchOf(1);
    fetch.offer(1, 5, ids(1));
    expect(ask(fetch, 0)).toEqual([1, [1]]);
    fetch.offer(1, 5, ids(2));
    expect(ask(fetch, 1)).toEqual([1, [2]]);
    expect(fetch.isOwing(1)).toBe(true);
    fetch.onArrival(1, at(2));
    fetch.onArrival(1, at(2));
    expect(fetch.isOwing(1)).toBe(false);
  });

  it("are forgotten with the link, and nobody waits for them", () => {
    const fetch = fetchOf(1, 2);
    fetch.offer(1, 5, ids(1));
    ask(fetch, 0);
    fetch.offer(2, 6, ids(1));
    fetch.onLinkDown(1);
    expect(ask(fetch, 1)).toEqual([2, [1]]);
  });
});
