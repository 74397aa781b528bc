import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { ChatMessage, TopologyClaim, textLengthMax } from "./messages.ts";
import { nameOf } from "./names.ts";

const peer = "8vK4Zt1mXo5yq3N7c2fRjWb6pQhD9sLgTeAuBnCkEiFM";

describe("a chat message", () => {
  test.each([{ text: "hello" }, { text: "hello", name: nameOf(peer) }])("%j fits", (message) => {
    expect(v.parse(ChatMessage, message)).toEqual(message);
  });

  test.each([
    undefined,
    "hello",
    {},
    { text: "" },
    { text: 7 },
    { text: "a".repeat(textLengthMax + 1) },
    { text: "a", name: "" },
    { text: "a", name: "n".repeat(33) },
    { text: "a", name: " Ada" },
    { text: "a", name: "A\u202eda" },
    { text: "a", name: "A\u200bda" },
    { text: "a", name: "A\nda" },
    { echo: { text: "hello" } },
  ])("%j does not", (message) => {
    expect(v.is(ChatMessage, message)).toBe(false);
  });

  test("of a later version loses what this one does not know", () => {
    expect(v.parse(ChatMessage, { text: "hello", color: "red" })).toEqual({ text: "hello" });
  });
});

describe("a claim of links", () => {
  test.each([{ neighbors: [] }, { neighbors: [peer], name: "Ada" }])("%j fits", (claim) => {
    expect(v.parse(TopologyClaim, claim)).toEqual(claim);
  });

  test.each([
    {},
    { neighbors: peer },
    { neighbors: ["0OIl"] },
    { neighbors: [`${peer}${peer}`] },
    { neighbors: Array.from({ length: 65 }, () => peer) },
  ])("%j does not", (claim) => {
    expect(v.is(TopologyClaim, claim)).toBe(false);
  });
});

test("whatever comes, the schemas answer and never throw", () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      expect(typeof v.is(ChatMessage, data)).toBe("boolean");
      expect(typeof v.is(TopologyClaim, data)).toBe("boolean");
    }),
  );
});
