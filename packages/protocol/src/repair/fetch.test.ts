import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, TestRumors, frameOf } from "../rumors/rumors.testing.ts";
import type { LogId, Range } from "../types.ts";

const PATIENCE_MS = 5_000;
const ALONE_MS = 1_500;

function logOf({ id, incarnation, topic }: Author): LogId {
  return { author: id, incarnation, topic };
}

/** A peer in a round with each of its neighbors. */
class Asker extends TestRumors {
  private round = 0;

  have(link: number, ...logs: readonly [Author, Range[]][]): void {
    this.say(link, "none", 1, logs);
  }

  /** All that it has of these logs. */
  tell(link: number, low: number, ...logs: readonly [Author, Range[]][]): void {
    // Digests of a link are looked at now and then.
    this.pass(300);
    this.say(link, "all", low, logs);
  }

  private say(link: number, covers: "none" | "all", low: number, logs: readonly [Author, Range[]][]): void {
    this.round++;
    const { round } = this;
    const sorted = logs.map(([author, ranges]) => ({ log: logOf(author), low, ranges }));
    sorted.sort((a, b) => (a.log.author < b.log.author ? -1 : 1));
    this.receive(link, { kind: "digest", round, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8).fill(1) });
    this.receive(link, { kind: "have", round, covers: { kind: covers }, logs: sorted });
  }

  wanted(link: number): (readonly Range[])[][] {
    return this.sent("want", link).map(({ wants }) => wants.map(({ ranges }) => ranges));
  }
}

function asker(...links: readonly number[]): Asker {
  const peer = new Asker();
  peer.linkUp(...links);
  return peer;
}

