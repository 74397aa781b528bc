import { describe, expect, test } from "vitest";
import { DEFAULT_TUNING } from "../config.ts";
import { limits } from "../limits.ts";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Author, idOf } from "../rumors/rumors.testing.ts";
import type { Rumor } from "../types.ts";
import { STANDING } from "../wire/frames.ts";
import type { TellFrame, ToldFrame } from "../wire/frames.ts";
import { Lines } from "./lines.ts";
import type { MongeringRules } from "./mongering-rules.ts";
import { MongeringCrowd } from "./mongering.testing.ts";
import { Mongering } from "./mongering.ts";
import { RecentRumors, shortId } from "./recent.ts";
import type { Fresh } from "./strategy.ts";

const PERIOD_MS = DEFAULT_TUNING.mongerPeriodMs;

/** One room with neighbors that the test speaks for. */
class Stage {
  readonly lines = new Lines();
  readonly recent = new RecentRumors();
  readonly out = new Tray();
  readonly room: Mongering;
  nowMs = 100_000;
  private readonly held = new Map<string, Rumor>();
  private written = 0;

  constructor(rules: Partial<MongeringRules> = {}, links: readonly number[] = [1], spreading = "mongering" as const) {
    const mongering = { ...DEFAULT_TUNING.mongering, ...rules };
    const foundation = makeFoundation(undefined, { spreading, mongering });
    const stock = { find: (key: string) => this.held.get(key), verifying: () => [] };
    this.room = new Mongering(foundation, this.lines, this.recent, stock);
    for (const link of links) {
      this.lines.onLinkUp(link);
      this.room.onLinkUp();
    }
  }

  accept(link?: number, rumor: Rumor = new Author(++this.written).write({ timeMs: this.nowMs })): string {
    const id = idOf(rumor);
    const key = rumor.header.author;
    this.held.set(key, rumor);
    const known = link === undefined ? [] : [link];
    const fresh: Fresh = {
      ...{ link, hops: 1, repair: false, knownBy: [], rumor, id, key, slot: key, known },
      traffic: "fresh",
      knows: () => false,
    };
    this.recent.add(fresh, at(0));
    this.room.onArrived(fresh, at(this.nowMs));
    return shortId(id);
  }

  cycle(): void {
    this.nowMs = Math.max(this.nowMs + 2 * PERIOD_MS, Math.min(this.room.deadlineMs, this.nowMs + 3 * PERIOD_MS));
    this.room.onDeadline(at(this.nowMs), this.out);
  }

  tell(link: number, rumors: TellFrame["rumors"], asks = false): void {
    this.room.onFrame(link, { kind: "tell", asks, rumors }, at(this.nowMs), this.out);
  }

  told(link: number, answers: ToldFrame["answers"], refused = false): void {
    this.room.onFrame(link, { kind: "told", refused, answers }, at(this.nowMs), this.out);
  }

  /** Frames sent since the last look. */
  get sent(): { readonly link: number; readonly frame: unknown }[] {
    return this.out.frames.splice(0).map(({ link, frame }) => ({ link, frame }));
  }
}

const PUSH = { direction: "push", k: 1, minimize: false } as const;

