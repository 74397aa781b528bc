import { describe, expect, it } from "vitest";
import { DEFAULT_TUNING } from "../config.ts";
import { limits } from "../limits.ts";
import { Author, Crowd, START_MS, TestRumors, at, frameOf } from "../rumors/rumors.testing.ts";
import type { Rumor } from "../types.ts";
import type { DigestFrame, HaveFrame } from "../wire/frames.ts";

/** Hand in rumors from outside the crowd. */
function give(peer: TestRumors, rumors: readonly Rumor[]): void {
  peer.linkUp(900);
  peer.take(rumors, 900, true);
  peer.rumors.onLinkDown(900, peer.now, peer.tray);
}

function digests(crowd: Crowd): number {
  return new Set(crowd.peers.map(({ rumors }) => rumors.digest().join())).size;
}

describe("a round", () => {
  it("begins as soon as a link is up, and brings both sides to the same", () => {
    const crowd = new Crowd(2, 1);
    give(crowd.peers[0]!, [...new Author(11).writeMany(5), ...new Author(12).writeMany(3)]);
    give(crowd.peers[1]!, [...new Author(13).writeMany(4)]);
    crowd.link(0, 1);
    crowd.pass(100);
    expect(digests(crowd)).toBe(1);
    expect(crowd.peers[0]!.rumors.counts().rumors).toBe(12);
    // One of the two began; a digest, two pages of logs, two wants and a segment of each log.
    expect(crowd.frames).toBe(1 + 2 + 2 + 3);
    // And one more to make sure, by whoever is first: the other need not.
    crowd.pass(900);
    expect(crowd.frames).toBe(1 + 2 + 2 + 3 + 1);
  });

  it("that differs in nothing costs one frame", () => {
    const crowd = new Crowd(2, 1);
    for (const peer of crowd.peers) give(peer, new Author(11).writeMany(5));
    crowd.link(0, 1);
    crowd.pass(550);
    expect(crowd.frames).toBe(1);
    crowd.pass(60_000);
    const rounds = crowd.peers.map(({ rumors }) => rumors.counts().rounds);
    expect(crowd.frames).toBe(rounds[0]! + rounds[1]!);
    expect(crowd.peers.map(({ rumors }) => rumors.counts().roundsDiffered)).toEqual([0, 0]);
    for (const count of rounds) {
      expect(count).toBeGreaterThanOrEqual(60_000 / (DEFAULT_TUNING.repairPeriodMs * 1.2));
      expect(count).toBeLessThanOrEqual(60_000 / (DEFAULT_TUNING.repairPeriodMs * 0.8) + 2);
    }
  });

  it("comes by itself, and finds what a link has missed", () => {
    const crowd = new Crowd(2, 1);
    crowd.link(0, 1);
    crowd.pass(1_000);
    give(crowd.peers[0]!, [new Author(11).write({ timeMs: START_MS - 60_000 })]);
    crowd.calm();
    expect(digests(crowd)).toBe(2);
    crowd.pass(DEFAULT_TUNING.repairPeriodMs * 1.2);
    expect(digests(crowd)).toBe(1);
  });

  it("leaves alone what may still be on its way", () => {
    // A tree would announce the young one, and it would be grafted.
    const crowd = new Crowd(2, 1, { spreading: "flood" });
    crowd.link(0, 1);
    crowd.pass(10_000);
    // Held by one of them, and young: nothing is said of it until it has settled.
    const old = new Author(11).write({ timeMs: START_MS - 60_000 });
    const young = new Author(12).write({ timeMs: START_MS + 10_000 });
    for (const peer of crowd.peers) give(peer, [old]);
    give(crowd.peers[0]!, [young]);
    for (const { frame, link } of crowd.peers[0]!.tray.frames.splice(0)) {
      if (frame.kind !== "rumor") crowd.peers[0]!.tray.frames.push({ frame, link, traffic: "control" });
    }
    crowd.pass(3_000);
    expect([digests(crowd), crowd.peers[1]!.rumors.counts().roundsDiffered]).toEqual([2, 0]);
    crowd.pass(5_000);
    expect(digests(crowd)).toBe(1);
  });

  it("follows at once on a link that could not be written to, when it can", () => {
    const crowd = new Crowd(2, 1);
    crowd.link(0, 1);
    crowd.pass(1_000);
    crowd.setWritable(false);
    crowd.peers[0]!.publish();
    crowd.pass(500);
    expect(digests(crowd)).toBe(2);
    crowd.setWritable(true);
    crowd.pass(1);
    expect(digests(crowd)).toBe(1);
  });

  it("tells thousands of logs a budget at a time", () => {
    const crowd = new Crowd(2, 1);
    const authors = Array.from({ length: limits.logsMax * 2 + 50 }, (_, i) => new Author(1_000 + i).write());
    give(
      crowd.peers[0]!,
      authors.filter((_, i) => i % 2 === 0),
    );
    give(
      crowd.peers[1]!,
      authors.filter((_, i) => i % 3 === 0),
    );
    crowd.link(0, 1);
    crowd.pass(1_000);
    expect(digests(crowd)).toBe(1);
    expect(crowd.peers[0]!.rumors.counts().logs).toBe(authors.filter((_, i) => i % 2 === 0 || i % 3 === 0).length);
  });

  it("fetches a long history without waiting for more rounds, and once", () => {
    const crowd = new Crowd(3, 1);
    const logs = [1, 2, 3].map((number) => new Author(number + 10).writeMany(700));
    for (const holder of [0, 1]) for (const log of logs) give(crowd.peers[holder]!, log);
    // Old enough not to be passed on.
    for (const peer of crowd.peers) peer.now = at(60_000);
    crowd.link(0, 2);
    crowd.link(1, 2);
    crowd.pass(700);
    expect(digests(crowd)).toBe(1);
    const counts = crowd.peers[2]!.rumors.counts();
    expect(counts).toMatchObject({ rumors: 2_100, received: 2_100, duplicates: 0, promisesBroken: 0 });
    // One signature for what each want asks for of a log, at two neighbors.
    expect(counts.verified).toBeLessThanOrEqual(12);
    expect(counts.verified + counts.chained).toBeGreaterThanOrEqual(2_100);
  });
});

