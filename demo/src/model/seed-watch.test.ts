import { expect, test } from "vitest";
import { SeedWatch } from "./seed-watch.ts";

const url = "ws://localhost:7700";
const up = [{ url, connected: true }];
const down = [{ url, connected: false }];

test("a page without seeds has no story of one", () => {
  expect(new SeedWatch().story([], 3, 0)).toEqual({ kind: "none" });
});

test("what passes while the seed is gone is counted", () => {
  const watch = new SeedWatch();
  expect(watch.story(up, 3, 0)).toEqual({ kind: "up", urls: [url] });
  watch.message();
  expect(watch.story(down, 3, 1_000)).toMatchObject({ kind: "gone", forMs: 0, messages: 0 });
  watch.message();
  watch.message();
  expect(watch.story(down, 3, 6_000)).toMatchObject({ kind: "gone", forMs: 5_000, messages: 2 });
});

test("a seed that comes back starts the story anew", () => {
  const watch = new SeedWatch();
  watch.story(down, 1, 0);
  watch.message();
  watch.story(up, 1, 1_000);
  expect(watch.story(down, 1, 2_000)).toMatchObject({ forMs: 0, messages: 0 });
});

test("with no link either, the seed is missed", () => {
  expect(new SeedWatch().story(down, 0, 0)).toEqual({ kind: "missed", urls: [url] });
});

test("one of several seeds is enough", () => {
  expect(new SeedWatch().story([...down, { url: "ws://b", connected: true }], 0, 0)).toEqual({
    kind: "up",
    urls: ["ws://b"],
  });
});