describe("what a neighbor has", () => {
  it("is asked for as far as it is lacking", () => {
    const [peer, author] = [asker(1), new Author(1)];
    const rumors = author.writeMany(10);
    peer.take([rumors[2]!, rumors[3]!]);
    peer.have(1, [
      author,
      [
        [1, 6],
        [9, 10],
      ],
    ]);
    expect(peer.wanted(1)).toEqual([
      [
        [
          [1, 2],
          [5, 6],
          [9, 10],
        ],
      ],
    ]);
  });

  it("is asked of one neighbor only, and of the next when that one is gone", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    peer.have(1, [author, [[1, 4]]]);
    peer.have(2, [author, [[1, 6]]]);
    expect([peer.wanted(1), peer.wanted(2)]).toEqual([[[[[1, 4]]]], [[[[5, 6]]]]]);
    peer.take(author.writeMany(6).slice(4), 2, true);
    expect(peer.wanted(2)).toHaveLength(1);
    peer.rumors.onLinkDown(1, peer.now, peer.tray);
    expect(peer.wanted(2)).toEqual([[[[5, 6]]], [[[1, 4]]]]);
  });

  it("is shared fairly over the logs, from their newest on, and the next want leaves when half of the answer has come", () => {
    const [peer, long, short] = [asker(1), new Author(1), new Author(2)];
    const rumors = long.writeMany(2_000);
    peer.have(1, [long, [[1, 2_000]]], [short, [[1, 24]]]);
    expect(peer.wanted(1)).toEqual([[[[1_001, 2_000]], [[1, 24]]]]);
    peer.take(rumors.slice(1_488).toReversed(), 1, true);
    expect(peer.wanted(1)[1]).toEqual([[[1, 1_000]]]);
    peer.take(rumors.slice(1_000, 1_488).toReversed(), 1, true);
    peer.take(short.writeMany(24).toReversed(), 1, true);
    peer.take(rumors.slice(0, 1_000).toReversed(), 1, true);
    expect(peer.wanted(1)).toHaveLength(2);
    // All that was offered has come: another round makes sure.
    peer.forget();
    peer.pass(400);
    expect(peer.sent("digest")).toMatchObject([{ beforeMs: 0 }]);
  });

  it("is asked for again where the other side stopped, without waiting", () => {
    const [peer, author] = [asker(1), new Author(1)];
    const rumors = Array.from({ length: 12 }, () => author.write({}, new Uint8Array(limits.repairBytesMax / 4)));
    peer.have(1, [author, [[1, 12]]]);
    for (const rumor of rumors.slice(8).toReversed()) peer.receive(1, frameOf(rumor, { repair: true }));
    expect(peer.wanted(1)).toEqual([[[[1, 12]]], [[[1, 8]]]]);
    peer.settle();
  });

  it("is still awaited when a rumor of it comes by itself", () => {
    const [peer, author] = [asker(1), new Author(1)];
    const rumors = author.writeMany(10);
    peer.have(1, [author, [[1, 10]]]);
    peer.take([rumors[9]!]);
    expect(peer.wanted(1)).toHaveLength(1);
    expect(peer.rumors.state.repair!.fetch.links.get(1)!.asked).toHaveLength(1);
    peer.take(rumors.toReversed(), 1, true);
    expect([peer.rumors.state.repair!.fetch.links.get(1)!.asked.length, peer.verifications]).toEqual([0, 10]);
  });

  it("is not asked of it again when it turns out to have it no more", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    const rumors = author.writeMany(4);
    peer.have(1, [author, [[1, 4]]]);
    peer.take([rumors[3]!, rumors[0]!], 1, true);
    expect(peer.wanted(1)).toHaveLength(1);
    peer.have(2, [author, [[1, 4]]]);
    expect(peer.wanted(2)).toEqual([[[[2, 3]]]]);
  });

  it("and does not deliver, counts against it, and it is left alone for a while", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    peer.have(1, [author, [[1, 4]]]);
    peer.have(2, [author, [[1, 4]]]);
    expect(peer.wanted(2)).toEqual([]);
    peer.pass(PATIENCE_MS);
    expect(peer.rumors.counts().promisesBroken).toBe(4);
    expect(peer.wanted(2)).toEqual([[[[1, 4]]]]);
    peer.have(1, [author, [[1, 9]]]);
    expect(peer.wanted(1)).toHaveLength(1);
    peer.pass(2_000);
    peer.have(1, [author, [[1, 9]]]);
    expect(peer.wanted(1)).toHaveLength(2);
  });

  it("is asked of it again soon after one broken promise, later after each further one, until it keeps one", () => {
    const [peer, author] = [asker(1), new Author(1)];
    const rumors = author.writeMany(9);
    const rests: number[] = [];
    const rest = (): void => {
      const wants = peer.wanted(1).length;
      for (let restMs = 0; peer.wanted(1).length === wants; restMs += 1_000) {
        peer.have(1, [author, [[1, 9]]]);
        if (peer.wanted(1).length > wants) rests.push(restMs);
        peer.pass(1_000);
      }
      peer.pass(PATIENCE_MS - 1_000);
    };
    peer.have(1, [author, [[1, 9]]]);
    peer.pass(PATIENCE_MS);
    for (let i = 0; i < 6; i++) rest();
    expect(rests).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 32_000]);
    // Until it keeps one.
    peer.pass(32_000);
    peer.have(1, [author, [[1, 9]]]);
    const restMs = (): number => peer.rumors.state.repair!.fetch.links.get(1)!.restMs;
    expect(restMs()).toBe(32_000);
    peer.take(rumors.toReversed(), 1, true);
    expect(restMs()).toBe(2_000);
  });

  it("and comes late after all, as on a link that loses packets, ends the rest", () => {
    const [peer, author] = [asker(1), new Author(1)];
    const rumors = author.writeMany(4);
    peer.have(1, [author, [[1, 4]]]);
    peer.pass(PATIENCE_MS);
    peer.take(rumors.slice(2).toReversed(), 1, true);
    peer.have(1, [author, [[1, 4]]]);
    expect(peer.wanted(1)).toEqual([[[[1, 4]]], [[[1, 2]]]]);
  });

  it("is not pushed to it when it comes from elsewhere", () => {
    const [peer, author] = [asker(1, 2, 3), new Author(1)];
    peer.have(1, [author, [[1, 1]]]);
    peer.forget();
    peer.take(author.writeMany(1), 2);
    expect(peer.tray.frames.map(({ link }) => link)).toEqual([3]);
  });

  it("is not asked for while it is being verified, or is parked", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    const rumors = author.writeMany(3);
    peer.receive(2, frameOf(rumors[1]!));
    peer.have(1, [author, [[1, 3]]]);
    expect(peer.wanted(1)).toEqual([
      [
        [
          [1, 1],
          [3, 3],
        ],
      ],
    ]);
    peer.settle();
  });

  it("of an author not yet admitted is asked for in small pieces, until it is", () => {
    const [peer, author] = [asker(1), new Author(1)];
    peer.strangers.add(author.id);
    const rumors = author.writeMany(100);
    peer.have(1, [author, [[1, 100]]]);
    expect(peer.wanted(1)).toEqual([[[[101 - limits.unadmittedMax, 100]]]]);
    peer.take(rumors.slice(-limits.unadmittedMax).toReversed(), 1, true);
    expect(peer.wanted(1)).toHaveLength(1);
    peer.strangers.delete(author.id);
    peer.rumors.onAdmitted(author.id, peer.now, peer.tray);
    expect(peer.wanted(1)[1]).toEqual([[[1, 100 - limits.unadmittedMax]]]);
    peer.settle();
  });

  it("of our own log is never asked for", () => {
    const peer = asker(1);
    peer.have(1, [new Author(0, 1_000_000), [[1, 5]]]);
    expect(peer.wanted(1)).toEqual([]);
  });

  it("may be as much as it says: what is looked at is bounded", () => {
    const [peer, author] = [asker(1), new Author(1)];
    peer.have(1, [
      author,
      [
        [1, 2],
        [4, Number.MAX_SAFE_INTEGER],
      ],
    ]);
    expect(peer.wanted(1)).toEqual([[[[Number.MAX_SAFE_INTEGER - limits.wantRumorsMax + 1, Number.MAX_SAFE_INTEGER]]]]);
    peer.pass(PATIENCE_MS);
    expect(peer.rumors.state.repair!.fetch.links.get(1)!.asked).toEqual([]);
  });

  it("may be in as many pieces as it says, frame after frame: so many are remembered, the newest", () => {
    const peer = asker(1);
    const odd = (from: number): Range[] => Array.from({ length: 3_000 }, (_, i) => [from + 2 * i, from + 2 * i]);
    for (let i = 0; i < 20; i++) {
      peer.pass(1_000);
      peer.have(1, [new Author(1 + (i % 3)), odd(10_000 * i + 1)]);
    }
    const { offers, pieces } = peer.rumors.state.repair!.fetch.links.get(1)!;
    const kept = [...offers.values()].reduce((sum, { ranges }) => sum + ranges.length, 0);
    expect(kept).toBe(pieces);
    expect(kept).toBeLessThanOrEqual(limits.offeredRangesMax);
    expect(kept).toBeGreaterThan(limits.offeredRangesMax / 2);
  });

  it("of a log that we have no room for is not asked for", () => {
    const peer = asker(1);
    peer.rumors.state.logs.bytes = limits.heldBytesMax - 1_000;
    peer.have(1, [new Author(1), [[1, 5]]]);
    expect(peer.wanted(1)).toEqual([]);
  });
});

