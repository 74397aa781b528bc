import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../limits.ts";
import { Random } from "../../random.ts";
import { makeFoundation, peerId } from "../../room.testing.ts";
import { TOPIC } from "../../rumors/rumors.testing.ts";
import type { Header, Range } from "../../types.ts";
import { encodeFrame } from "../../wire/whole-codec.ts";
import type { LogHave } from "../../wire/frames.ts";
import type { Log } from "../logs.ts";
import { Logs, logKey, offered } from "../logs.ts";
import { subtract } from "../ranges.ts";
import { answer, match, open, type Saying } from "./comparing.ts";
import { LogIndex } from "./log-index.ts";

const ROUND = 77;
const NOW = { nowMs: 0, meshMs: 1_000_000 };

/** Rumors by author and number; what is signed here nobody checks. */
function hold(rumors: readonly (readonly [author: number, seq: number])[]): Logs {
  const logs = new Logs(makeFoundation(peerId(9_999)));
  for (const [author, seq] of rumors) {
    const header: Header = {
      version: 1,
      author: peerId(author),
      incarnation: 1,
      topic: TOPIC,
      seq,
      prev: idOf(author, seq - 1),
      timeMs: 1_000 * seq + author,
      counter: 0,
      expiryMs: 0,
      keyId: new Uint8Array(8),
      kind: 0,
      low: 1,
    };
    logs.append({ header, body: new Uint8Array(1), signature: new Uint8Array(64) }, idOf(author, seq), 1, false, NOW);
  }
  return logs;
}

function idOf(author: number, seq: number): Uint8Array {
  const random = Random.from(Uint32Array.of(author + 1, seq + 1, 3, 4));
  return seq === 0 ? new Uint8Array(32) : random.bytes(32);
}

interface Talk {
  /** What each end was offered, of what it lacks, by log. */
  readonly offers: readonly [Map<string, Range[]>, Map<string, Range[]>];
  readonly bytes: number;
  readonly messages: number;
}

/** A whole round, as `rounds.ts` leads it; `a` sent the digest. */
function talk(a: Logs, b: Logs): Talk {
  const indexes = [new LogIndex(a.inOrder(), ROUND, 0), new LogIndex(b.inOrder(), ROUND, 0)] as const;
  const holders = [a, b] as const;
  const offers: Talk["offers"] = [new Map(), new Map()];
  let [bytes, messages] = [0, 0];
  const queue: { to: 0 | 1; saying: Saying }[] = [];
  const say = (to: 0 | 1, saying: Saying | undefined): void => {
    if (saying !== undefined) queue.push({ to, saying });
  };
  say(0, open(indexes[1], a.state.logs.size));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { to, saying } = next;
    const from = (1 - to) as 0 | 1;
    bytes += encodeFrame({ ...saying, round: ROUND }).length;
    if (++messages > 20) throw new Error("the round does not end");
    if (saying.kind === "reconcile") {
      say(from, answer(indexes[to], saying.part));
      continue;
    }
    const known = new Map<Log, LogHave>();
    const names: number[] = [];
    for (const have of saying.logs) {
      const log = typeof have.log === "number" ? indexes[to].find(have.log) : holders[to].get(logKey(have.log));
      if (log !== undefined) known.set(log, have);
      if (typeof have.log === "number" && log === undefined) names.push(have.log);
      else {
        const key = log?.key ?? (typeof have.log === "number" ? "" : logKey(have.log));
        offers[to].set(key, subtract(have.ranges, log === undefined ? [] : offered(log)));
      }
    }
    if (names.length > 0) say(from, { kind: "reconcile", part: { step: "names", names } });
    say(from, match(indexes[to], saying.covers, known).lacks);
  }
  return { offers, bytes, messages };
}

/** What `to` holds of which `from` lacks something. */
function missing(from: Logs, to: Logs): Map<string, Range[]> {
  const out = new Map<string, Range[]>();
  for (const log of to.inOrder()) {
    const held = from.get(log.key);
    const ranges = subtract(offered(log), held === undefined ? [] : offered(held));
    if (ranges.length > 0) out.set(log.key, ranges);
  }
  return out;
}

function expectAll(a: Logs, b: Logs): Talk {
  const round = talk(a, b);
  const some = (offers: Map<string, Range[]>): object =>
    Object.fromEntries([...offers].filter(([, ranges]) => ranges.length > 0));
  expect(some(round.offers[0])).toEqual(Object.fromEntries(missing(a, b)));
  expect(some(round.offers[1])).toEqual(Object.fromEntries(missing(b, a)));
  return round;
}

/** All logs of both, in full, one frame each way. */
function simpleBytes(a: Logs, b: Logs): number {
  const all = (logs: Logs): LogHave[] =>
    [...logs.inOrder()].map((log) => ({ log: log.id, low: log.low, ranges: [...offered(log)] }));
  let bytes = 0;
  for (const haves of [all(a), all(b)]) {
    for (let at = 0; at === 0 || at < haves.length; at += limits.logsMax) {
      const logs = haves.slice(at, at + limits.logsMax);
      bytes += encodeFrame({ kind: "have", round: ROUND, covers: { kind: "none" }, logs }).length;
    }
  }
  return bytes;
}

