import { describe, expect, it } from "vitest";
import { DEFAULT_TUNING } from "../config.ts";
import { Author, TestRumors, frameOf } from "../rumors/rumors.testing.ts";
import type { Range } from "../types.ts";

const { gapFetchMs } = DEFAULT_TUNING;

function peerWith(...links: readonly number[]): TestRumors {
  // Rounds are far off, so that only holes ask.
  const peer = new TestRumors(0, { repairPeriodMs: 1_000_000 });
  peer.linkUp(...links);
  peer.pass(2_000);
  peer.forget();
  return peer;
}

function wanted(peer: TestRumors): [number, readonly Range[]][] {
  return peer.tray.frames.flatMap(({ link, frame }): [number, readonly Range[]][] =>
    frame.kind === "want" ? [[link, frame.wants[0]!.ranges]] : [],
  );
}

describe("a hole", () => {
  it("is waited on a little, then asked of the link that brought what is behind it", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumors = author.writeMany(6);
    peer.take([rumors[0]!, rumors[4]!], 2);
    peer.pass(gapFetchMs - 1);
    expect(wanted(peer)).toEqual([]);
    peer.take([rumors[2]!], 1);
    peer.pass(1);
    expect(wanted(peer)).toEqual([[2, [[4, 4]]]]);
    peer.take([rumors[3]!], 2, true);
    peer.pass(1_000);
    expect(wanted(peer).slice(1)).toEqual([[2, [[2, 2]]]]);
  });

  it("that closes by itself is asked of nobody", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumors = author.writeMany(3);
    peer.take([rumors[0]!, rumors[2]!, rumors[1]!]);
    peer.pass(10_000);
    expect(wanted(peer)).toEqual([]);
    expect(peer.rumors.state.repair!.holes.holes.size).toBe(0);
  });

  it("is asked of others in turn, and then left to the rounds", () => {
    const [peer, author] = [peerWith(1, 2, 3, 4), new Author(1)];
    peer.take([author.write(), author.writeMany(2)[1]!], 3);
    peer.pass(10_000);
    const links = wanted(peer).map(([link]) => link);
    expect(links[0]).toBe(3);
    expect(new Set(links).size).toBe(3);
    expect([peer.rumors.state.repair!.holes.holes.size, peer.rumors.state.repair!.fetch.singles.size]).toEqual([0, 0]);
  });

  it("that is large has its end asked for, and a round begun for the rest", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    const rumors = author.writeMany(100);
    peer.take([rumors[99]!]);
    peer.pass(gapFetchMs);
    expect(wanted(peer)).toEqual([[1, [[84, 99]]]]);
    expect(peer.sent("digest")).toMatchObject([{ beforeMs: 0 }]);
  });

  it("is not asked for where the missing are being verified", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumors = author.writeMany(3);
    for (const rumor of rumors) peer.receive(1, frameOf(rumor));
    peer.answer(peer.unanswered.pop()!);
    peer.rumors.onDeadline({ nowMs: peer.now.nowMs + gapFetchMs, meshMs: peer.now.meshMs + gapFetchMs }, peer.tray);
    expect(wanted(peer)).toEqual([]);
    peer.settle();
  });

  it("below the log's low is none", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    author.writeMany(4);
    peer.take([author.write({ low: 5 })]);
    peer.pass(10_000);
    expect(wanted(peer)).toEqual([]);
  });
});