describe("a promise", () => {
  it("that is taken back within the session is counted, once a frame", () => {
    const [peer, author] = [asker(1), new Author(1)];
    peer.tell(1, 1, [author, [[1, 9]]]);
    peer.tell(1, 1, [
      author,
      [
        [1, 2],
        [7, 9],
      ],
    ]);
    expect(peer.rumors.promisesOf(1)).toMatchObject({ broken: 1 });
    // What it had not said before, and takes back after.
    peer.tell(1, 1, [
      author,
      [
        [1, 5],
        [7, 9],
      ],
    ]);
    peer.tell(1, 1, [
      author,
      [
        [2, 5],
        [9, 9],
      ],
    ]);
    expect(peer.rumors.promisesOf(1)).toMatchObject({ broken: 2 });
  });

  it("is not taken back by a rising low, by what is too young to be told, nor by an answer that tells a part", () => {
    const [peer, author] = [asker(1), new Author(1)];
    peer.tell(1, 1, [author, [[1, 9]]]);
    peer.tell(1, 4, [author, [[4, 9]]]);
    peer.tell(1, 4, [author, [[4, 7]]]);
    peer.pass(300);
    peer.have(1, [author, [[6, 6]]]);
    expect(peer.rumors.promisesOf(1)).toMatchObject({ broken: 0 });
  });

  it("that nobody keeps in time is asked for elsewhere, and what still comes late is no second want's answer", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    const rumors = author.writeMany(3);
    peer.have(1, [author, [[1, 3]]]);
    peer.have(2, [author, [[1, 3]]]);
    expect([peer.wanted(1), peer.wanted(2)]).toEqual([[[[[1, 3]]]], []]);
    peer.pass(ALONE_MS);
    expect(peer.wanted(2)).toEqual([[[[1, 3]]]]);
    peer.take(rumors.toReversed(), 1, true);
    peer.take(rumors.toReversed(), 2, true);
    peer.pass(PATIENCE_MS);
    for (const link of [1, 2]) expect(peer.rumors.promisesOf(link)).toMatchObject({ kept: 1, broken: 0 });
  });

  it("that is kept in driblets holds nobody up: others are asked for the same", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    const rumors = author.writeMany(40);
    peer.have(1, [author, [[1, 40]]]);
    peer.have(2, [author, [[1, 40]]]);
    expect(peer.wanted(1)).toEqual([[[[1, 40]]]]);
    for (let seq = 40; seq > 30; seq--) {
      peer.pass(ALONE_MS - 100);
      peer.take([rumors[seq - 1]!], 1, true);
    }
    // Less than two such waits later.
    expect(peer.wanted(2)[0]).toEqual([[[1, 39]]]);
    // It may be all that its uplink can.
    expect(peer.rumors.promisesOf(1)).toMatchObject({ broken: 0 });
  });

  it("is kept at the pace of a slow uplink by one who brings a little all the time", () => {
    const [peer, author] = [asker(1, 2), new Author(1)];
    const rumors = author.writeMany(40);
    peer.have(1, [author, [[1, 40]]]);
    peer.have(2, [author, [[1, 40]]]);
    for (const rumor of rumors.toReversed()) {
      peer.pass(15);
      peer.take([rumor], 1, true);
    }
    expect(peer.wanted(2)).toEqual([]);
    expect(peer.rumors.promisesOf(1)).toMatchObject({ kept: 1, broken: 0 });
  });
});
