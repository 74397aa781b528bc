import { expect, test } from "vitest";
import { MeshError, describe as describeValue, expected } from "./errors.ts";

test("carries a code, a message and what caused it", () => {
  const cause = new TypeError("no");
  const error = new MeshError("unreachable", "expected a route, got none", { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "MeshError", code: "unreachable", message: "expected a route, got none", cause });
});

test("says what was expected and what came", () => {
  expect(expected("a name", 7)).toMatchObject({ code: "invalid-argument", message: "expected a name, got 7" });
});

test.each([
  ["text", '"text"'],
  ["x".repeat(100), `"${"x".repeat(60)}…"`],
  [Number.NaN, "NaN"],
  [undefined, "undefined"],
  [null, "null"],
  [7n, "7n"],
  [[], "an empty array"],
  [[1, 2], "an array of 2"],
  [new Uint8Array(3), "3 bytes"],
  [new Map(), "an instance of Map"],
  [{ secret: 1 }, "an object"],
  [Object.create(null), "an object"],
  [() => {}, "a function"],
  [Symbol("s"), "a symbol"],
])("describes %o without dumping it", (value, words) => {
  expect(describeValue(value)).toBe(words);
});
