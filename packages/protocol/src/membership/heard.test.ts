import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { at } from "../room.testing.ts";
import { Heard } from "./heard.ts";

const id = (timeMs: number): string => `${timeMs.toString(16).padStart(12, "0")}0000`;

describe("direct messages that were heard", () => {
  test("one that comes again is not new, one of another run is", () => {
    const heard = new Heard();
    expect(heard.hear("bob", 1, id(1), at(1))).toBe("new");
    expect(heard.hear("bob", 1, id(1), at(1))).toBe("seen");
    expect(heard.hear("bob", 2, id(1), at(1))).toBe("new");
  });

  test("one that was carried and kept is never new again, however much its carrier sends meanwhile", () => {
    const heard = new Heard();
    expect(heard.hear("alice", 1, id(1), at(1))).toBe("new");
    for (let i = 2; i < 2 * limits.directSeenMax; i++) heard.hear("mallory", 1, id(i), at(i));
    expect(heard.hear("alice", 1, id(1), at(1))).toBe("seen");
    expect(heard.state.size).toBe(limits.directSeenMax);
  });

  test("nor when it was forgotten, for its sender sent much, or many others did", () => {
    const heard = new Heard();
    for (let i = 1; i <= limits.directSeenMax + 10; i++) heard.hear("alice", 1, id(i), at(i));
    expect(heard.hear("alice", 1, id(10), at(9_000))).toBe("late");
    expect(heard.hear("alice", 1, id(11), at(9_000))).toBe("seen");
    for (let i = 0; i < 2 * limits.directSendersMax; i++) heard.hear(`one of many ${i}`, 1, id(10_000), at(10_000));
    expect(heard.state.senders.has("alice/1")).toBe(false);
    expect(heard.hear("alice", 1, id(5_000), at(10_000))).toBe("late");
    expect(heard.hear("alice", 1, id(10_001), at(10_001))).toBe("new");
    expect(heard.state.size).toBeLessThanOrEqual(limits.directSeenMax);
  });

  test("many with clocks far ahead shut nobody out", () => {
    const heard = new Heard();
    for (let i = 0; i < 2 * limits.directSendersMax; i++) heard.hear(`one of many ${i}`, 1, id(2 ** 47), at(10_000));
    expect(heard.hear("alice", 1, id(10_001), at(10_001))).toBe("new");
  });

  test("in any order nothing is delivered twice", () => {
    const message = fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
        const heard = new Heard();
        const delivered = messages.filter(([from, n]) => heard.hear(from, 1, id(n), at(n)) === "new");
        expect(new Set(delivered.map(String)).size).toBe(delivered.length);
        expect(delivered.length).toBe(new Set(messages.map(String)).size);
      }),
    );
  });
});
