import { describe, expect, it } from "vitest";
import { Harness, type TestNode, bytesOf } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { at, peerId } from "../room.testing.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";
import { Answers } from "./answers.ts";

const STOCK = { bytes: 100_000, added: 100_000 };
const ALL = STOCK.bytes + limits.answersSpareBytes;
const old = { peer: "asker", sinceMs: -10_000 };

describe("what answers to one peer may cost", () => {
  it("is once everything that we hold, and a little more, at once", () => {
    const answers = new Answers();
    expect(answers.left(old, STOCK, at(0))).toBe(ALL);
    answers.spend("asker", ALL - 1, STOCK, at(0));
    expect(answers.left(old, STOCK, at(0))).toBe(1);
    answers.spend("asker", 500, STOCK, at(0));
    expect(answers.left(old, STOCK, at(0))).toBe(0);
    expect(answers.left({ ...old, peer: "another" }, STOCK, at(0))).toBe(ALL);
  });

  it("is a quarter of that on a link that has only just come up, and all of it half a second later", () => {
    const answers = new Answers();
    expect(answers.left({ peer: "asker", sinceMs: 0 }, STOCK, at(0))).toBe(ALL - 75_000);
    expect(answers.left({ peer: "asker", sinceMs: 0 }, STOCK, at(500))).toBe(ALL);
  });

  it("is there again within a minute, and at once for what is new", () => {
    const answers = new Answers();
    answers.spend("asker", ALL, STOCK, at(0));
    expect(answers.left(old, STOCK, at(limits.debtMs / 2))).toBe(ALL / 2);
    // Something came, and something else went.
    expect(answers.left(old, { bytes: 100_000, added: 110_000 }, at(limits.debtMs / 2))).toBe(ALL / 2 + 10_000);
    expect(answers.left(old, STOCK, at(limits.debtMs))).toBe(ALL);
  });

  it("goes by the peer, not by its link", () => {
    const answers = new Answers();
    answers.spend("asker", ALL, STOCK, at(0));
    expect(answers.left({ ...old, sinceMs: 500 }, STOCK, at(1_000))).toBeLessThan(ALL / 50);
  });

  it("who goes on asking is too much, at once or slowly, but not who asks now and then", () => {
    const refusals = (everyMs: number): number => {
      const answers = new Answers();
      for (let times = 1; times <= 1_000; times++)
        if (answers.refuse("asker", STOCK, at(times * everyMs))) return times;
      return Infinity;
    };
    expect(refusals(0)).toBe(limits.unansweredMax + 1);
    expect(refusals(500)).toBeLessThan(2.1 * limits.unansweredMax);
    expect(refusals(2_000)).toBe(Infinity);
  });

  it("is remembered of so many peers, and no more", () => {
    const answers = new Answers();
    for (let i = 0; i < 2 * limits.debtsMax; i++) answers.spend(`${i}`, 1, STOCK, at(0));
    expect(answers.state.debts.size).toBe(limits.debtsMax);
  });
});

describe("a whole peer", () => {
  const log = { author: peerId(1), incarnation: 1, topic: "0a".repeat(16) };
  const storms: Record<string, (i: number) => Frame> = {
    digests: (i) => ({ kind: "digest", round: i, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8) }),
    "wants of everything": () => ({ kind: "want", round: 0, wants: [{ log, ranges: [[1, 1_000]] }] }),
    "questions for peers": () => ({ kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }),
    "questions for credentials": () => ({ kind: "credentialsWant", peers: [peerId(1), peerId(2), peerId(3)] }),
  };

  it.each(Object.entries(storms))(
    "%s without end cost it little, and those that cost more their sender the link",
    (what, storm) => {
      let answered = 0;
      const world = new Harness({
        onFrame: (from, to, bytes) => {
          if (from === world.nodes[0] && to === world.nodes[1]) answered += bytes.length;
          return bytes;
        },
      });
      const [a, b, c] = [world.add(1), world.add(2), world.add(3)];
      world.run(5_000);
      publish(world, a, 100);
      world.run(5_000);
      const link = a.peer.neighbors.find(({ peer }) => peer === b.id)!.link;
      const { stock } = a.peer.rooms;
      answered = 0;
      let asked = 0;
      // Twenty a second, for five minutes at most: slower than the quota of questions.
      while (world.linked(a, b) && asked < 6_000) {
        world.input(a, { kind: "received", link, channel: "control", bytes: encodeFrame(storm(asked++)) });
        if (asked % 20 === 0) world.run(1_000);
      }
      const minutes = asked / 20 / 60;
      // At once, as much again in a minute, and the answer with which it came to that.
      expect(answered).toBeLessThan((2 + minutes) * (stock.bytes + limits.answersSpareBytes));
      expect(world.linked(a, c)).toBe(true);
      // Digests are answered rarely, and wants wait until they are paid for: they cost less than is forgiven.
      const isBorne = what === "digests" || what === "wants of everything";
      expect(world.linked(a, b)).toBe(isBorne);
      expect(Object.values(a.peer.counts.misbehavior)).toEqual(isBorne ? [] : [1]);
      expect(a.peer.rooms.scores.scoreOf(b.id, a.peer.rooms.now).deeds.offences).toBe(isBorne ? 0 : 1);
    },
  );

  it("leaves no question of honest peers unanswered: a busy mesh, and a newcomer that catches up on all of it", () => {
    const world = new Harness();
    const [a] = [world.add(1), world.add(2), world.add(3)];
    world.run(3_000);
    publish(world, a, 5_000);
    const late = world.add(4);
    world.run(3_000);
    expect(late.peer.rumorCounts.rumors).toBe(5_000);
    for (const { peer } of world.nodes) expect(peer.counts.unanswered).toBe(0);
  });

  function publish(world: Harness, node: TestNode, rumors: number): void {
    const { topic } = log;
    const retention = { countMax: 100_000, bytesMax: 100_000_000, ageMs: 0 };
    for (let i = 0; i < rumors; i++) {
      world.command(node, {
        kind: "publish",
        ref: -1 - i,
        topic,
        keyId: new Uint8Array(8),
        body: bytesOf("x"),
        retention,
      });
      world.run(1);
    }
  }
});
