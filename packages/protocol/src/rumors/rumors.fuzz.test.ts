import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addId, newSum } from "../repair/fingerprint.ts";
import { logKey } from "../repair/logs.ts";
import { areCanonical, fromMembers } from "../repair/ranges.ts";
import { peerId } from "../room.testing.ts";
import { Author, Crowd, START_MS, TOPIC, TestRumors, frameOf, idOf, signAs } from "./rumors.testing.ts";
import type { Rumors } from "./rumors.ts";
import { copyState } from "../runs/state-copy.ts";
import type { Fork, Header, LogId, Range, Rumor, Validation } from "../types.ts";
import { part } from "../wire/arbitraries.testing.ts";
import type { Covers, Frame } from "../wire/frames.ts";
import { toHex } from "../wire/hex.ts";

const OTHER_TOPIC = "0b".repeat(16);

/** Several authors, topics and incarnations; some logs forget as they go. */
function honestRumors(): Rumor[] {
  const rumors: Rumor[] = [];
  for (const [number, topic] of [
    [1, TOPIC],
    [1, OTHER_TOPIC],
    [2, TOPIC],
  ] as const) {
    rumors.push(...new Author(number, START_MS - 1_000, topic).writeMany(6));
  }
  for (let life = 0; life < 6; life++) rumors.push(...new Author(3, START_MS - 900 + life).writeMany(2));
  const forgetful = new Author(4);
  for (let seq = 1; seq <= 8; seq++) rumors.push(forgetful.write({ low: Math.max(1, seq - 3) }));
  return rumors;
}

/** The same, and logs that their authors forked, broke, forgot beyond the fork, or all of it. */
function dishonestRumors(): Rumor[] {
  const rumors = honestRumors();
  const forked = new Author(5);
  rumors.push(...forked.writeMany(6), forked.fork(forked.written[3]!), forked.fork(forked.written[3]!, { counter: 1 }));
  const twice = new Author(6);
  rumors.push(...twice.writeMany(6), twice.fork(twice.written[4]!), twice.fork(twice.written[1]!));
  const forgiven = new Author(7);
  rumors.push(...forgiven.writeMany(4), forgiven.fork(forgiven.written[2]!));
  rumors.push(...forgiven.writeMany(2), forgiven.write({ low: 5 }), forgiven.write());
  const broken = new Author(8);
  rumors.push(...broken.writeMany(3), broken.write({ prev: new Uint8Array(32).fill(5) }), ...broken.writeMany(2));
  const mended = new Author(9);
  rumors.push(...mended.writeMany(3), mended.write({ prev: new Uint8Array(32).fill(5) }), mended.write({ low: 4 }));
  const third = new Author(10);
  rumors.push(...third.writeMany(5), third.fork(third.written[3]!), third.fork(third.written[3]!, { low: 3 }));
  return rumors;
}

function fill(rumors: readonly Rumor[], subscribe = false): TestRumors {
  const peer = new TestRumors();
  if (subscribe) peer.rumors.onSubscribe(TOPIC, peer.now);
  peer.linkUp(1, 2);
  rumors.forEach((rumor, i) => {
    peer.receive(1 + (i % 2), frameOf(rumor));
    peer.settle();
  });
  return peer;
}

/** Places in a list of that length: each of them once, some of them twice, in any order. */
function shuffled(length: number): fc.Arbitrary<readonly number[]> {
  const all = Array.from({ length }, (_, i) => i);
  return fc.subarray(all).chain((again) => {
    const places = [...all, ...again];
    return fc.shuffledSubarray(places, { minLength: places.length });
  });
}

