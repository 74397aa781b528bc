import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, TOPIC, TestRumors } from "../rumors.testing.ts";
import type { LogId, Range, Rumor } from "../types.ts";
import type { WantFrame } from "../wire/frames.ts";
import { inTurns } from "./serving.ts";

function logOf({ id, incarnation, topic }: Author): LogId {
  return { author: id, incarnation, topic };
}

function want(...wants: readonly [Author, readonly Range[]][]): WantFrame {
  return { kind: "want", round: 0, wants: wants.map(([author, ranges]) => ({ log: logOf(author), ranges })) };
}

/** Holds what the authors wrote; asked by link 1. */
function server(...rumors: readonly Rumor[]): TestRumors {
  const peer = new TestRumors();
  peer.linkUp(9);
  peer.take(rumors, 9);
  peer.rumors.onLinkDown(9, peer.now, peer.tray);
  peer.linkUp(1, 2);
  return peer;
}

const seqs = (peer: TestRumors, link = 1): number[] => peer.sent("rumor", link).map(({ rumor }) => rumor.header.seq);

describe("a want", () => {
  it("is answered with what is held of it, each log in order, the logs in turns", () => {
    const [one, two] = [new Author(1), new Author(2)];
    const peer = server(...one.writeMany(6), ...two.writeMany(3));
    peer.receive(
      1,
      want(
        [
          one,
          [
            [2, 3],
            [5, 9],
          ],
        ],
        [two, [[1, 2]]],
        [new Author(3), [[1, 5]]],
      ),
    );
    expect(
      peer.sent("rumor", 1).map(({ rumor }) => [rumor.header.author === one.id ? 1 : 2, rumor.header.seq]),
    ).toEqual([
      [1, 2],
      [2, 1],
      [1, 3],
      [2, 2],
      [1, 5],
      [1, 6],
    ]);
    expect(peer.sent("rumor", 1).every(({ repair, hops }) => repair && hops === 2)).toBe(true);
    expect(peer.tray.frames.every(({ traffic }) => traffic === "repair")).toBe(true);
    expect(peer.sent("rumor", 2)).toEqual([]);
  });

  it("is answered up to a number of rumors", () => {
    const author = new Author(1);
    const peer = server(...author.writeMany(limits.wantRumorsMax + 10));
    peer.receive(1, want([author, [[1, Number.MAX_SAFE_INTEGER]]]));
    peer.pass(100);
    expect(seqs(peer)).toHaveLength(limits.wantRumorsMax);
  });

  it("is answered up to a number of bytes, and the one that crosses it is the last", () => {
    const author = new Author(1);
    const bytes = limits.repairBytesMax / 4;
    const peer = server(...Array.from({ length: 8 }, () => author.write({}, new Uint8Array(bytes))));
    peer.receive(1, want([author, [[1, 8]]]));
    peer.pass(100);
    expect(seqs(peer)).toEqual([1, 2, 3, 4]);
  });

  it("costs a link no more than its share a second, and waits", () => {
    const author = new Author(1);
    const big = limits.rumorBodyBytesMax;
    const peer = server(author.write({}, new Uint8Array(big)), author.write({}, new Uint8Array(big)));
    const budget = limits.repairBytesPerSecondMax;
    for (let second = 0; second < 3; second++) {
      peer.forget();
      for (let i = 0; i < 100; i++) {
        peer.receive(1, want([author, [[1, 2]]]));
        peer.pass(10);
      }
      expect(seqs(peer).length * big).toBeLessThanOrEqual(budget + limits.repairBytesMax * 4);
      expect(seqs(peer).length * big).toBeGreaterThan(budget * 0.8);
    }
    expect(peer.rumors.state.serving.links.get(1)!.queue.length).toBeLessThanOrEqual(limits.wantsQueuedMax);
    peer.receive(2, want([author, [[1, 1]]]));
    expect(seqs(peer, 2)).toEqual([1]);
  });

  it("waits while the link is not writable", () => {
    const author = new Author(1);
    const peer = server(...author.writeMany(2));
    peer.rumors.onWritable(1, false);
    peer.receive(1, want([author, [[1, 2]]]));
    peer.pass(1_000);
    expect(seqs(peer)).toEqual([]);
    peer.rumors.onWritable(1, true);
    expect(peer.rumors.deadlineMs).toBeLessThanOrEqual(peer.now.nowMs);
    peer.pass(1);
    expect(seqs(peer)).toEqual([1, 2]);
  });
});

describe("turns", () => {
  it("take one of each list until all are through", () => {
    expect([
      ...inTurns([
        [[1, 2]],
        [],
        [
          [5, 5],
          [7, 8],
        ],
      ]),
    ]).toEqual([
      [0, 1],
      [2, 5],
      [0, 2],
      [2, 7],
      [2, 8],
    ]);
    expect([...inTurns([])]).toEqual([]);
  });
});

it("serves nothing of a topic nobody wrote in", () => {
  const peer = server();
  peer.receive(1, {
    kind: "want",
    round: 0,
    wants: [{ log: { author: new Author(1).id, incarnation: 0, topic: TOPIC }, ranges: [[1, 9]] }],
  });
  expect(peer.sent("rumor")).toEqual([]);
});
