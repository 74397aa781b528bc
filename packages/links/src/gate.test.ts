import { beforeEach, describe, expect, test } from "vitest";
import { Gate, type Place } from "./gate.ts";
import { linkLimits } from "./limits.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});
const gateOf = (options: { dialsMax?: number; createBurst?: number; createPeriodMs?: number }): Gate =>
  new Gate({ dialsMax: 5, dialMs: 2000, createBurst: 100, createPeriodMs: 1000, ...options }, clock);

describe("places", () => {
  test("are taken in turn, and no more than there are", () => {
    const gate = gateOf({ dialsMax: 2 });
    const inside: string[] = [];
    const [first] = ["a", "b", "c", "d"].map((name) => gate.enter("create", () => inside.push(name)));
    expect([inside, gate.dialing, gate.waiting]).toEqual([["a", "b"], 2, 2]);
    first!.leave();
    first!.leave();
    expect([inside, gate.dialing, gate.waiting]).toEqual([["a", "b", "c"], 2, 1]);
  });

  test("go first to connections begun", () => {
    const gate = gateOf({ dialsMax: 1 });
    const inside: string[] = [];
    const first = gate.enter("create", () => inside.push("first"));
    gate.enter("create", () => inside.push("new"));
    gate.enter("connect", () => inside.push("begun"));
    first.leave();
    expect(inside).toEqual(["first", "begun"]);
  });

  test("are not for those who left the line", () => {
    const gate = gateOf({ dialsMax: 1 });
    const inside: string[] = [];
    const first = gate.enter("create", () => inside.push("first"));
    gate.enter("create", () => inside.push("gone")).leave();
    gate.enter("create", () => inside.push("next"));
    first.leave();
    expect([inside, gate.waiting]).toEqual([["first", "next"], 0]);
  });

  test("are given up by those who take too long", async () => {
    const gate = gateOf({ dialsMax: 1 });
    const inside: string[] = [];
    gate.enter("connect", () => inside.push("vanished"));
    gate.enter("connect", () => inside.push("next"));
    await clock.pass(1999);
    expect(inside).toEqual(["vanished"]);
    await clock.pass(1);
    expect([inside, gate.dialing]).toEqual([["vanished", "next"], 1]);
  });

  test("are free again when work ends as soon as it begins", () => {
    const gate = gateOf({ dialsMax: 1 });
    let runs = 0;
    for (let i = 0; i < 50; i++) {
      gate.enter("create", (place: Place) => {
        runs++;
        place.leave();
      });
    }
    expect([runs, gate.dialing]).toEqual([50, 0]);
  });
});

describe("the bucket", () => {
  test("lets a burst through, and then one in each period", async () => {
    const gate = gateOf({ createBurst: 3, createPeriodMs: 100 });
    let created = 0;
    for (let i = 0; i < 6; i++) {
      gate.enter("create", (place) => {
        created++;
        place.leave();
      });
    }
    expect([created, gate.creatable, gate.waiting]).toEqual([3, 0, 3]);
    await clock.pass(99);
    expect(created).toBe(3);
    await clock.pass(1);
    expect(created).toBe(4);
    await clock.pass(200);
    expect([created, gate.waiting]).toEqual([6, 0]);
    await clock.pass(10_000);
    expect(gate.creatable).toBe(3);
  });

  test("is not asked for connections begun", () => {
    const gate = gateOf({ createBurst: 1 });
    let connected = 0;
    gate.enter("create", (place) => place.leave());
    gate.enter("create", (place) => place.leave());
    gate.enter("connect", () => connected++);
    expect([connected, gate.waiting]).toEqual([1, 1]);
  });
});

describe("after a failure", () => {
  test("nothing is created for a time that doubles, up to its bound, until one succeeds", async () => {
    const gate = gateOf({});
    const tried: number[] = [];
    const startMs = clock.nowMs();
    const attempt = (fails: boolean): void => {
      gate.enter("create", (place) => {
        tried.push(clock.nowMs() - startMs);
        if (fails) gate.failed();
        else gate.succeeded();
        place.leave();
      });
    };
    attempt(true);
    attempt(true);
    attempt(false);
    attempt(false);
    expect([tried, gate.creatable]).toEqual([[0], 0]);
    await clock.pass(3 * linkLimits.backOffMsMin);
    expect(tried).toEqual([0, linkLimits.backOffMsMin, 3 * linkLimits.backOffMsMin, 3 * linkLimits.backOffMsMin]);
    for (let i = 0; i < 20; i++) {
      attempt(true);
      await clock.pass(linkLimits.backOffMsMax);
    }
    expect(gate.waiting).toBe(0);
  });
});

test("a gate that nobody waits at leaves no timer behind", async () => {
  const gate = gateOf({ createBurst: 1 });
  const places = [0, 1].map(() => gate.enter("create", () => {}));
  for (const place of places) place.leave();
  expect([clock.pending, gate.waiting]).toEqual([0, 0]);
});