describe("any permutation and repetition of one set of rumors", () => {
  it("ends in one digest, and costs one verification a rumor", () => {
    const rumors = honestRumors();
    const expected = fill(rumors);
    fc.assert(
      fc.property(shuffled(rumors.length), (order) => {
        const peer = fill(order.map((place) => rumors[place]!));
        expect(toHex(peer.rumors.digest())).toBe(toHex(expected.rumors.digest()));
        expect(peer.verifications).toBeLessThanOrEqual(rumors.length);
        expect(peer.blamed).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("delivers each log in one order, each rumor once in each order", () => {
    const logs = [1, 2, 5].map((number) => new Author(number).writeMany(12));
    fc.assert(
      fc.property(shuffled(36), (order) => {
        const peer = fill(
          order.map((place) => logs.flat()[place]!),
          true,
        );
        for (const log of logs) {
          const delivered = peer
            .effects("deliver")
            .filter(({ rumor }) => rumor.header.author === log[0]!.header.author);
          for (const stream of ["live", "history"]) {
            const seqs = delivered.filter((effect) => effect.stream === stream || effect.stream === "both");
            expect(seqs.map(({ rumor }) => rumor.header.seq)).toEqual(log.map(({ header }) => header.seq));
          }
        }
        expect(peer.gaps).toEqual([]);
        expect(peer.rumors.retained(TOPIC)).toHaveLength(36);
      }),
      { numRuns: 100 },
    );
  });

  it("ends in one digest with forks and broken chains among them", () => {
    const rumors = dishonestRumors();
    const expected = fill(rumors);
    fc.assert(
      fc.property(shuffled(rumors.length), (order) => {
        const peer = fill(order.map((place) => rumors[place]!));
        expect(toHex(peer.rumors.digest())).toBe(toHex(expected.rumors.digest()));
        expect(peer.blamed).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("any order of verdicts", () => {
  /** What an application would say of it, whoever asks and whenever. */
  const verdictOn = ({ header }: Rumor): Validation =>
    (["accept", "reject", "ignore", "accept"] as const)[(header.seq + header.author.charCodeAt(9)) % 4]!;

  it("ends in one digest, whether a peer validates or not, and delivers only what was accepted", () => {
    const rumors = dishonestRumors();
    const expected = toHex(fill(rumors).rumors.digest());
    const accepted = new Set(
      rumors.filter((rumor) => verdictOn(rumor) === "accept").map((rumor) => toHex(idOf(rumor))),
    );
    const chances = fc.array(fc.nat(), { minLength: 100, maxLength: 100 });
    fc.assert(
      fc.property(shuffled(rumors.length), chances, (order, chances) => {
        const peer = new TestRumors();
        peer.rumors.onSubscribe(TOPIC, peer.now);
        for (const topic of [TOPIC, OTHER_TOPIC]) peer.rumors.onValidators(topic, true, peer.now, peer.tray);
        peer.linkUp(1, 2);
        const answerOne = (chance: number): void => {
          const { unjudged } = peer;
          const effect = unjudged[chance % unjudged.length];
          if (effect !== undefined) peer.judge(effect, verdictOn(effect.rumor));
        };
        for (const [i, place] of order.entries()) {
          peer.receive(1 + (i % 2), frameOf(rumors[place]!));
          peer.settle();
          const chance = chances[i % chances.length]!;
          if (chance % 3 === 0) answerOne(chance);
        }
        while (peer.unjudged.length > 0) answerOne(chances[0]!);
        expect(toHex(peer.rumors.digest())).toBe(expected);
        for (const { id } of peer.effects("deliver")) expect(accepted.has(toHex(id))).toBe(true);
        for (const { id } of peer.rumors.retained(TOPIC)) expect(accepted.has(toHex(id))).toBe(true);
        expect(peer.blamed).toEqual([]);
        expect(peer.rumors.state.validating.queues.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("any permutation of one set of rumors and proofs", () => {
  const rumors = dishonestRumors();
  const whole = fill(rumors);
  const { forks } = whole.rumors.state.logs;

  function fillWith(given: readonly (Rumor | Fork)[]): TestRumors {
    const peer = fill([]);
    for (const item of given) {
      if ("a" in item) peer.rumors.onFork(item, peer.now, peer.tray);
      else peer.take([item]);
    }
    return peer;
  }

  function expectOneDigest(items: readonly (Rumor | Fork)[], expected: string): void {
    fc.assert(
      fc.property(shuffled(items.length), (order) => {
        expect(toHex(fillWith(order.map((place) => items[place]!)).rumors.digest())).toBe(expected);
      }),
      { numRuns: 100 },
    );
  }

  it("ends in one digest, that of the rumors alone, for each proof is of two of them", () => {
    expect(forks.length).toBeGreaterThan(4);
    expectOneDigest([...rumors, ...forks], toHex(whole.rumors.digest()));
  });

  it("ends in one digest where of each forked slot one rumor came, and the other is known by its head", () => {
    const firsts = rumors.filter((rumor, i) => rumors.findIndex((other) => isSameSlot(other, rumor)) === i);
    expect(firsts.length).toBeLessThan(rumors.length);
    expectOneDigest([...firsts, ...forks], toHex(fillWith([...firsts, ...forks]).rumors.digest()));
  });
});

function isSameSlot({ header: a }: Rumor, { header: b }: Rumor): boolean {
  return a.author === b.author && a.incarnation === b.incarnation && a.topic === b.topic && a.seq === b.seq;
}

describe("a crowd whose links come and go", () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("publish" as const), who: fc.nat(4), topic: fc.boolean() }) },
    { weight: 10, arbitrary: fc.record({ do: fc.constant("steps" as const), count: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("link" as const), a: fc.nat(4), b: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("break" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("writable" as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 5_000 }) }) },
  );

  it("holds the same in the end, and has delivered everything once and in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.array(action, { maxLength: 60, size: "max" }),
        (size, seed, actions) => {
          const crowd = new Crowd(size, seed, { gapMs: 10_000_000 });
          for (const peer of crowd.peers) peer.rumors.onSubscribe(TOPIC, peer.now);
          let published = 0;
          for (const act of actions) {
            if (act.do === "publish") {
              crowd.peers[act.who % size]!.publish(undefined, undefined, act.topic ? TOPIC : OTHER_TOPIC);
              if (act.topic) published++;
            } else if (act.do === "steps") for (let i = 0; i < act.count; i++) crowd.step();
            else if (act.do === "link") crowd.link(act.a % size, act.b % size);
            else if (act.do === "break") crowd.breakLink();
            else if (act.do === "writable") crowd.setWritable(undefined);
            else crowd.pass(act.ms);
          }
          crowd.linkAll();
          crowd.setWritable(true);
          crowd.pass(30_000);

          const digests = new Set(crowd.peers.map(({ rumors }) => toHex(rumors.digest())));
          expect(digests.size).toBe(1);
          for (const peer of crowd.peers) {
            expect(peer.blamed).toEqual([]);
            expect(peer.gaps).toEqual([]);
            const delivered = peer.effects("deliver");
            expect(delivered.filter(({ stream }) => stream !== "live")).toHaveLength(published);
            expect(delivered.filter(({ stream }) => stream !== "history")).toHaveLength(published);
            for (const order of ["live", "history"]) {
              const last = new Map<string, number>();
              for (const { rumor, stream } of delivered) {
                if (stream !== order && stream !== "both") continue;
                expect(rumor.header.seq).toBe((last.get(rumor.header.author) ?? 0) + 1);
                last.set(rumor.header.author, rumor.header.seq);
              }
            }
            expect(peer.rumors.counts().verifying).toBe(0);
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});

/** The same log for the same name: some forget as they go, some expire. */
function chainOf(log: LogId): readonly Rumor[] {
  const key = logKey(log);
  const known = CHAINS.get(key);
  if (known !== undefined) return known;
  const author = new Author(0, log.incarnation, log.topic, log.author);
  for (let seq = 1; seq <= 8; seq++) {
    const timeMs = START_MS + (log.incarnation % 2 === 0 ? -10_000 : 0) + seq;
    const low = log.incarnation === 3 ? Math.max(1, seq - 4) : 1;
    author.write({ timeMs, low, expiryMs: log.incarnation === 4 ? START_MS + seq * 1_500 : 0 });
  }
  CHAINS.set(key, author.written);
  return author.written;
}
const CHAINS = new Map<string, readonly Rumor[]>();

describe("a peer among strangers who send whatever they like", () => {
  // Few names, so that they meet: copies, forks and holes are what this is about.
  const seq = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 8 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1e6, Number.MAX_SAFE_INTEGER) },
  );
  const range = fc.tuple(seq, seq).map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]);
  const log = fc.record({
    author: fc.constantFrom(1, 1, 1, 2, 3, 0).map(peerId),
    incarnation: fc.constantFrom(...Array.from({ length: 12 }, () => 1), 2, 3, 4, 5, 6, 1_000_000),
    topic: fc.constantFrom(TOPIC, TOPIC, TOPIC, OTHER_TOPIC),
  });
  const change = fc.constantFrom<Partial<Header>>(
    ...Array.from({ length: 8 }, () => ({})),
    { counter: 1 },
    { low: 5 },
    { low: 0 },
    { version: 2 },
    { prev: new Uint8Array(32).fill(6) },
    { timeMs: START_MS + 50_000 },
    { seq: 1e6 },
  );
  const rumor = fc.tuple(log, fc.nat(7), change, fc.nat(5)).map(([log, at, change, forged]): Rumor => {
    const honest = chainOf(log)[at]!;
    const made = signAs({ ...honest.header, ...change }, honest.body);
    return forged === 0 ? { ...made, signature: new Uint8Array(64) } : made;
  });
  const link = fc.integer({ min: 1, max: 4 });
  const round = fc.integer({ min: 0, max: 1 });
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    {
      weight: 16,
      arbitrary: fc.record({ kind: fc.constant("rumor" as const), hops: fc.nat(255), repair: fc.boolean(), rumor }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("digest" as const),
        round,
        beforeMs: fc.constantFrom(0, 1, START_MS),
        logs: fc.nat(40),
        fingerprint: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("reconcile" as const), round, part }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("have" as const),
        round,
        covers: fc.constantFrom<Covers>({ kind: "none" }, { kind: "all" }, { kind: "buckets", bits: 1, buckets: [0] }),
        logs: fc.array(fc.record({ log, low: seq, ranges: fc.array(range, { maxLength: 3 }) }), { maxLength: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("want" as const),
        round,
        wants: fc.array(fc.record({ log, ranges: fc.array(range, { maxLength: 3 }) }), { maxLength: 3 }),
      }),
    },
  );
  const step = fc.oneof(
    { weight: 30, arbitrary: fc.record({ do: fc.constant("frame" as const), link, frame }) },
    { weight: 16, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("link" as const), link, up: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("writable" as const), link, writable: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("admit" as const), author: fc.integer({ min: 2, max: 3 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("publish" as const), countMax: fc.integer({ min: 0, max: 3 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 200, 3_000, 40_000) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("validators" as const), on: fc.boolean() }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("judge" as const),
        which: fc.nat(),
        verdict: fc.constantFrom<Validation>("accept", "reject", "ignore"),
      }),
    },
  );

  it("never throws, keeps its books, and delivers each order as an order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
        const peer = new TestRumors(0, { gapMs: 5_000 });
        peer.strangers.add(peerId(3));
        peer.rumors.onSubscribe(TOPIC, peer.now);
        peer.linkUp(1, 2, 3);
        for (const act of steps) {
          if (act.do === "frame") peer.receive(act.link, act.frame);
          else if (act.do === "answer") {
            const { unanswered } = peer;
            if (unanswered.length > 0) peer.answer(unanswered.splice(act.which % unanswered.length, 1)[0]!);
          } else if (act.do === "validators") peer.rumors.onValidators(TOPIC, act.on, peer.now, peer.tray);
          else if (act.do === "judge") {
            const { unjudged } = peer;
            if (unjudged.length > 0) peer.judge(unjudged[act.which % unjudged.length]!, act.verdict);
          } else if (act.do === "link") {
            if (!act.up) peer.rumors.onLinkDown(act.link, peer.now, peer.tray);
            else if (!peer.rumors.state.spreading.lines.links.has(act.link)) peer.linkUp(act.link);
          } else if (act.do === "writable") peer.rumors.onWritable(act.link, act.writable);
          else if (act.do === "admit") {
            peer.strangers.delete(peerId(act.author));
            peer.rumors.onAdmitted(peerId(act.author), peer.now, peer.tray);
          } else if (act.do === "publish") {
            peer.publish(undefined, { countMax: act.countMax, bytesMax: 100, ageMs: 0 });
          } else if (act.do === "restore") peer.restore(copyState);
          else peer.pass(act.ms);
          expectBooksToBalance(peer.rumors);
        }
        expectOrder(peer);
      }),
      { numRuns: 60 },
    );
  });

  function expectBooksToBalance({ state, deadlineMs }: Rumors): void {
    const { logs, parking, checking, validating } = state;
    const { fetch, catchingUp } = state.repair!;
    let [rumors, bytes] = [0, 0];
    for (const log of logs.logs.values()) {
      const seqs = [...log.held.keys()].toSorted((a, b) => a - b);
      expect(log.ranges).toEqual(fromMembers(seqs));
      expect(log.mute).toEqual(fromMembers(seqs.filter((seq) => log.held.get(seq)!.mute)));
      expect(log.cut).toBe(Math.min(Number.POSITIVE_INFINITY, ...log.contested));
      const visible = seqs.filter((seq) => seq < log.cut);
      expect(log.visible).toBe(visible.length);
      const sum = newSum();
      for (const seq of visible) addId(sum, log.held.get(seq)!.id, 1);
      expect(log.sum).toEqual(sum);
      for (const seq of [...seqs, ...log.contested]) expect(seq).toBeGreaterThanOrEqual(log.low);
      const { cursor } = log;
      if (cursor !== undefined) expect(cursor.live === 0 || cursor.live >= cursor.full).toBe(true);
      rumors += seqs.length;
      bytes += log.bytes;
    }
    expect([logs.rumors, logs.bytes, logs.keys]).toEqual([rumors, bytes, [...logs.logs.keys()].toSorted()]);
    const total = (counts: Map<unknown, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect([total(parking.slots), total(parking.links)]).toEqual([parking.parked.size, parking.parked.size]);
    expect(total(parking.authors)).toBe(
      [...parking.parked.values()].filter(({ reason }) => reason === "author").length,
    );
    expect(total(checking.links)).toBe(checking.checks.size);
    expect([...checking.slots.values()].flat()).toHaveLength(checking.checks.size);
    expect([...validating.slots.values()].flat()).toHaveLength(validating.waiting.size);
    expect([...validating.queues.values()].reduce((sum, { count }) => sum + count, 0)).toBe(validating.waiting.size);
    for (const { asked } of fetch.links.values()) {
      expect(asked.length).toBeLessThanOrEqual(2);
      for (const { parts } of asked) for (const { ranges } of parts) expect(areCanonical(ranges)).toBe(true);
    }
    const pieces = [...catchingUp.trials.values()].flatMap(({ pieces }) => pieces.flatMap(({ named }) => named));
    expect(catchingUp.rumors).toBe(pieces.length);
    expect(catchingUp.bytes).toBe(pieces.reduce((sum, { rumor }) => sum + rumor.body.length, 0));
    expect(Number.isNaN(deadlineMs)).toBe(false);
  }

  function expectOrder(peer: TestRumors): void {
    for (const order of ["live", "history"]) {
      const last = new Map<string, number>();
      for (const { rumor, stream } of peer.effects("deliver")) {
        if (stream !== order && stream !== "both") continue;
        const key = logKey(rumor.header);
        expect(rumor.header.seq).toBeGreaterThan(last.get(key) ?? 0);
        last.set(key, rumor.header.seq);
      }
    }
  }
});
