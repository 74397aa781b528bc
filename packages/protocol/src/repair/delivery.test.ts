import { describe, expect, it } from "vitest";
import { Author, KEEP_ALL, START_MS, TOPIC, TestRumors, at } from "../rumors/rumors.testing.ts";
import type { Rumor } from "../types.ts";

const GAP_MS = 30_000;

/** A subscriber since second 10, with two neighbors. */
function subscriber(): TestRumors {
  const peer = new TestRumors();
  peer.now = at(10_000);
  peer.rumors.onSubscribe(TOPIC, peer.now);
  peer.linkUp(1, 2);
  return peer;
}

/** Written before the subscriber was there: one rumor a second, from 0 on. */
function old(author: Author, count: number): Rumor[] {
  return Array.from({ length: count }, (_, i) => author.write({ timeMs: START_MS + i * 1_000 }));
}

/** Written while it is there. */
function news(author: Author, count: number, change: Partial<Rumor["header"]> = {}): Rumor[] {
  return Array.from({ length: count }, () =>
    author.write({ timeMs: START_MS + 10_000 + author.written.length, ...change }),
  );
}

describe("a subscriber", () => {
  it("gets what is written from now on, once for both orders", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    peer.take(news(author, 3));
    expect(peer.delivered).toEqual(["1:both", "2:both", "3:both"]);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor.header.seq)).toEqual([1, 2, 3]);
  });

  it("gets one author's rumors in order, however they arrive", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    const [a, b, c, d] = news(author, 4);
    peer.take([c!, b!, d!]);
    expect(peer.delivered).toEqual([]);
    peer.take([a!, b!]);
    expect(peer.delivered).toEqual(["1:both", "2:both", "3:both", "4:both"]);
    expect(peer.gaps).toEqual([]);
  });

  it("does not wait for history: live begins with the first news, history follows", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    const past = old(author, 5);
    const [six, seven] = news(author, 2);
    peer.take([six!]);
    expect(peer.delivered).toEqual([]);
    peer.take([past[4]!], 1, true);
    expect(peer.delivered).toEqual(["6:live"]);
    peer.take(past.slice(0, 3), 1, true);
    expect(peer.delivered.slice(1)).toEqual(["1:history", "2:history", "3:history"]);
    peer.take([seven!]);
    peer.take([past[3]!], 1, true);
    expect(peer.delivered.slice(4)).toEqual(["7:live", "4:history", "5:history", "6:history", "7:history"]);
    peer.take(news(author, 1));
    expect(peer.delivered.slice(9)).toEqual(["8:both"]);
  });

  it("takes what is repaired by its stamp, and what is being spread for news", () => {
    const [peer, author, other] = [subscriber(), new Author(1), new Author(2)];
    peer.take(old(author, 2), 1, true);
    peer.take(old(other, 2), 1, false);
    expect(peer.delivered).toEqual(["1:history", "2:history", "1:both", "2:both"]);
  });

  it("does not take for news what is old, though it be spread", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    peer.take([author.write({ timeMs: START_MS - 60_000 })]);
    expect(peer.delivered).toEqual(["1:history"]);
  });

  it("finds its start by mesh time as it is known now, not as it was", () => {
    const peer = new TestRumors();
    peer.linkUp(1);
    // Subscribed by a clock that is a day ahead, and set right since.
    peer.rumors.onSubscribe(TOPIC, { nowMs: 0, meshMs: START_MS + 86_400_000 });
    peer.now = at(5_000);
    peer.take([new Author(1).write({ timeMs: START_MS + 4_000 })], 1, true);
    expect(peer.delivered).toEqual(["1:both"]);
  });

  it("gets its own rumors at once", () => {
    const peer = subscriber();
    peer.publish();
    peer.publish();
    peer.settle();
    expect(peer.delivered).toEqual(["1:both", "2:both"]);
    expect(peer.effects("deliver").map(({ hops }) => hops)).toEqual([0, 0]);
  });

  it("gets nothing of other topics, nor after it has left", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    peer.take(news(new Author(1, START_MS, "0b".repeat(16)), 2));
    peer.take(news(author, 1));
    peer.rumors.onUnsubscribe(TOPIC);
    peer.take(news(author, 1));
    expect(peer.delivered).toEqual(["1:both"]);
    expect(peer.rumors.retained(TOPIC)).toEqual([]);
  });

  it("gets from `retained` what was there before, and what comes after by effects, without gap or repeat", () => {
    const [peer, author, other] = [new TestRumors(), new Author(1), new Author(2)];
    peer.linkUp(1);
    const rumors = old(author, 6);
    peer.take([rumors[0]!, rumors[1]!, rumors[4]!], 1, true);
    peer.take(old(other, 3), 1, true);
    peer.now = at(10_000);
    peer.rumors.onSubscribe(TOPIC, peer.now);
    expect(peer.delivered).toEqual([]);
    const read = peer.rumors.retained(TOPIC).map(({ rumor }) => rumor);
    expect(read.map(({ header }) => header.timeMs - START_MS)).toEqual([0, 0, 1_000, 1_000, 2_000]);
    peer.take([rumors[5]!, rumors[3]!, rumors[2]!], 1, true);
    read.push(...peer.effects("deliver").flatMap(({ rumor, stream }) => (stream === "live" ? [] : [rumor])));
    expect(read.filter(({ header }) => header.author === author.id).map(({ header }) => header.seq)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(read).toHaveLength(9);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor)).toEqual(read);
  });

  it("starts anew when it comes back", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    peer.take(news(author, 2));
    peer.rumors.onUnsubscribe(TOPIC);
    peer.take(news(author, 1));
    peer.now = at(20_000);
    peer.rumors.onSubscribe(TOPIC, peer.now);
    expect(peer.rumors.retained(TOPIC)).toHaveLength(3);
    peer.take([author.write({ timeMs: START_MS + 20_001 })]);
    expect(peer.delivered).toEqual(["1:both", "2:both", "4:both"]);
  });
});