const AUTHORS = 300;
const EACH = 3;
const everything = Array.from(
  { length: AUTHORS * EACH },
  (_, i) => [i % AUTHORS, 1 + Math.floor(i / AUTHORS)] as const,
);

/** Each end lacks some authors altogether, and some rumors here and there. */
const lackings = fc.record({
  authors: fc.integer({ min: 0, max: AUTHORS }),
  gone: fc.tuple(...[0, 1].map(() => fc.constantFrom(0, 0, 0.01, 0.1, 0.5, 1))),
  lost: fc.tuple(...[0, 1].map(() => fc.constantFrom(0, 0.001, 0.01, 0.2))),
  recent: fc.boolean(),
  seed: fc.nat(),
});

function pattern({
  authors,
  gone,
  lost,
  recent,
  seed,
}: typeof lackings extends fc.Arbitrary<infer T> ? T : never): [Logs, Logs] {
  const random = Random.from(Uint32Array.of(seed, 1, 2, 3));
  const [one, two] = [0, 1].map((side) => {
    const without = new Set(Array.from({ length: authors }, (_, i) => i).filter(() => random.float() < gone[side]!));
    return everything.filter(([author, seq]) => {
      if (author >= authors || without.has(author)) return false;
      return recent && seq < EACH ? true : random.float() >= lost[side]!;
    });
  });
  return [hold(one!), hold(two!)];
}

describe("a round between two peers that differ", () => {
  it("tells each what it lacks, whatever the pattern, in at most eight messages", () => {
    fc.assert(
      fc.property(lackings, (lacking) => {
        const [a, b] = pattern(lacking);
        expect(expectAll(a, b).messages).toBeLessThanOrEqual(8);
      }),
      { numRuns: 40 },
    );
  });

  it("never costs more than telling all logs, but for what a frame costs", () => {
    fc.assert(
      fc.property(lackings, (lacking) => {
        const [a, b] = pattern(lacking);
        expect(talk(a, b).bytes).toBeLessThanOrEqual(simpleBytes(a, b) + 64);
      }),
      { numRuns: 40 },
    );
  });

  it("over one log of 300 costs no more than a few hundred bytes", () => {
    const b = hold(everything);
    const a = hold(everything.filter(([author, seq]) => author !== 17 || seq !== 3));
    expect(expectAll(a, b).bytes).toBeLessThan(300);
    expect(expectAll(b, a).bytes).toBeLessThan(300);
    expect(simpleBytes(a, b)).toBeGreaterThan(30_000);
  });

  it("takes coded symbols where a few of many logs differ", () => {
    const many = Array.from({ length: 3_000 }, (_, author) => [author, 1] as const);
    const b = hold([...many, ...many.slice(0, 60).map(([author]) => [author * 40, 2] as const)]);
    const a = hold(many);
    const index = new LogIndex(a.inOrder(), ROUND, 0);
    const first = open(new LogIndex(b.inOrder(), ROUND, 0), 3_000);
    expect(first?.kind === "reconcile" && answer(index, first.part)).toMatchObject({ part: { step: "symbols" } });
    expect(expectAll(a, b).bytes).toBeLessThan(60 * 100);
  });

  it("goes on with fingerprints when the symbols do not decode", () => {
    const many = Array.from({ length: 1_000 }, (_, author) => [author, 1] as const);
    const index = new LogIndex(hold(many).inOrder(), ROUND, 0);
    const words = (): Uint32Array => new Uint32Array(40).fill(5);
    const symbols = { size: 1_000, counts: new Int32Array(40).fill(3), highs: words(), lows: words(), checks: words() };
    expect(answer(index, { step: "symbols", symbols })).toMatchObject({ part: { step: "prints", bits: 10 } });
  });

  it("answers nothing with more than its budget, whatever is asked", () => {
    const logs = hold(Array.from({ length: 3_000 }, (_, author) => [author, 1] as const));
    const index = new LogIndex(logs.inOrder(), ROUND, 0);
    const prints = (bits: number, within: number): Saying | undefined =>
      answer(index, {
        step: "prints",
        size: 1e9,
        within: { bits: within, buckets: Array.from({ length: 2 ** within }, (_, i) => i) },
        bits,
        prints: new Uint32Array(2 ** (within + bits)).fill(1),
      });
    const answers = [
      open(index, 0),
      ...[0, 6, 13].flatMap((bits) => [prints(bits, 0), prints(0, bits)]),
      answer(index, { step: "names", names: [...index.names] }),
      match(index, { kind: "all" }, new Map()).lacks,
      match(index, { kind: "buckets", bits: 0, buckets: [0] }, new Map()).lacks,
    ];
    for (const saying of answers) {
      const length = saying === undefined ? 0 : encodeFrame({ ...saying, round: ROUND }).length;
      expect(length).toBeLessThanOrEqual(limits.haveBytesMax + 64);
    }
  });
});
