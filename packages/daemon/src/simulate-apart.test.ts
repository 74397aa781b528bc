import { expect, test } from "vitest";
import { simulateApart } from "./simulate-apart.ts";

test("a run in a process of its own hands its result over", async () => {
  const result = await simulateApart(["spread", "--seed", "5", "--nodes", "6", "--seconds", "3", "--repair", "10"]);
  expect(result).toMatchObject({ seed: 5, failure: undefined, outcome: { facts: { gaps: 0 } } });
});

test("a process that ends without one says how it ended", async () => {
  await expect(simulateApart(["spread", "--nodes", "none"])).rejects.toThrow("the process of a run ended with 2");
});