describe("calling", () => {
  test("a fresh rumor is told at once after a quiet time, then once a cycle", () => {
    const stage = new Stage(PUSH);
    expect(stage.room.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    const id = stage.accept();
    expect(stage.room.deadlineMs).toBe(stage.nowMs);
    stage.room.onDeadline(at(stage.nowMs), stage.out);
    expect(stage.sent).toEqual([{ link: 1, frame: { kind: "tell", asks: false, rumors: [{ id, counter: 0 }] } }]);
    expect(stage.room.deadlineMs - stage.nowMs).toBeGreaterThanOrEqual(0.8 * PERIOD_MS);
    expect(stage.room.deadlineMs - stage.nowMs).toBeLessThanOrEqual(1.2 * PERIOD_MS);
  });

  test("who pulls calls in every cycle, and names nothing that it only pulls", () => {
    const stage = new Stage({ direction: "pull" });
    stage.accept();
    stage.cycle();
    stage.cycle();
    const call = { link: 1, frame: { kind: "tell", asks: true, rumors: [] } };
    expect(stage.sent).toEqual([call, call]);
  });

  test("push-then-pull tells the young when it calls, and the old when it is called", () => {
    const stage = new Stage({ direction: "push-then-pull", pushCycles: 4 });
    const old = stage.accept();
    stage.nowMs += 4 * PERIOD_MS;
    const young = stage.accept();
    stage.room.onDeadline(at(stage.nowMs), stage.out);
    expect(stage.sent).toEqual([{ link: 1, frame: { kind: "tell", asks: true, rumors: [{ id: young, counter: 0 }] } }]);
    stage.tell(1, [], true);
    expect(stage.sent).toEqual([{ link: 1, frame: { kind: "tell", asks: false, rumors: [{ id: old, counter: 0 }] } }]);
  });

  test("a refused caller hunts, another neighbor each time, as often as it may", () => {
    const stage = new Stage({ ...PUSH, hunt: 2 }, [1, 2, 3, 4]);
    stage.accept();
    stage.cycle();
    const called = new Set<number>();
    for (let tries = 0; tries < 5; tries++) {
      const [call] = stage.sent;
      if (call === undefined) break;
      called.add(call.link);
      stage.told(call.link, [], true);
    }
    expect(called.size).toBe(3);
    expect(stage.room.counts()).toMatchObject({ calls: 3, hunted: 2 });
  });

  test("a refusal from somebody who was not called is nothing", () => {
    const stage = new Stage({ ...PUSH, hunt: 2 }, [1, 2]);
    stage.accept();
    stage.cycle();
    const [call] = stage.sent;
    stage.told(3 - call!.link, [], true);
    expect(stage.sent).toEqual([]);
  });

  test("a link that is not writable is not called; a hot rumor waits", () => {
    const stage = new Stage(PUSH);
    stage.lines.onWritable(1, false);
    stage.accept();
    stage.cycle();
    expect(stage.sent).toEqual([]);
    stage.lines.onWritable(1, true);
    stage.cycle();
    expect(stage.sent).toHaveLength(1);
  });

  test("more hot rumors than a frame holds take several, and one call", () => {
    const stage = new Stage(PUSH);
    for (let i = 0; i < limits.announcedMax + 1; i++) stage.accept();
    stage.cycle();
    expect(stage.sent.map(({ frame }) => (frame as TellFrame).rumors.length)).toEqual([limits.announcedMax, 1]);
    expect(stage.room.counts()).toMatchObject({ calls: 1 });
  });
});

describe("being told", () => {
  const id = "0011223344556677";

  test("what is not here is asked for once, whoever tells; the second hears that it is on its way", () => {
    const stage = new Stage(PUSH, [1, 2]);
    stage.tell(1, [{ id, counter: 0 }]);
    stage.tell(2, [{ id, counter: 0 }]);
    expect(stage.sent).toEqual([
      { link: 1, frame: { kind: "told", refused: false, answers: [{ id, standing: STANDING.wants }] } },
      { link: 2, frame: { kind: "told", refused: false, answers: [{ id, standing: STANDING.awaits }] } },
    ]);
    expect(stage.room.counts().susceptible).toBe(1);
  });

  test("what did not come in a second is asked of the next who tells, and of anybody once the link is gone", () => {
    const stage = new Stage(PUSH, [1, 2]);
    stage.tell(1, [{ id, counter: 0 }]);
    stage.nowMs += 1_001;
    stage.tell(2, [{ id, counter: 0 }]);
    stage.room.onLinkDown(2);
    stage.tell(1, [{ id, counter: 0 }]);
    expect(stage.sent.map(({ frame }) => (frame as ToldFrame).answers[0]!.standing)).toEqual([
      STANDING.wants,
      STANDING.wants,
      STANDING.wants,
    ]);
  });

  test("answers with its counter while a rumor is hot, and that it is removed afterwards", () => {
    const stage = new Stage(PUSH);
    const hot = stage.accept();
    stage.tell(1, [{ id: hot, counter: 0 }]);
    stage.cycle();
    stage.told(1, [{ id: hot, standing: STANDING.removed }]);
    stage.cycle();
    stage.tell(1, [{ id: hot, counter: 0 }]);
    const standings = stage.sent.flatMap(({ frame }) =>
      (frame as ToldFrame).kind === "told" ? (frame as ToldFrame).answers.map(({ standing }) => standing) : [],
    );
    expect(standings).toEqual([0, STANDING.removed]);
  });

  test("one neighbor's promises are bounded, and take nobody else's places", () => {
    const stage = new Stage(PUSH, [1, 2]);
    const ids = Array.from({ length: limits.awaitedMax + 1 }, (_, i) => i.toString(16).padStart(16, "0"));
    for (const one of ids) stage.tell(1, [{ id: one, counter: 0 }]);
    expect(stage.room.counts().susceptible).toBe(limits.awaitedMax);
    stage.tell(2, [{ id, counter: 0 }]);
    expect(stage.sent.at(-1)!.frame).toMatchObject({ answers: [{ standing: STANDING.wants }] });
  });

  test("takes as many calls in a cycle as the limit says, and refuses others", () => {
    const stage = new Stage({ ...PUSH, connectionLimit: 1 }, [1, 2]);
    stage.tell(1, []);
    stage.tell(1, []);
    stage.tell(2, []);
    expect(stage.sent).toEqual([{ link: 2, frame: { kind: "told", refused: true, answers: [] } }]);
    stage.nowMs += PERIOD_MS;
    stage.tell(2, []);
    expect(stage.sent).toEqual([]);
  });

  test("what it asked to be told is no call", () => {
    const stage = new Stage({ direction: "pull", connectionLimit: 1 }, [1]);
    stage.cycle();
    stage.tell(2, []);
    stage.tell(1, []);
    expect(stage.sent.map(({ frame }) => (frame as TellFrame).kind)).toEqual(["tell"]);
  });
});

describe("answers", () => {
  test("who wants a payload gets it, once", () => {
    const stage = new Stage(PUSH);
    const id = stage.accept();
    stage.cycle();
    stage.out.frames.length = 0;
    stage.told(1, [{ id, standing: STANDING.wants }]);
    stage.told(1, [{ id, standing: STANDING.wants }]);
    expect(stage.sent).toMatchObject([{ link: 1, frame: { kind: "rumor", hops: 2, repair: false } }]);
  });

  test("a useless contact removes at k, a useful one in the same cycle keeps it hot", () => {
    const stage = new Stage(PUSH, [1, 2]);
    const id = stage.accept();
    stage.cycle();
    const [call] = stage.sent;
    stage.told(call!.link, [{ id, standing: STANDING.awaits }]);
    stage.cycle();
    expect(stage.room.counts()).toMatchObject({ infective: 1, removed: 0 });
    stage.told(stage.sent[0]!.link, [{ id, standing: 0 }]);
    stage.cycle();
    expect(stage.room.counts()).toMatchObject({ infective: 0, removed: 1 });
    expect(stage.room.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("count only from those who were told something", () => {
    const stage = new Stage(PUSH, [1, 2]);
    const id = stage.accept();
    stage.cycle();
    const [call] = stage.sent;
    stage.told(3 - call!.link, [{ id, standing: STANDING.removed }]);
    stage.cycle();
    expect(stage.room.counts().infective).toBe(1);
  });

  test("whoever says to lack what it was sent keeps nothing hot", () => {
    const stage = new Stage(PUSH);
    const id = stage.accept();
    stage.cycle();
    stage.told(1, [{ id, standing: STANDING.wants }]);
    stage.cycle();
    stage.told(1, [{ id, standing: STANDING.wants }]);
    stage.cycle();
    expect(stage.room.counts().infective).toBe(0);
  });

  test("are all one to the blind", () => {
    const stage = new Stage({ ...PUSH, memory: "blind", k: 2 });
    const id = stage.accept();
    for (const standing of [STANDING.awaits, STANDING.removed]) {
      stage.cycle();
      stage.told(1, [{ id, standing }]);
    }
    stage.cycle();
    expect(stage.room.counts()).toMatchObject({ removed: 1, updates: 2 });
  });
});

test("a rumor that nobody answers for is hot no longer than the limit", () => {
  const stage = new Stage(PUSH);
  stage.accept();
  for (let i = 0; i * 2 * PERIOD_MS <= limits.hotMs; i++) stage.cycle();
  stage.cycle();
  expect(stage.room.counts()).toMatchObject({ infective: 0, removed: 1 });
});

test("the longest infective make room when too many are hot", () => {
  const stage = new Stage(PUSH);
  for (let i = 0; i < limits.hotMax + 3; i++) stage.accept();
  expect(stage.room.counts()).toMatchObject({ infective: limits.hotMax, removed: 3 });
});

describe("a crowd of 100 rooms, each a neighbor of all", () => {
  function spread(rules: Partial<MongeringRules>, rumors: number, seed = 1) {
    const mongering = { ...DEFAULT_TUNING.mongering, ...rules };
    const crowd = new MongeringCrowd(100, seed, { mongering });
    let reached = 0;
    for (let i = 0; i < rumors; i++) {
      const rumor = crowd.publish(i % 100);
      for (let seconds = 0; seconds < 20 && (seconds === 0 || crowd.sum("infective") > 0); seconds++) crowd.run(1_000);
      reached += crowd.holders(rumor);
    }
    return { crowd, residue: 1 - reached / (100 * rumors), traffic: crowd.sum("updates") / (100 * rumors) };
  }

  /** Table 1 of Demers et al., from the shipped code. Cycles out of step send some 5% less: fewer contacts count as useful. */
  test.each([
    [1, 0.176, 1.74],
    [2, 0.037, 3.3],
  ])(
    "push, feedback, counter, k = %i leaves the published residue for the published traffic",
    (k, residue, traffic) => {
      const spreaded = spread({ ...PUSH, k }, 40);
      expect(Math.abs(spreaded.residue - residue)).toBeLessThan(residue / 4);
      expect(Math.abs(spreaded.traffic - traffic)).toBeLessThan(traffic / 10);
      expect(spreaded.crowd.sum("infective")).toBe(0);
      expect(spreaded.crowd.duplicates).toBe(0);
    },
  );

  test.each([
    ["push", "counter"],
    ["pull", "counter"],
    ["push-pull", "counter"],
    ["push-then-pull", "counter"],
    ["push-pull", "coin"],
    ["push-pull", "median-counter"],
  ] as const)("%s with %s reaches almost all, and everybody stops", (direction, removal) => {
    const { crowd, residue } = spread({ direction, removal, k: 4 }, 3);
    expect(residue).toBeLessThan(0.04);
    expect(crowd.sum("infective")).toBe(0);
    expect(crowd.sum("removed")).toBe(Math.round((1 - residue) * 300));
  });
});
