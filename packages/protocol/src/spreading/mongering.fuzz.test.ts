import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_TUNING } from "../config.ts";
import { limits } from "../limits.ts";
import { Random } from "../random.ts";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Author, idOf } from "../rumors/rumors.testing.ts";
import { copyState } from "../runs/state-copy.ts";
import type { Rumor } from "../types.ts";
import { Lines } from "./lines.ts";
import { DIRECTIONS, MEMORIES } from "../config.ts";
import { REMOVALS, type MongeringRules } from "./mongering-rules.ts";
import { Mongering } from "./mongering.ts";
import { RecentRumors, shortId } from "./recent.ts";
import type { Fresh } from "./strategy.ts";

const rumors: readonly Rumor[] = Array.from({ length: 6 }, (_, i) => new Author(i + 1).write());
const ids: readonly string[] = [...rumors.map((rumor) => shortId(idOf(rumor))), "0011223344556677", "ffffffffffffffff"];
const LINKS = [1, 2, 3] as const;

const link = fc.constantFrom(...LINKS);
const named = fc.array(fc.record({ id: fc.constantFrom(...ids), byte: fc.integer({ min: 0, max: 255 }) }), {
  maxLength: 8,
});

const deed = fc.oneof(
  fc.record({ do: fc.constant("accept" as const), rumor: fc.nat({ max: rumors.length - 1 }), link }),
  fc.record({ do: fc.constant("tell" as const), link, named, flag: fc.boolean() }),
  fc.record({ do: fc.constant("told" as const), link, named, flag: fc.boolean() }),
  fc.record({ do: fc.constantFrom("up" as const, "down" as const, "stuck" as const, "free" as const), link }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const rules: fc.Arbitrary<MongeringRules> = fc.record({
  direction: fc.constantFrom(...DIRECTIONS),
  memory: fc.constantFrom(...MEMORIES),
  removal: fc.constantFrom(...REMOVALS),
  k: fc.integer({ min: 1, max: limits.mongeringKMax }),
  minimize: fc.boolean(),
  connectionLimit: fc.integer({ min: 0, max: 2 }),
  hunt: fc.integer({ min: 0, max: 3 }),
  pushCycles: fc.integer({ min: 1, max: 9 }),
});

class Stage {
  room: Mongering;
  lines = new Lines();
  recent = new RecentRumors();
  readonly out = new Tray();
  nowMs = 50_000;
  private foundation;
  private readonly held = new Map<string, Rumor>();

  constructor(mongering: MongeringRules) {
    this.foundation = makeFoundation(undefined, { spreading: "mongering", mongering });
    this.room = this.make();
  }

  /** As if from a snapshot. */
  restore(): void {
    this.lines = new Lines("", copyState(this.lines.state));
    this.recent = new RecentRumors(copyState(this.recent.state));
    this.foundation = { ...this.foundation, random: Random.from(this.foundation.random.state) };
    this.room = this.make(copyState(this.room.state));
  }

  carryOut(one: Deed): void {
    const { room, lines, out } = this;
    const now = at(this.nowMs);
    switch (one.do) {
      case "accept":
        return this.accept(rumors[one.rumor]!, one.link);
      case "tell": {
        const told = one.named.map(({ id, byte }) => ({ id, counter: byte }));
        if (lines.has(one.link)) room.onFrame(one.link, { kind: "tell", asks: one.flag, rumors: told }, now, out);
        return;
      }
      case "told": {
        const answers = one.named.map(({ id, byte }) => ({ id, standing: byte }));
        if (lines.has(one.link)) room.onFrame(one.link, { kind: "told", refused: one.flag, answers }, now, out);
        return;
      }
      case "up":
        if (lines.has(one.link)) return;
        lines.onLinkUp(one.link);
        return room.onLinkUp();
      case "down":
        lines.onLinkDown(one.link);
        return room.onLinkDown(one.link);
      case "stuck":
      case "free":
        lines.onWritable(one.link, one.do === "free");
        return;
      case "pass": {
        const endMs = this.nowMs + one.ms;
        // A deadline that does not move would be a loop.
        for (let i = 0; room.deadlineMs <= endMs; i++) {
          if (i > 1_000) throw new Error("a loop of deadlines");
          this.nowMs = Math.max(this.nowMs, room.deadlineMs);
          room.onDeadline(at(this.nowMs), out);
          if (room.deadlineMs <= this.nowMs) throw new Error("a deadline that does not move");
        }
        this.nowMs = endMs;
      }
    }
  }

  private accept(rumor: Rumor, from: number): void {
    const key = rumor.header.author;
    if (this.held.has(key)) return;
    this.held.set(key, rumor);
    const known = [from];
    const origin = { link: from, hops: 1, repair: false, knownBy: [] };
    const fresh: Fresh = {
      ...origin,
      rumor,
      id: idOf(rumor),
      key,
      slot: key,
      known,
      traffic: "fresh",
      knows: () => false,
    };
    this.recent.add(fresh, at(this.nowMs));
    this.room.onArrived(fresh, at(this.nowMs));
  }

  private make(state?: Mongering["state"]): Mongering {
    const stock = { find: (key: string) => this.held.get(key), verifying: () => [] };
    return new Mongering(this.foundation, this.lines, this.recent, stock, state);
  }
}

test("whatever neighbors say: no error, no loop, no payload twice over a link, and nothing is hot for ever", () => {
  fc.assert(
    fc.property(rules, fc.array(deed, { maxLength: 60 }), (some, deeds) => {
      const stage = new Stage(some);
      for (const one of LINKS) stage.carryOut({ do: "up", link: one });
      for (const one of deeds) stage.carryOut(one);
      const payloads = stage.out.frames.flatMap(({ link: to, frame }) =>
        frame.kind === "rumor" ? [`${to} ${frame.rumor.header.author}`] : [],
      );
      expect(new Set(payloads).size).toBe(payloads.length);
      stage.carryOut({ do: "pass", ms: limits.hotMs + 3_000 });
      const { infective, removed } = stage.room.counts();
      expect(infective).toBe(0);
      expect(removed).toBe(stage.recent.state.size);
      for (const { frame } of stage.out.frames) {
        if (frame.kind === "tell") for (const { counter } of frame.rumors) expect(counter).toBeLessThan(253);
      }
    }),
    { numRuns: 150 },
  );
});

test("a room restored from a copy of its state goes on as the first would have", () => {
  fc.assert(
    fc.property(rules, fc.array(deed, { maxLength: 25 }), fc.array(deed, { maxLength: 25 }), (some, before, after) => {
      const [first, second] = [new Stage(some), new Stage(some)];
      for (const one of LINKS) for (const stage of [first, second]) stage.carryOut({ do: "up", link: one });
      for (const one of before) for (const stage of [first, second]) stage.carryOut(one);
      second.restore();
      for (const one of after) for (const stage of [first, second]) stage.carryOut(one);
      expect(second.out.frames).toEqual(first.out.frames);
      expect(second.room.state).toEqual(first.room.state);
    }),
    { numRuns: 80 },
  );
});

test("the defaults are rules that a mesh may have", () => {
  expect(DEFAULT_TUNING.mongering.k).toBeLessThanOrEqual(limits.mongeringKMax);
  expect(DEFAULT_TUNING.mongering.removal).not.toBe("none");
});
