import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { at, peerId } from "../room.testing.ts";
import type { PeerId } from "../types.ts";
import type { Deeds } from "./scores.ts";
import { NONE, Scores } from "./scores.ts";

const SPELL_MS = 3_000;

/** Neighbors that do the same in each spell; `others` do nothing worth a word. */
class Street {
  readonly scores = new Scores();
  nowMs = 0;
  readonly ended: PeerId[] = [];
  private readonly houses = new Map<PeerId, { deeds: Deeds; habit: Partial<Deeds> }>();

  constructor(habits: Record<string, Partial<Deeds>>, others = 4) {
    for (const [peer, habit] of Object.entries(habits)) this.moveIn(peer, habit);
    for (let i = 0; i < others; i++) this.moveIn(peerId(900 + i), {});
  }

  moveIn(peer: PeerId, habit: Partial<Deeds>): void {
    this.houses.set(peer, { deeds: NONE, habit });
    this.scores.onNeighbor(peer, at(this.nowMs));
  }

  moveOut(peer: PeerId): void {
    this.scores.onNeighborGone(peer, this.houses.get(peer)!.deeds, false, at(this.nowMs));
    this.houses.delete(peer);
  }

  spells(count: number, quiet: readonly PeerId[] = []): void {
    for (let spell = 0; spell < count; spell++) {
      this.nowMs += SPELL_MS;
      const neighbors = [...this.houses].map(([peer, house]) => {
        const deeds = { ...house.deeds };
        for (const [deed, more] of Object.entries(house.habit)) deeds[deed as keyof Deeds] += more;
        house.deeds = deeds;
        return { peer, deeds, isQuiet: quiet.includes(peer) };
      });
      const ended = this.scores.onSpell(neighbors, at(this.nowMs));
      if (ended === undefined) continue;
      this.ended.push(ended);
      this.moveOut(ended);
    }
  }

  value(peer: PeerId): number {
    return this.scores.scoreOf(peer, at(this.nowMs)).value;
  }
}

const GOOD: Partial<Deeds> = { first: 50, late: 50, shown: 1, kept: 5, answered: 1 };

describe("a score", () => {
  it("is the worst of its aspects: nothing makes up for what is never done", () => {
    for (const bad of [{ shown: 0, hidden: 1 }, { kept: 0, broken: 9 }, { again: 2_000 }, { answered: 0, missed: 1 }]) {
      const street = new Street({ good: GOOD, bad: { ...GOOD, ...bad } });
      street.spells(20);
      expect(street.value("good")).toBeGreaterThan(0.3);
      expect(street.value("bad")).toBeLessThan(0);
      const { because, value } = street.scores.scoreOf("bad", at(street.nowMs));
      expect(value).toBe(Math.min(...Object.values(because)));
      expect(Object.values(because).filter((level) => level < 0)).toHaveLength(1);
    }
  });

  it("says why, in numbers that outlast the link", () => {
    const street = new Street({ peer: { hidden: 1, kept: 2 } });
    street.spells(3);
    street.moveOut("peer");
    street.moveIn("peer", { shown: 1 });
    street.spells(2);
    const { deeds } = street.scores.scoreOf("peer", at(street.nowMs));
    expect(deeds).toMatchObject({ hidden: 3, shown: 2, kept: 6, offences: 0 });
  });

  it("is the same at every rate, for a spell is one sample however much happened in it", () => {
    const slow = new Street({ peer: { kept: 1, broken: 3 } });
    const fast = new Street({ peer: { kept: 1_000, broken: 3_000 } });
    slow.spells(10);
    fast.spells(10);
    expect(fast.value("peer")).toBe(slow.value("peer"));
  });

  it("of a newcomer is neither good nor bad, and a few stalls do not make it bad", () => {
    const street = new Street({ peer: { missed: 1, broken: 20 } });
    expect(street.value("peer")).toBeGreaterThan(0);
    street.spells(4);
    expect(street.value("peer")).toBeGreaterThan(0);
  });

  it("does not count a silence twice: what a quiet link does not show is not held against it", () => {
    const street = new Street({ peer: { hidden: 1 } });
    street.spells(20, ["peer"]);
    expect(street.value("peer")).toBeGreaterThan(0);
  });

  it("takes a promise that is kept late for kept", () => {
    const street = new Street({ late: { broken: 2 } });
    street.spells(1);
    const { deeds } = street.scores.scoreOf("late", at(street.nowMs));
    street.scores.onSpell([{ peer: "late", deeds: { ...NONE, kept: 2 }, isQuiet: false }], at(street.nowMs + SPELL_MS));
    expect(deeds).toMatchObject({ broken: 2, kept: 0 });
    expect(street.scores.scoreOf("late", at(street.nowMs)).deeds).toMatchObject({ broken: 0, kept: 2 });
  });
});