describe("a peer in a round", () => {
  function partner(): TestRumors {
    const peer = new TestRumors();
    peer.linkUp(1);
    peer.take(new Author(11).writeMany(3), 1, true);
    peer.now = at(1_000);
    return peer;
  }

  const digest = (round: number): DigestFrame => ({
    kind: "digest",
    round,
    beforeMs: 0,
    logs: 1,
    fingerprint: new Uint8Array(8),
  });
  const nothing = { covers: { kind: "none" }, logs: [] } as const;

  it("answers a digest that differs with its logs, and only so often", () => {
    const peer = partner();
    for (let i = 0; i < 100; i++) peer.receive(1, digest(i));
    expect(peer.sent("have")).toMatchObject([
      { round: 0, covers: { kind: "all" }, logs: [{ low: 1, ranges: [[1, 3]] }] },
    ]);
    peer.now = at(1_300);
    peer.receive(1, digest(200));
    expect(peer.sent("have")).toHaveLength(2);
  });

  it("pays for its answers with silence, whatever they are: a word of a few bytes has no megabyte of prints sent", () => {
    const peer = partner();
    for (let number = 100; number < 600; number++) peer.take([new Author(number).write()]);
    // One that never decodes, and a set so large that many prints would be needed.
    const symbols = { size: 0x7fff_0000, counts: Int32Array.of(7), highs: Uint32Array.of(1), lows: Uint32Array.of(1) };
    const part = { step: "symbols", symbols: { ...symbols, checks: Uint32Array.of(1) } } as const;
    const seconds = 30;
    for (let i = 0; i < seconds * 5; i++) {
      peer.now = at(2_000 + 200 * i);
      peer.receive(1, { ...digest(i), logs: 500 });
      for (let words = 0; words < 6; words++) peer.receive(1, { kind: "reconcile", round: i, part });
    }
    const said = peer.sent("reconcile").map(({ part }) => (part.step === "prints" ? 3 * part.prints.length : 0));
    const bytes = said.reduce((sum, each) => sum + each, 0);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(seconds * 100_000 + 200_000);
  });

  it("does not look for what is young in all that it holds", () => {
    const peer = partner();
    peer.receive(1, { ...digest(1), beforeMs: 1 });
    expect(peer.sent("have")).toEqual([]);
  });

  it("does not answer while the link is not writable", () => {
    const peer = partner();
    peer.rumors.onWritable(1, false);
    peer.receive(1, digest(1));
    peer.pass(10_000);
    expect(peer.tray.frames).toEqual([]);
  });

  it("takes no page of a round that it is not in, nor more than a few", () => {
    const peer = partner();
    const offer = {
      log: { author: new Author(12).id, incarnation: 1, topic: new Author(12).topic },
      low: 1,
      ranges: [[1, 4]] as const,
    };
    peer.receive(1, { kind: "have", round: 7, ...nothing, logs: [offer] });
    expect(peer.sent("want")).toEqual([]);
    peer.receive(1, digest(7));
    for (let i = 0; i < 10; i++) peer.receive(1, { kind: "have", round: 7, ...nothing, logs: [offer] });
    expect(peer.sent("want")).toMatchObject([{ wants: [{ log: offer.log, ranges: [[1, 4]] }] }]);
    // One before the round, and what is more than the words of an honest peer.
    expect(peer.rumors.state.tally.stale).toBe(1 + 4);
  });

  it("blames a page that is out of order", () => {
    const peer = partner();
    const log = (
      number: number,
    ): { log: { author: string; incarnation: number; topic: string }; low: number; ranges: [number, number][] } => {
      const { id, incarnation, topic } = new Author(number);
      return { log: { author: id, incarnation, topic }, low: 1, ranges: [[1, 4]] };
    };
    const blame = (page: Partial<HaveFrame>): string =>
      peer.receive(1, { kind: "have", round: 1, ...nothing, ...page });
    expect(blame({ logs: [log(12), log(13)] })).toBe("ok");
    expect(blame({ logs: [log(13), log(12)] })).toBe("a have that is out of order");
    expect(blame({ logs: [log(12), log(12)] })).toBe("a have that is out of order");
    const named = (name: number): HaveFrame["logs"][0] => ({ ...log(12), log: name });
    expect(blame({ logs: [named(1), named(2), log(12)] })).toBe("ok");
    expect(blame({ logs: [named(2), named(1)] })).toBe("a have that is out of order");
    expect(blame({ logs: [{ ...log(12), ranges: [] }] })).toBe("a have that is out of order");
    expect(
      blame({
        logs: [
          {
            ...log(12),
            ranges: [
              [3, 4],
              [1, 1],
            ],
          },
        ],
      }),
    ).toBe("a have that is out of order");
    expect(blame({ logs: [{ ...log(12), low: 2 }] })).toBe("a have that is out of order");
  });

  it("says nothing about rumors that are withdrawn", () => {
    const [peer, author] = [partner(), new Author(20)];
    const rumors = author.writeMany(4);
    peer.take([...rumors, author.fork(rumors[2]!)]);
    peer.receive(1, digest(1));
    expect(peer.sent("have")[0]!.logs.map(({ ranges }) => ranges)).toContainEqual([[1, 2]]);
    expect(peer.receive(1, frameOf(rumors[3]!))).toBe("ok");
  });
});

