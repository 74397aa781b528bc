import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Author, Crowd, START_MS, TOPIC, TestRumors, frameOf } from "./rumors.testing.ts";
import type { Rumor } from "./types.ts";

const OTHER_TOPIC = "0b".repeat(16);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

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
        expect(hex(peer.rumors.digest())).toBe(hex(expected.rumors.digest()));
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
        expect(hex(peer.rumors.digest())).toBe(hex(expected.rumors.digest()));
        expect(peer.blamed).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

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
        fc.array(action, { maxLength: 60 }),
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

          const digests = new Set(crowd.peers.map(({ rumors }) => hex(rumors.digest())));
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
