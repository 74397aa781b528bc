/**
 * The rules of what is believed (DESIGN, "What is believed"; ARCHITECTURE, "Rules and their adversaries"): against each an
 * adversary that breaks only this rule. With the rule the honest keep what it protects; with it switched off the adversary
 * wins, so none of these tests can pass for another reason. Rule 6 has its own in `repair/routed.test.ts`, rule 9 in the
 * crypto package, "one verdict everywhere".
 */
import { describe, expect, it } from "vitest";
import { Harness, type TestNode } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { mutate, mutateGetter } from "./mutation.testing.ts";
import { testHash } from "../room.testing.ts";
import { Author, TestRumors, frameOf, idOf } from "./rumors.testing.ts";
import { compare } from "../repair/ids.ts";
import { logKey } from "../repair/logs.ts";
import type { Rumors } from "./rumors.ts";
import { headOf } from "../state/entry.ts";
import type { Range, Rumor } from "../types.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";

interface Duel {
  readonly rule: number;
  readonly says: string;
  readonly adversary: string;
  /** Is what the rule protects still true in the end? `isOn`: the rule is there. */
  play(isOn: boolean): boolean;
}

const LIAR = 1;
const HONEST = 2;

/** A victim between a liar and an honest neighbor, which answers what it is asked for. */
class Victim extends TestRumors {
  private round = 0;

  constructor(isOn: boolean, off: (rumors: Rumors) => void) {
    super();
    if (!isOn) off(this.rumors);
    this.linkUp(LIAR, HONEST);
  }

  /** A neighbor states in a round that it has so much of a log. */
  have(link: number, { id: author, incarnation, topic }: Author, ranges: Range[]): void {
    const round = ++this.round;
    this.receive(link, { kind: "digest", round, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8).fill(1) });
    const logs = [{ log: { author, incarnation, topic }, low: 1, ranges }];
    this.receive(link, { kind: "have", round, covers: { kind: "none" }, logs });
  }

  /** Let time pass; whatever the honest neighbor is asked for it delivers. */
  live(seconds: number, held: readonly Rumor[]): void {
    for (let second = 0; second < seconds; second++) {
      this.pass(1_000);
      const wants = this.sent("want", HONEST).flatMap((want) => want.wants);
      this.forget();
      for (const { ranges } of wants) {
        for (const [from, to] of ranges) this.take(held.slice(from - 1, to), HONEST, true);
      }
    }
  }

  get rumorsHeld(): number {
    return this.rumors.counts().rumors;
  }
}

/** The liar has said that it has a log, and an honest neighbor has said so too, and has it. */
function promised(isOn: boolean, off: (rumors: Rumors) => void): boolean {
  const [victim, author] = [new Victim(isOn, off), new Author(1)];
  const written = author.writeMany(5);
  victim.have(LIAR, author, [[1, 5]]);
  victim.have(HONEST, author, [[1, 5]]);
  victim.live(20, written);
  return victim.rumorsHeld === written.length;
}

/** Three whole peers that know each other. */
function trio(): { world: Harness; nodes: readonly [TestNode, TestNode, TestNode] } {
  const world = new Harness();
  const nodes = [world.add(1), world.add(2), world.add(3)] as const;
  world.run(5_000);
  return { world, nodes };
}

function hand(world: Harness, from: TestNode, to: TestNode, frame: Frame): void {
  const { link } = to.peer.neighbors.find(({ peer }) => peer === from.id)!;
  world.input(to, { kind: "received", link, channel: "data", bytes: encodeFrame(frame) });
}

const isLinked = (a: TestNode, b: TestNode): boolean => a.peer.neighbors.some(({ peer }) => peer === b.id);

