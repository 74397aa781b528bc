import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, TOPIC, TestRumors, at, idOf, signAs } from "./rumors.testing.ts";
import type { LogId, Range, Rumor } from "../types.ts";
import type { SegmentFrame } from "../wire/frames.ts";

/** A minute after everything was written: none of it is young any more. */
const NOW = at(60_000);
const GARBAGE = new Uint8Array(64).fill(0xee);

function logOf({ id, incarnation, topic }: Author): LogId {
  return { author: id, incarnation, topic };
}

function segmentOf(rumors: readonly Rumor[]): SegmentFrame {
  const [first] = rumors as readonly [Rumor];
  const { author, incarnation, topic, seq, prev } = first.header;
  const entries = rumors.map(({ header, body, signature }) => {
    const { kind, low, timeMs, counter, expiryMs, keyId } = header;
    return { kind, low, timeMs, counter, expiryMs, keyId, body, signature };
  });
  return { kind: "segment", hops: 1, log: { author, incarnation, topic }, first: seq, prev, entries };
}

/** The same rumor under a signature that is none. */
function spoiled(rumor: Rumor): Rumor {
  return { ...rumor, signature: GARBAGE };
}

function altered(segment: SegmentFrame, at: number): SegmentFrame {
  const entries = segment.entries.map((entry, i) => (i === at ? { ...entry, body: new Uint8Array([6, 6, 6]) } : entry));
  return { ...segment, entries };
}

/** Two neighbors, 1 and 2; what is asked of them and what they are asked for is what a round would have found. */
class Newcomer extends TestRumors {
  private round = 0;

  constructor() {
    super();
    this.now = NOW;
    this.linkUp(1, 2);
  }

  offered(link: number, author: Author, ranges: Range[]): void {
    const round = ++this.round;
    this.receive(link, { kind: "digest", round, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8).fill(1) });
    this.receive(link, {
      kind: "have",
      round,
      covers: { kind: "none" },
      logs: [{ log: logOf(author), low: 1, ranges }],
    });
  }

  segment(link: number, rumors: readonly Rumor[]): void {
    this.receive(link, segmentOf(rumors));
    this.settle();
  }

  want(link: number, author: Author, ranges: Range[]): void {
    this.forget();
    this.receive(link, { kind: "want", round: 0, wants: [{ log: logOf(author), ranges }] });
    this.settle();
  }

  /** Numbers that were sent, as they were packed. */
  answered(link: number): Range[] {
    return this.tray.frames.flatMap(({ link: to, frame }): Range[] => {
      if (to !== link) return [];
      if (frame.kind === "segment") return [[frame.first, frame.first + frame.entries.length - 1]];
      return frame.kind === "rumor" ? [[frame.rumor.header.seq, frame.rumor.header.seq]] : [];
    });
  }

  get held(): number {
    return this.rumors.counts().rumors;
  }
}

function caughtUp(rumors: readonly Rumor[], author: Author): Newcomer {
  const peer = new Newcomer();
  peer.offered(1, author, [[1, rumors.length]]);
  peer.segment(1, rumors);
  return peer;
}

