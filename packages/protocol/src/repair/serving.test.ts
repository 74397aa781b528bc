import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, TOPIC, TestRumors } from "../rumors/rumors.testing.ts";
import type { LogId, Range, Rumor } from "../types.ts";
import type { WantFrame } from "../wire/frames.ts";

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

/** What was sent, as it was packed: [author, first, last]. */
function pieces(peer: TestRumors, link = 1): [LogId["author"], number, number][] {
  return peer.tray.frames.flatMap(({ link: to, frame }): [string, number, number][] => {
    if (to !== link) return [];
    if (frame.kind === "segment") return [[frame.log.author, frame.first, frame.first + frame.entries.length - 1]];
    if (frame.kind !== "rumor") return [];
    const { author, seq } = frame.rumor.header;
    return [[author, seq, seq]];
  });
}

const seqs = (peer: TestRumors, link = 1): number[] =>
  pieces(peer, link).flatMap(([, from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

describe("a want", () => {
  it("is answered with what is held of it, log by log, each from its newest on, in segments", () => {
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
    expect(pieces(peer)).toEqual([
      [one.id, 5, 6],
      [one.id, 2, 3],
      [two.id, 1, 2],
    ]);
    expect(peer.sent("segment", 1).every(({ hops }) => hops === 2)).toBe(true);
    expect(peer.tray.frames.every(({ traffic }) => traffic === "repair")).toBe(true);
    expect(pieces(peer, 2)).toEqual([]);
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
    expect(seqs(peer)).toEqual([8, 7, 6, 5]);
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
      expect(seqs(peer).length * big).toBeLessThanOrEqual(budget * 1.3 + limits.repairBytesMax * 4);
      expect(seqs(peer).length * big).toBeGreaterThan(budget * 0.8);
    }
    expect(peer.rumors.state.repair!.serving.links.get(1)!.queue.length).toBeLessThanOrEqual(limits.wantsQueuedMax);
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

it("serves nothing of a topic nobody wrote in", () => {
  const peer = server();
  peer.receive(1, {
    kind: "want",
    round: 0,
    wants: [{ log: { author: new Author(1).id, incarnation: 0, topic: TOPIC }, ranges: [[1, 9]] }],
  });
  expect(peer.sent("rumor")).toEqual([]);
});