const duels: readonly Duel[] = [
  {
    rule: 1,
    says: "a relay's word is a hint",
    adversary: "a neighbor that says it has what it never delivers",
    // What somebody says to have is as good as held.
    play: (isOn) => promised(isOn, (rumors) => mutate(rumors, "logs.lacking", () => () => [])),
  },
  {
    rule: 2,
    says: "ranges are promises, and whoever breaks them is passed over",
    adversary: "a neighbor that keeps those who ask it waiting",
    play: (isOn) =>
      promised(isOn, (rumors) => {
        mutate(rumors, "repairing.fetch.onDeadline", () => () => []);
        mutateGetter(rumors, "repairing.fetch.deadlineMs", Number.POSITIVE_INFINITY);
      }),
  },
  {
    rule: 3,
    says: "evidence certifies itself",
    adversary: "an accuser with two statements that the accused never signed",
    play: (isOn) => {
      const { world, nodes } = trio();
      const [victim, liar, accused] = nodes;
      if (!isOn) mutate(victim.peer.rooms, "convictions.onVerified", (judge) => (ref) => judge(ref, true));
      const author = new Author(3, accused.config.incarnation, undefined, accused.id);
      const first = author.write();
      const forged = [first, author.fork(first)].map((rumor) => ({ ...rumor, signature: new Uint8Array(64).fill(9) }));
      forged.sort((a, b) => compare(idOf(a), idOf(b)));
      const [a, b] = forged.map((rumor) => headOf(rumor, testHash));
      hand(world, liar, victim, { kind: "evidence", evidence: { kind: "fork", a: a!, b: b! } });
      world.run(1_000);
      return victim.event("convicted").length === 0 && isLinked(victim, accused) && !isLinked(victim, liar);
    },
  },
  {
    rule: 4,
    says: "order of arrival decides nothing",
    adversary: "an author that tells one peer this first, and another one that",
    play: (isOn) => {
      // First come, first served.
      const off = (rumors: Rumors): void =>
        mutate(rumors, "logs.append", (append) => (rumor, ...rest) => {
          const { header } = rumor as Rumor;
          const log = rumors.state.logs.logs.get(logKey(header));
          return log?.held.has(header.seq) === true ? { outcome: "past" } : append(rumor, ...rest);
        });
      const [one, other] = [new Victim(isOn, off), new Victim(isOn, off)];
      const author = new Author(1);
      const [first, second] = author.writeMany(2) as [Rumor, Rumor];
      const fork = author.fork(second);
      one.take([first, second, fork], LIAR);
      other.take([first, fork, second], LIAR);
      return compare(one.rumors.digest(), other.rumors.digest()) === 0;
    },
  },
  {
    rule: 5,
    says: "bytes that fail the hash or the signature are never applied, stored or forwarded",
    adversary: "a relay that flips one bit",
    play: (isOn) => {
      const victim = new Victim(isOn, (rumors) =>
        mutate(rumors, "checking.onVerified", (judge) => (ref, _, out) => judge(ref, true, out)),
      );
      const rumor = new Author(1).write();
      const flipped = { ...rumor, body: rumor.body.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) };
      victim.take([flipped], LIAR);
      return victim.rumorsHeld + victim.effects("persist").length + victim.sent("rumor", HONEST).length === 0;
    },
  },
  {
    rule: 7,
    says: "a question may not cost more than it is worth",
    adversary: "a neighbor that asks for everything, again and again",
    play: (isOn) => {
      const victim = new Victim(isOn, (rumors) =>
        mutate(rumors, "repairing.rounds.onDigest", (answer) => (link, ...rest) => {
          rumors.state.repair!.rounds.links.get(link as number)!.freeMs = 0;
          return answer(link, ...rest);
        }),
      );
      for (let author = 1; author <= 100; author++) victim.take(new Author(author).writeMany(1), HONEST);
      victim.forget();
      const asked: Frame = { kind: "digest", round: 7, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8).fill(1) };
      for (let i = 0; i < 200; i++) {
        victim.receive(LIAR, { ...asked, round: i });
        victim.pass(5);
      }
      const bytes = victim.sent("have", LIAR).reduce((sum, frame) => sum + encodeFrame(frame).length, 0);
      // Asking costs the asker some 20 B each time; an honest one learns by the answer what it lacks.
      return bytes <= 10 * 200 * encodeFrame(asked).length;
    },
  },
  {
    rule: 8,
    says: "skewed clocks are ignored, never punished",
    adversary: "an author whose stamps are too early for some and not for others",
    play: (isOn) => {
      const { world, nodes } = trio();
      const [victim, relay, author] = nodes;
      if (!isOn) {
        mutate(victim.peer.rooms, "rumors.consider", (consider) => (link, frame, now, out) => {
          const { timeMs } = (frame as { rumor: Rumor }).rumor.header;
          const isAhead = timeMs > (now as { meshMs: number }).meshMs + limits.skewMs;
          return isAhead ? "a stamp ahead of time" : consider(link, frame, now, out);
        });
      }
      const ahead = new Author(3, author.config.incarnation, undefined, author.id);
      const rumor = ahead.write({ timeMs: world.nowMs + limits.skewMs + 1_000 });
      hand(world, relay, victim, frameOf(rumor));
      world.run(2_500);
      return (
        isLinked(victim, relay) && victim.event("misbehavior").length === 0 && victim.peer.rumorCounts.rumors === 1
      );
    },
  },
];

describe.each(duels)("rule $rule, $says", (duel) => {
  it(`holds against ${duel.adversary}`, () => {
    expect(duel.play(true)).toBe(true);
  });

  it("does not, switched off", () => {
    expect(duel.play(false)).toBe(false);
  });
});

it("a rule that is switched off by a name that is gone is an error", () => {
  const { rumors } = new TestRumors();
  expect(() => mutate(rumors, "logs.gone", () => () => [])).toThrow("expected a method");
  expect(() => mutate(rumors, "gone.append", () => () => [])).toThrow("expected a room");
  expect(() => mutateGetter(rumors, "logs.gone", 1)).toThrow("expected a getter");
});