describe("a gap", () => {
  it("is announced once and passed when nobody fills it in time", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    const rumors = news(author, 6);
    peer.take([rumors[0]!, rumors[3]!]);
    peer.pass(GAP_MS - 1);
    expect([peer.delivered, peer.gaps]).toEqual([["1:both"], []]);
    peer.pass(1);
    expect([peer.delivered, peer.gaps]).toEqual([["1:both", "4:both"], ["2-3"]]);
    peer.take([rumors[1]!, rumors[4]!]);
    expect([peer.delivered.slice(2), peer.gaps]).toEqual([["5:both"], ["2-3"]]);
  });

  it("is waited for as long as it is being filled", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    const rumors = news(author, 8);
    peer.take([rumors[7]!]);
    for (const rumor of rumors.slice(1, 7).toReversed()) {
      peer.pass(GAP_MS - 1);
      peer.take([rumor]);
    }
    expect(peer.gaps).toEqual([]);
    peer.take([rumors[0]!]);
    expect(peer.delivered).toHaveLength(8);
  });

  it("before the first news is passed without a word by live, and announced by the full order", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    const past = old(author, 4);
    const [five] = news(author, 1);
    peer.take([past[0]!], 1, true);
    peer.pass(1_000);
    peer.take([five!]);
    peer.pass(10_000);
    peer.take([past[2]!], 1, true);
    peer.pass(GAP_MS - 10_000);
    expect([peer.delivered, peer.gaps]).toEqual([["1:history", "5:live"], []]);
    peer.pass(10_000);
    expect(peer.delivered.slice(2)).toEqual(["3:history"]);
    expect(peer.gaps).toEqual(["2-2"]);
    peer.take([past[3]!], 1, true);
    expect(peer.delivered.slice(3)).toEqual(["4:history", "5:history"]);
  });

  it("that live has passed is not waited for again, but what came of it since is history", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    const past = old(author, 3);
    const rumors = news(author, 4);
    peer.take([past[2]!], 1, true);
    peer.take([rumors[0]!, rumors[3]!]);
    // The full order is being filled at its own hole, and so waits on.
    peer.pass(GAP_MS - 1);
    peer.take([past[1]!], 1, true);
    peer.pass(1);
    expect([peer.delivered, peer.gaps]).toEqual([["4:live", "7:live"], ["5-6"]]);
    peer.take([rumors[1]!], 1, true);
    peer.take([past[0]!], 1, true);
    expect(peer.delivered.slice(2)).toEqual([
      "1:history",
      "2:history",
      "3:history",
      "4:history",
      "5:history",
      "7:history",
    ]);
    expect(peer.gaps).toEqual(["5-6"]);
  });

  it("that its author has given up is passed at once, and what was held behind it is delivered before it goes", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    const rumors = [...news(author, 5), ...news(author, 1, { low: 5 })];
    peer.take([rumors[0]!, rumors[2]!, rumors[5]!]);
    expect(peer.delivered).toEqual(["1:both", "3:both"]);
    expect(peer.gaps).toEqual(["2-2", "4-4"]);
    peer.take([rumors[4]!]);
    expect(peer.delivered.slice(2)).toEqual(["5:both", "6:both"]);
  });

  it("in an old log's forgotten beginning is none", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    old(author, 50);
    peer.take(news(author, 2, { low: 51 }));
    expect([peer.delivered, peer.gaps]).toEqual([["51:both", "52:both"], []]);
  });

  it("at the beginning of a log that expires is short and silent", () => {
    const [peer, author] = [subscriber(), new Author(1)];
    const past = Array.from({ length: 3 }, (_, i) =>
      author.write({ timeMs: START_MS + i, expiryMs: START_MS + 60_000 + i }),
    );
    peer.take([past[2]!], 1, true);
    peer.pass(5_000);
    expect([peer.delivered, peer.gaps]).toEqual([["3:history"], []]);
  });

  it("is said of the rumors that we were there for and came too late to get", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    news(author, 4);
    peer.take(news(author, 1, { low: 5 }));
    expect([peer.delivered, peer.gaps]).toEqual([["5:both"], ["1-4"]]);
  });
});

describe("a withdrawn rumor", () => {
  it("is not delivered, nor retained", () => {
    const [peer, author] = [subscriber(), new Author(1, START_MS + 10_000)];
    const rumors = news(author, 4);
    peer.take([rumors[0]!, rumors[1]!, author.fork(rumors[1]!), rumors[2]!]);
    peer.pass(GAP_MS * 2);
    expect([peer.delivered, peer.gaps]).toEqual([["1:both", "2:both"], []]);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor.header.seq)).toEqual([1]);
  });
});

describe("retention of own rumors", () => {
  it("does not take away what a subscriber has not had", () => {
    const peer = subscriber();
    for (let i = 0; i < 5; i++) peer.publish(new Uint8Array([i]), { ...KEEP_ALL, countMax: 1 });
    peer.settle();
    expect(peer.delivered).toEqual(["1:both", "2:both", "3:both", "4:both", "5:both"]);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor.header.seq)).toEqual([5]);
  });
});