describe("catching up by segments", () => {
  it("checks one signature, and delivers the whole log in order", () => {
    const author = new Author(1);
    const rumors = author.writeMany(300);
    const peer = new Newcomer();
    peer.rumors.onSubscribe(TOPIC, peer.now);
    peer.offered(1, author, [[1, 300]]);
    for (const from of [200, 100, 0]) peer.segment(1, rumors.slice(from, from + 100));
    peer.pass(10);
    expect([peer.held, peer.verifications]).toEqual([300, 1]);
    expect(peer.rumors.counts()).toMatchObject({ verified: 1, chained: 299, duplicates: 0 });
    expect(peer.effects("persist")).toHaveLength(300);
    expect(peer.effects("deliver").map(({ rumor }) => rumor.header.seq)).toEqual(
      rumors.map(({ header }) => header.seq),
    );
    const plain = new TestRumors();
    plain.linkUp(9);
    plain.take(rumors, 9);
    expect(peer.rumors.digest()).toEqual(plain.rumors.digest());
  });

  it("delivers a long history in pieces, not at once", () => {
    const author = new Author(1);
    const rumors = author.writeMany(380);
    const peer = new Newcomer();
    peer.rumors.onSubscribe(TOPIC, peer.now);
    peer.offered(1, author, [[1, 380]]);
    peer.receive(1, segmentOf(rumors.slice(1)));
    peer.receive(1, segmentOf(rumors.slice(0, 1)));
    peer.settle();
    const most = peer.effects("deliver").length;
    expect(most).toBeLessThan(200);
    expect(peer.rumors.deadlineMs).toBeLessThanOrEqual(peer.now.nowMs);
    peer.pass(10);
    expect(peer.effects("deliver")).toHaveLength(380);
  });

  it("lets what comes below wait for the signature above, and asks nobody for it meanwhile", () => {
    const author = new Author(1);
    const rumors = author.writeMany(20);
    const peer = new Newcomer();
    peer.offered(1, author, [[1, 20]]);
    peer.receive(1, segmentOf(rumors.slice(10)));
    peer.receive(1, segmentOf(rumors.slice(0, 10)));
    peer.offered(2, author, [[1, 20]]);
    expect([peer.held, peer.rumors.counts().verifying, peer.sent("want", 2)]).toEqual([0, 20, []]);
    peer.settle();
    expect([peer.held, peer.verifications]).toEqual([20, 1]);
  });

  it("needs no signature for what a held rumor names", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const peer = new Newcomer();
    peer.take([rumors[9]!], 2);
    peer.offered(1, author, [[1, 10]]);
    peer.receive(1, segmentOf(rumors.slice(0, 9)));
    expect(peer.held).toBe(10);
    // But where an answer begins it is looked at all the same, so that there are good ones along the log.
    peer.settle();
    expect(peer.verifications).toBe(2);
  });

  it("takes nothing of a segment in which a bit was flipped, and blames who sent it", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    for (const at of [0, 4, 9]) {
      const peer = new Newcomer();
      peer.offered(1, author, [[1, 10]]);
      peer.receive(1, altered(segmentOf(rumors), at));
      peer.settle();
      expect([peer.held, peer.blamed]).toEqual([0, [{ link: 1, what: "a rumor with a bad signature" }]]);
    }
  });

  it("takes nothing that the chain does not hold further down, and what is above stays", () => {
    const author = new Author(1);
    const rumors = author.writeMany(20);
    const peer = new Newcomer();
    peer.offered(1, author, [[1, 20]]);
    peer.segment(1, rumors.slice(10));
    peer.receive(1, altered(segmentOf(rumors.slice(0, 10)), 3));
    peer.settle();
    expect([peer.held, peer.rumors.counts().badSignatures]).toEqual([10, 1]);
    // It is lacking still, and another is asked.
    peer.offered(2, author, [[1, 20]]);
    peer.segment(2, rumors.slice(0, 10));
    expect(peer.held).toBe(20);
  });

  it("takes no segment that was not asked for", () => {
    const peer = new Newcomer();
    peer.segment(1, new Author(1).writeMany(5));
    expect([peer.held, peer.verifications, peer.rumors.counts().received]).toEqual([0, 0, 5]);
  });

  it("checks every signature of what is young, for it is passed on alone", () => {
    const author = new Author(1);
    author.writeMany(5);
    const young = author.writeMany(5, { timeMs: NOW.meshMs - 1_000 });
    const peer = caughtUp(author.written, author);
    expect([peer.held, peer.verifications]).toEqual([10, 5]);
    expect(peer.rumors.counts().chained).toBe(5);
    expect(young).toHaveLength(5);
  });

  it("asks for what admits an author with one rumor, and then for the rest", () => {
    const author = new Author(1);
    const rumors = author.writeMany(limits.unadmittedMax);
    const peer = new Newcomer();
    peer.strangers.add(author.id);
    peer.offered(1, author, [[1, rumors.length]]);
    peer.segment(1, rumors);
    expect([peer.held, peer.rumors.counts().parked]).toEqual([0, 1]);
    expect(peer.sent("credentialsWant", 1)).toHaveLength(1);
  });
});

describe("a signature that nobody looked at", () => {
  it("is bad inside a segment, and the rumor is its author's all the same", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const peer = caughtUp(
      rumors.map((rumor) => (rumor.header.seq % 2 === 1 ? spoiled(rumor) : rumor)),
      author,
    );
    expect([peer.held, peer.blamed]).toEqual([10, []]);
  });

  it("is not announced, pushed or grafted", () => {
    const author = new Author(1);
    const peer = caughtUp(author.writeMany(10), author);
    peer.pass(1_000);
    expect(peer.sent("rumor")).toEqual([]);
    expect(peer.sent("iHave").flatMap(({ rumors }) => rumors)).toEqual([]);
  });

  it("is checked before it is served without what names it, once", () => {
    const author = new Author(1);
    const peer = caughtUp(author.writeMany(10), author);
    peer.want(2, author, [[3, 5]]);
    expect([peer.answered(2), peer.verifications]).toEqual([[[3, 5]], 2]);
    peer.want(2, author, [[5, 5]]);
    expect([peer.answered(2), peer.verifications]).toEqual([[[5, 5]], 2]);
  });

  it("is checked a few at a time, each once, where somebody asks for single rumors all over a log", () => {
    const author = new Author(1);
    const rumors = author.writeMany(300);
    const peer = caughtUp(rumors, author);
    const odd = Array.from({ length: 100 }, (_, i): Range => [2 * i + 1, 2 * i + 1]);
    peer.forget();
    peer.receive(2, { kind: "want", round: 0, wants: [{ log: logOf(author), ranges: odd }] });
    expect(peer.unanswered).toHaveLength(limits.provingMax);
    expect(peer.answered(2)).toEqual([]);
    peer.settle();
    expect(peer.answered(2)).toEqual(odd.toReversed());
    expect(peer.rumors.state.repair!.proofs.checked).toBe(100);
    peer.want(2, author, odd);
    expect(peer.rumors.state.repair!.proofs.checked).toBe(100);
  });

  it("does not get out when it is bad: the answer begins at a good one above", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const peer = caughtUp(
      rumors.map((rumor) => (rumor.header.seq === 5 ? spoiled(rumor) : rumor)),
      author,
    );
    peer.want(2, author, [[3, 5]]);
    expect(peer.answered(2)).toEqual([[3, 10]]);
    const next = new Newcomer();
    next.offered(1, author, [[3, 5]]);
    for (const segment of peer.sent("segment", 2)) next.receive(1, segment);
    next.settle();
    expect([next.held, next.blamed]).toEqual([8, []]);
  });

  it("gives way to a good one that comes later", () => {
    const author = new Author(1);
    const rumors = author.writeMany(3);
    const peer = caughtUp([rumors[0]!, spoiled(rumors[1]!), rumors[2]!], author);
    peer.want(2, author, [[2, 2]]);
    peer.take([rumors[1]!], 2);
    peer.want(2, author, [[2, 2]]);
    expect(peer.answered(2)).toEqual([[2, 2]]);
    expect(peer.sent("rumor", 2)[0]!.rumor.signature).toEqual(rumors[1]!.signature);
  });
});

