import { DEFAULT_TUNING } from "@grapevine/protocol";
import { createMemoryNetwork } from "@grapevine/links";
import { expect, test } from "vitest";
import { join } from "./join.ts";
import { spreadingTuning } from "./spreading-options.ts";

test("left out, a mesh adapts", () => {
  const { spreading, urgent, mongering, mongerPeriodMs } = DEFAULT_TUNING;
  expect(spreadingTuning(undefined)).toEqual({ spreading, urgent, mongering, mongerPeriodMs });
  expect(spreading).toBe("adaptive");
});

test.each(["adaptive", "tree", "flood", "mongering"] as const)("takes %s by its name", (policy) => {
  expect(spreadingTuning(policy).spreading).toBe(policy);
});

test("what pushes takes a first phase of datagrams, and nothing of mongering", () => {
  expect(spreadingTuning({ by: "tree", urgent: true })).toMatchObject({ spreading: "tree", urgent: true });
  expect(spreadingTuning({ by: "flood" })).toMatchObject({ spreading: "flood", urgent: false });
  expect(() => spreadingTuning({ by: "tree", k: 3 })).toThrow(
    'expected options of spreading among by, urgent, got "k"',
  );
});

test("mongering takes all of its rules, and defaults for the rest", () => {
  const rules = {
    direction: "push-then-pull",
    memory: "blind",
    removal: "coin",
    k: 3,
    minimize: false,
    connectionLimit: 2,
    hunt: 1,
    pushCycles: 5,
  } as const;
  expect(spreadingTuning({ by: "mongering", ...rules, periodMs: 100 })).toEqual({
    spreading: "mongering",
    urgent: false,
    mongering: rules,
    mongerPeriodMs: 100,
  });
  expect(spreadingTuning({ by: "mongering", k: 4 }).mongering).toEqual({ ...DEFAULT_TUNING.mongering, k: 4 });
});

test.each([
  ["gossip", "expected spreading to be one of adaptive, tree, flood, mongering, or"],
  [null, "expected spreading to be one of"],
  [{ k: 2 }, "expected spreading to be one of"],
  [{ by: "mongering", speed: 1 }, "expected options of spreading among by, periodMs, direction, memory"],
  [{ by: "mongering", direction: "sideways" }, "expected spreading.direction to be one of push, pull, push-pull"],
  [{ by: "mongering", memory: 1 }, "expected spreading.memory to be one of blind, feedback"],
  [{ by: "mongering", removal: "none" }, "expected spreading.removal to be one of counter, coin, median-counter"],
  [{ by: "mongering", k: 0 }, "expected spreading.k to be a whole number from 1 to 100, got 0"],
  [{ by: "mongering", k: 101 }, "expected spreading.k to be a whole number from 1 to 100"],
  [{ by: "mongering", minimize: "yes" }, "expected spreading.minimize to be true or false"],
  [{ by: "mongering", hunt: 2 }, "expected spreading.connectionLimit with hunt"],
  [{ by: "mongering", periodMs: 1 }, "expected spreading.periodMs to be a whole number from 20 to 10000"],
])("refuses %j", (option, said) => {
  expect(() => spreadingTuning(option)).toThrow(said);
});

test("join refuses before anything is begun, and a mesh says in stats how it spreads", async () => {
  const webrtc = createMemoryNetwork().engine();
  const options = { mesh: "m", seeds: [], webrtc };
  await expect(join({ ...options, spreading: "loud" as never })).rejects.toMatchObject({ code: "invalid-argument" });
  await using mesh = await join({ ...options, spreading: { by: "mongering", k: 3 } });
  await mesh.topic("chat").publish("hello");
  expect(mesh.stats().rumors.spreading).toMatchObject({
    strategy: "mongering",
    mongering: { susceptible: 0, infective: 1, removed: 0 },
  });
});
