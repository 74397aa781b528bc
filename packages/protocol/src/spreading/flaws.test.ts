import { expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author } from "../rumors/rumors.testing.ts";
import type { Header } from "../types.ts";
import { flawIn } from "./flaws.ts";

const zeros = new Uint8Array(32);
const ones = new Uint8Array(32).fill(1);

it("finds no flaw in what an honest author writes", () => {
  const author = new Author(1);
  for (const rumor of [author.write(), author.write({ low: 2 }), author.write({ expiryMs: 2_000_000_000_000 })]) {
    expect(flawIn(rumor)).toBeUndefined();
  }
});

it.each<[string, Partial<Header>]>([
  ["a rumor with a number below its log's first", { seq: 0, low: 0 }],
  ["a rumor that its own header has forgotten", { seq: 2, low: 3, prev: ones }],
  ["a rumor that its own header has forgotten", { low: 0 }],
  ["a rumor that does not name the one before it", { seq: 1, prev: ones }],
  ["a rumor that does not name the one before it", { seq: 2, prev: zeros }],
  ["a rumor that expires before it was written", { timeMs: 5_000, expiryMs: 5_000 }],
])("finds %s", (flaw, change) => {
  expect(flawIn(new Author(1).write(change))).toBe(flaw);
});

it("finds a body that is too long", () => {
  const rumor = new Author(1).write();
  expect(flawIn({ ...rumor, body: new Uint8Array(limits.rumorBodyBytesMax) })).toBeUndefined();
  expect(flawIn({ ...rumor, body: new Uint8Array(limits.rumorBodyBytesMax + 1) })).toBe(
    "a rumor with a body that is too long",
  );
});