describe("a fork", () => {
  it("of what was believed for its chain is evidence once both signatures were checked", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const peer = caughtUp(rumors, author);
    peer.take([author.fork(rumors[4]!)], 2);
    expect(peer.verifications).toBe(3);
    expect(peer.rumors.takeForks().map(({ a, b }) => [a.header.seq, b.header.seq])).toEqual([[5, 5]]);
    expect(peer.rumors.logs.contestedIn(logOf(author)).cut).toBe(5);
  });

  it("cuts the log without being evidence, where a signature is bad", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const peer = caughtUp(
      rumors.map((rumor) => (rumor.header.seq === 5 ? spoiled(rumor) : rumor)),
      author,
    );
    peer.take([author.fork(rumors[4]!)], 2);
    expect(peer.rumors.takeForks()).toEqual([]);
    expect(peer.rumors.logs.contestedIn(logOf(author)).cut).toBe(5);
  });

  it("between a segment and what is held is found at its lowest slot", () => {
    const author = new Author(1);
    const rumors = author.writeMany(10);
    const other = branch(rumors, 6, 12);
    const peer = new Newcomer();
    peer.take(rumors.slice(0, 8), 2);
    peer.offered(1, author, [[6, 12]]);
    peer.segment(1, other.slice(5));
    expect(peer.rumors.takeForks().map(({ a }) => a.header.seq)).toEqual([6]);
    expect([peer.rumors.logs.contestedIn(logOf(author)).cut, peer.blamed]).toEqual([6, []]);
  });

  it("ends in the same state, in whatever order its sides come, in segments or alone", () => {
    const piece = fc.record({
      other: fc.boolean(),
      from: fc.integer({ min: 1, max: 10 }),
      length: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.array(piece, { maxLength: 12 }),
        fc.nat(19),
        (slot, pieces, turn) => {
          const author = new Author(1);
          const rumors = author.writeMany(10);
          const other = branch(rumors, slot, 10);
          const peer = new Newcomer();
          for (const [i, { other: isOther, from, length }] of pieces.entries()) {
            const link = 1 + (i % 2);
            const part = (isOther ? other : rumors).slice(from - 1, from - 1 + length);
            peer.offered(link, author, [[from, from + part.length - 1]]);
            peer.segment(link, part);
            peer.pass(31_000);
          }
          // At last everything has come, one way or another.
          const all = [...rumors, ...other.slice(slot - 1)];
          const rest = [...all.slice(turn), ...all.slice(0, turn)];
          peer.take(rest, 1, true);
          const plain = new Newcomer();
          plain.take(all, 1, true);
          expect([stateOf(peer, author), peer.blamed]).toEqual([stateOf(plain, author), []]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

function stateOf({ rumors }: TestRumors, author: Author): unknown {
  const { id, incarnation, topic } = author;
  const log = [...rumors.logs.inOrder()].find((log) => log.id.author === id && log.id.incarnation === incarnation);
  const contested = [...log!.contested].toSorted((a, b) => a - b);
  return { topic, digest: rumors.digest(), cut: log!.cut, ranges: log!.ranges, contested };
}

/** The log from `slot` on as its author wrote it for others. */
function branch(rumors: readonly Rumor[], slot: number, to: number): Rumor[] {
  const out = rumors.slice(0, slot - 1);
  for (let seq = slot; seq <= to; seq++) {
    const before = out.at(-1);
    const { header } = rumors[Math.min(seq, rumors.length) - 1]!;
    const prev = before === undefined ? new Uint8Array(32) : idOf(before);
    out.push(signAs({ ...header, seq, prev }, new Uint8Array([9, 9, seq])));
  }
  return out;
}
