import { expect, test } from "vitest";
import { Presence, gatherMs } from "./presence.ts";

test("those who come within a moment are one piece of news", () => {
  const presence = new Presence();
  presence.update(["a"], 0);
  presence.update(["a", "b"], gatherMs / 2);
  expect(presence.take(gatherMs - 1)).toBeUndefined();
  expect(presence.take(gatherMs)).toEqual({ came: ["a", "b"], left: [], silent: [] });
  expect(presence.take(gatherMs * 2)).toBeUndefined();
});

test("who leaves is news too", () => {
  const presence = new Presence();
  presence.update(["a", "b"], 0);
  presence.take(gatherMs);
  presence.update(["b", "c"], 10_000);
  expect(presence.take(10_000 + gatherMs)).toEqual({ came: ["c"], left: ["a"], silent: [] });
});

test("who fell silent did not leave", () => {
  const presence = new Presence();
  presence.update(["a", "b"], 0);
  presence.take(gatherMs);
  presence.fellSilent("a");
  presence.update([], 10_000);
  expect(presence.take(10_000 + gatherMs)).toEqual({ came: [], left: ["b"], silent: ["a"] });
});

test("who comes and goes within a moment is no news", () => {
  const presence = new Presence();
  presence.update(["a"], 0);
  presence.update([], 100);
  expect(presence.take(gatherMs)).toBeUndefined();
  presence.update(["b"], gatherMs);
  expect(presence.take(gatherMs + 1)).toBeUndefined();
});
