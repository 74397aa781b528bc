import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Member } from "./mesh-events.ts";
import { matcher, type Query } from "./query.ts";

function member(profile: Record<string, unknown>, neighbor = false): Member {
  return { peer: "p", neighbor, profile };
}

function fits(where: unknown, profile: Record<string, unknown>): boolean {
  return matcher({ where } as Query)(member(profile));
}

describe("a query", () => {
  it("of nothing is fit by everybody", () => {
    expect(matcher({})(member({}))).toBe(true);
    expect(matcher({ where: {} })(member({ a: 1 }, true))).toBe(true);
  });

  it("asks for what a field is", () => {
    expect(fits({ color: "red" }, { color: "red" })).toBe(true);
    expect(fits({ color: "red" }, { color: "blue" })).toBe(false);
    expect(fits({ color: "red" }, {})).toBe(false);
    expect(fits({ age: null }, { age: null })).toBe(true);
    expect(fits({ age: null }, {})).toBe(false);
    expect(fits({ color: "red", age: 3 }, { color: "red", age: 4 })).toBe(false);
  });

  it("asks for one of several, for what is in a list, for a range, and whether it is there", () => {
    expect(fits({ n: { oneOf: [1, "2"] } }, { n: "2" })).toBe(true);
    expect(fits({ n: { oneOf: [1, "2"] } }, { n: 2 })).toBe(false);
    expect(fits({ n: { oneOf: [] } }, { n: 2 })).toBe(false);
    expect(fits({ roles: { has: "host" } }, { roles: ["guest", "host"] })).toBe(true);
    expect(fits({ roles: { has: ["host", "guest"] } }, { roles: ["host"] })).toBe(false);
    expect(fits({ roles: { has: "host" } }, { roles: "host" })).toBe(false);
    expect(fits({ n: { min: 2, max: 4 } }, { n: 4 })).toBe(true);
    expect(fits({ n: { min: 2, max: 4 } }, { n: 5 })).toBe(false);
    expect(fits({ n: { min: 2 } }, { n: "3" })).toBe(false);
    expect(fits({ name: { min: "b" } }, { name: "c" })).toBe(true);
    expect(fits({ n: { exists: false } }, {})).toBe(true);
    expect(fits({ n: { exists: true } }, { n: null })).toBe(true);
  });

  it("looks at the fields that a member gave, never at what objects have by themselves", () => {
    expect(fits({ toString: { exists: true } }, {})).toBe(false);
    expect(fits({ toString: "x" }, { toString: "x" })).toBe(true);
  });

  it("asks for neighbors, and for what a function says of those who fit the rest", () => {
    expect(matcher({ neighbor: true })(member({}, true))).toBe(true);
    expect(matcher({ neighbor: true })(member({}))).toBe(false);
    const asked: unknown[] = [];
    const test = ({ profile }: Member): boolean => asked.push(profile["n"]) > 1;
    const both = matcher({ where: { n: { min: 2 } }, test });
    expect([1, 2, 3].map((n) => both(member({ n })))).toEqual([false, false, true]);
    expect(asked).toEqual([2, 3]);
  });

  it.each([
    ["nothing", undefined],
    ["a text", "red"],
    ["a field of its own", { color: "red" }],
    ["a comparison that there is not", { where: { a: { like: "r%" } } }],
    ["a list in place of a value", { where: { a: ["r"] } }],
    ["something else than values", { where: { a: { oneOf: [{}] } } }],
    ["a range of something else", { where: { a: { min: null } } }],
    ["a test that is no function", { test: true }],
    ["a neighbor that is no truth", { neighbor: 1 }],
  ])("of %s throws", (_, query) => {
    expect(() => matcher(query as unknown as Query)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("never throws on what a member says", () => {
    const where = { a: { oneOf: [1], has: "x", min: 0 }, b: { max: "m", exists: true } } as const;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.anything()), (profile) => {
        expect(typeof fits(where, profile)).toBe("boolean");
      }),
    );
  });
});