describe("names", () => {
  it("are worked out once for each round in which they are said, however often it is asked under others in turn", () => {
    const peer = new TestRumors();
    give(peer, new Author(11).writeMany(3));
    peer.linkUp(1);
    for (const round of [1, 2, 3]) {
      peer.pass(1_000);
      peer.receive(1, { kind: "digest", round, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8).fill(1) });
      peer.receive(1, { kind: "have", round, covers: { kind: "none" }, logs: [] });
    }
    const { logs } = peer.rumors;
    let walks = 0;
    const inOrder = logs.inOrder.bind(logs);
    logs.inOrder = () => {
      walks++;
      return inOrder();
    };
    for (let i = 0; i < 60; i++) {
      const wants = [{ log: i, ranges: [[1, 1]] as const }];
      peer.receive(1, { kind: "want", round: 1 + (i % 3), wants });
    }
    expect(walks).toBeLessThanOrEqual(3);
  });

  it("that two logs share stand for neither: these are called in full, and nobody is blamed", () => {
    const crowd = new Crowd(2, 1);
    const authors = Array.from({ length: 20 }, (_, i) => new Author(20 + i));
    const rumors = authors.map((author) => author.writeMany(4));
    give(crowd.peers[0]!, rumors.flat());
    give(
      crowd.peers[1]!,
      rumors.flatMap((some) => some.slice(0, 2)),
    );
    for (const { rumors } of crowd.peers) {
      const [a, b, c] = [...rumors.logs.inOrder()].map(({ tag }) => tag);
      b!.set(a!);
      c!.set(a!);
    }
    crowd.link(0, 1);
    crowd.pass(3_000);
    expect(digests(crowd)).toBe(1);
    expect(crowd.peers.flatMap(({ blamed }) => blamed)).toEqual([]);
    expect(crowd.peers.map(({ rumors }) => rumors.counts().promisesBroken)).toEqual([0, 0]);
  });
});