describe("a low score", () => {
  it("costs the link, of the worst neighbor first, and of one at a time", () => {
    const street = new Street({ bad: { hidden: 1 }, worse: { hidden: 1, broken: 1 } }, 2);
    street.scores.onOffence("worse", at(0));
    street.scores.onOffence("worse", at(0));
    street.spells(5);
    expect(street.ended).toEqual(["bad"]);
    street.spells(1);
    expect(street.ended).toEqual(["bad"]);
    street.spells(60);
    expect(street.ended).toEqual(["bad", "worse"]);
  });

  it("never leaves a peer lonely", () => {
    const street = new Street({ a: { hidden: 1 }, b: { hidden: 1 } }, 0);
    street.spells(40);
    expect(street.value("a")).toBeLessThan(-0.5);
    expect(street.ended).toEqual([]);
  });

  it("survives a reconnection, but gives a fair chance after time", () => {
    const street = new Street({ bad: { hidden: 1 } });
    street.spells(6);
    expect(street.ended).toEqual(["bad"]);
    expect(street.scores.isGraylisted("bad", at(street.nowMs + 290_000))).toBe(true);
    expect(street.value("bad")).toBeLessThan(-0.5);

    street.nowMs += 300_000;
    expect(street.scores.isGraylisted("bad", at(street.nowMs))).toBe(false);
    expect(street.value("bad")).toBeGreaterThan(0);
    street.moveIn("bad", { hidden: 1 });
    // It has less to lose than a newcomer, and loses it for longer.
    street.spells(4);
    expect(street.ended).toEqual(["bad", "bad"]);
    expect(street.scores.scoreOf("bad", at(street.nowMs)).graylistedMs).toBeGreaterThan(500_000);

    street.nowMs += 10 * 3_600_000;
    expect(street.value("bad")).toBeCloseTo(1 / 3);
  });

  it("comes of three offences in short order, and is forgiven", () => {
    const street = new Street({ peer: GOOD });
    street.spells(20);
    for (const [offences, isOut] of [
      [1, false],
      [2, false],
      [3, true],
    ] as const) {
      street.scores.onOffence("peer", at(street.nowMs));
      expect(street.scores.isGraylisted("peer", at(street.nowMs))).toBe(isOut);
      expect(street.scores.scoreOf("peer", at(street.nowMs)).deeds.offences).toBe(offences);
    }
    street.nowMs += 600_000;
    expect(street.value("peer")).toBeGreaterThan(0.5);
  });
});

it("remembers so many and no more, the remarkable and the present longest", () => {
  const scores = new Scores();
  const present = { peer: "present", deeds: { ...NONE }, isQuiet: false };
  scores.onNeighbor("present", at(0));
  for (let i = 0; i < 3; i++) scores.onOffence("liar", at(0));
  for (let i = 0; i < 2 * limits.scoresMax; i++) {
    scores.onNeighbor(peerId(i), at(i));
    scores.onNeighborGone(peerId(i), NONE, false, at(i));
  }
  scores.onSpell([present], at(5_000));
  expect(scores.counts(at(5_000)).known).toBe(limits.scoresMax);
  expect(scores.isGraylisted("liar", at(5_000))).toBe(true);
  expect(scores.state.cards.has("present")).toBe(true);
});
