import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seedClientLimits } from "./seed-client-limits.ts";
import { bytesOf, room } from "./seed-client.testing.ts";
import { SIBLINGS, Siblings } from "./siblings.ts";
import { Broadcasts } from "./siblings.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

const NAME = `grapevine:${"07".repeat(32)}`;
let clock: VirtualClock;
let broadcasts: Broadcasts;
const open: Tab[] = [];

/** One tab, and what it was told. */
interface Tab {
  readonly siblings: Siblings;
  readonly told: unknown[][];
}

beforeEach(() => {
  clock = new VirtualClock();
  broadcasts = new Broadcasts();
});

afterEach(() => {
  for (const { siblings } of open.splice(0)) siblings.close();
});

function tab(card: string, inRoom = room): Tab {
  const told: unknown[][] = [];
  const note =
    (event: string) =>
    (...args: unknown[]): void =>
      void told.push([event, ...args]);
  const events = {
    onUp: note("up"),
    onDown: note("down"),
    onPeers: note("peers"),
    onSignal: note("signal"),
    onGone: note("gone"),
  };
  const siblings = new Siblings({ room: inRoom, events, open: broadcasts.open, clock });
  siblings.announce(bytesOf(card));
  const made = { siblings, told };
  open.push(made);
  return made;
}

const cardsOf = (told: readonly unknown[][]): string[] =>
  told
    .filter(([event]) => event === "peers")
    .flatMap(([, , , peers]) => (peers as { card: Uint8Array }[]).map(({ card }) => Buffer.from(card).toString()));

const seatOf = (told: readonly unknown[][], card: string): string =>
  told
    .filter(([event]) => event === "peers")
    .flatMap(([, , , peers]) => peers as { seat: string; card: Uint8Array }[])
    .find((peer) => Buffer.from(peer.card).toString() === card)!.seat;

async function pass(): Promise<void> {
  await clock.pass(seedClientLimits.siblingsMs);
}

describe("tabs of one origin", () => {
  test("nobody is told anything while seeds serve", async () => {
    const a = tab("a");
    const b = tab("b");
    await pass();
    expect([...a.told, ...b.told]).toEqual([]);
  });

  test("who needs siblings is told of all of them at once, and they of nothing", async () => {
    const [a, b, c] = [tab("a"), tab("b"), tab("c")];
    a.siblings.need(true);
    await pass();
    expect(a.told.map(([event, seed, others]) => [event, seed, others])).toEqual([
      ["up", SIBLINGS, undefined],
      ["peers", SIBLINGS, 2],
    ]);
    expect(cardsOf(a.told).toSorted()).toEqual(["b", "c"]);
    expect([...b.told, ...c.told]).toEqual([]);
  });

  test("signals go to whom they are for, and back", async () => {
    const [a, b, c] = [tab("a"), tab("b"), tab("c")];
    a.siblings.need(true);
    await pass();
    a.siblings.send(SIBLINGS, seatOf(a.told, "b"), bytesOf("hello"));
    await pass();
    const [[event, seed, seat, bytes]] = b.told as [[string, number, string, Uint8Array]];
    expect([event, seed, Buffer.from(bytes).toString()]).toEqual(["signal", SIBLINGS, "hello"]);
    b.siblings.send(SIBLINGS, seat, bytesOf("hello yourself"));
    await pass();
    expect(a.told.at(-1)).toEqual(["signal", SIBLINGS, seatOf(a.told, "b"), bytesOf("hello yourself")]);
    expect(c.told).toEqual([]);
  });

  test("a tab that is opened later is told of, and one that is closed is gone", async () => {
    const a = tab("a");
    a.siblings.need(true);
    await pass();
    expect(a.told).toEqual([]);
    const b = tab("b");
    b.siblings.need(true);
    await pass();
    expect(cardsOf(a.told)).toEqual(["b"]);
    const seat = seatOf(a.told, "b");
    b.siblings.close();
    await pass();
    expect(a.told.at(-1)).toEqual(["gone", SIBLINGS, seat]);
  });

  test("a tab that died without a word is not told of any more once asked again", async () => {
    const [a, b] = [tab("a"), tab("b")];
    broadcasts.post(NAME, { kind: "here", from: "0123456789abcdef", card: bytesOf("dead") });
    a.siblings.need(true);
    await pass();
    expect(cardsOf(a.told).toSorted()).toEqual(["b", "dead"]);
    a.told.length = 0;
    a.siblings.ask();
    await pass();
    expect(cardsOf(a.told)).toEqual(["b"]);
    expect(b.told).toEqual([]);
  });

  test("when a seed is back, siblings are down", async () => {
    const a = tab("a");
    tab("b");
    a.siblings.need(true);
    await pass();
    a.siblings.need(false);
    expect(a.told.at(-1)).toEqual(["down", SIBLINGS]);
    a.siblings.need(true);
    await pass();
    expect(a.told.filter(([event]) => event === "up")).toHaveLength(2);
  });

  test("a paused tab neither answers nor is told of, and comes back", async () => {
    const [a, b] = [tab("a"), tab("b")];
    b.siblings.pause();
    a.siblings.need(true);
    await pass();
    expect(a.told).toEqual([]);
    b.siblings.resume();
    a.siblings.ask();
    await pass();
    expect(cardsOf(a.told)).toEqual(["b"]);
  });

  test("rooms do not hear of each other", async () => {
    const a = tab("a");
    tab("b", new Uint8Array(32).fill(8));
    a.siblings.need(true);
    await pass();
    expect(a.told).toEqual([]);
  });

  test("whatever else is said on the channel is passed over", async () => {
    const a = tab("a");
    a.siblings.need(true);
    const from = "0123456789abcdef";
    const huge = new Uint8Array(40_000);
    for (const message of [
      undefined,
      null,
      7,
      "here",
      {},
      { kind: "here" },
      { kind: "here", from: "short", card: bytesOf("x") },
      { kind: "here", from, card: "text" },
      { kind: "here", from, card: huge },
      { kind: "here", from, to: 7, card: bytesOf("x") },
      { kind: "signal", from, bytes: bytesOf("to nobody") },
      { kind: "signal", from, to: from, bytes: bytesOf("to another") },
      { kind: "gone", from: 1 },
      { kind: "else", from },
    ]) {
      broadcasts.post(NAME, message);
    }
    await pass();
    expect(a.told).toEqual([]);
  });

  test("no more siblings are kept than the limit, the latest", async () => {
    const a = tab("a");
    a.siblings.need(true);
    for (let i = 0; i < 2 * seedClientLimits.siblingsMax; i++) {
      broadcasts.post(NAME, { kind: "here", from: i.toString(16).padStart(16, "0"), card: bytesOf(String(i)) });
    }
    await pass();
    expect(a.told.at(-1)?.[2]).toBe(seedClientLimits.siblingsMax);
    expect(cardsOf(a.told)).toContain(String(2 * seedClientLimits.siblingsMax - 1));
  });
});
