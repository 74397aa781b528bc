import { describe, expect, test } from "vitest";
import {
  afterCycle,
  firstCounter,
  type MongeringRules,
  noContacts,
  pulls,
  pushes,
  REMOVED,
  SUSCEPTIBLE,
  takes,
  tell,
} from "./mongering-rules.ts";

const RULES: MongeringRules = {
  direction: "push-pull",
  memory: "feedback",
  removal: "counter",
  k: 3,
  minimize: false,
  connectionLimit: 0,
  hunt: 0,
  pushCycles: 4,
};
const never = (): number => 0.999;
const always = (): number => 0;

/** The counter after a cycle in which a site at `counter` told partners at `theirs`. */
function after(rules: Partial<MongeringRules>, counter: number, theirs: readonly number[], chance = never): number {
  const tally = noContacts();
  for (const their of theirs) tell({ ...RULES, ...rules }, counter, their, tally);
  return afterCycle({ ...RULES, ...rules }, counter, tally, chance);
}

describe("a counter with feedback", () => {
  test("grows by one in a cycle of useless contacts, however many", () => {
    expect(after({}, 0, [REMOVED])).toBe(1);
    expect(after({}, 0, [0, 1, REMOVED])).toBe(1);
  });

  test("is reset by one useful contact among any number of others", () => {
    expect(after({}, 2, [REMOVED, SUSCEPTIBLE, 0])).toBe(0);
  });

  test("stays in a cycle without contacts", () => {
    expect(after({}, 2, [])).toBe(2);
  });

  test("removes at k", () => {
    expect(after({}, 2, [REMOVED])).toBe(REMOVED);
    expect(after({ k: 1 }, 0, [0])).toBe(REMOVED);
  });
});

test("a blind counter grows by any contact", () => {
  expect(after({ memory: "blind" }, 1, [SUSCEPTIBLE])).toBe(2);
  expect(after({ memory: "blind" }, 2, [SUSCEPTIBLE])).toBe(REMOVED);
  expect(after({ memory: "blind" }, 2, [])).toBe(2);
});

describe("a coin", () => {
  test("is thrown after a useless contact, with a chance of 1/k", () => {
    expect(after({ removal: "coin" }, 0, [0], always)).toBe(REMOVED);
    expect(after({ removal: "coin" }, 0, [0], () => 0.334)).toBe(0);
    expect(after({ removal: "coin" }, 0, [0], () => 0.333)).toBe(REMOVED);
  });

  test("is not thrown after a useful one, nor after none", () => {
    expect(after({ removal: "coin" }, 0, [SUSCEPTIBLE], always)).toBe(0);
    expect(after({ removal: "coin" }, 0, [], always)).toBe(0);
  });

  test("is thrown after any contact when blind", () => {
    expect(after({ removal: "coin", memory: "blind" }, 0, [SUSCEPTIBLE], always)).toBe(REMOVED);
  });
});

test("without removal nothing ends it", () => {
  expect(after({ removal: "none", k: 1 }, 0, [0, REMOVED], always)).toBe(0);
});

describe("minimization", () => {
  test("spares the greater of two counters", () => {
    expect(after({ minimize: true }, 2, [1])).toBe(2);
    expect(after({ minimize: true }, 1, [2])).toBe(2);
  });

  test("counts for both when they are equal", () => {
    expect(after({ minimize: true }, 1, [1])).toBe(2);
  });

  test("counts a partner that has stopped", () => {
    expect(after({ minimize: true }, 1, [REMOVED])).toBe(2);
  });
});

describe("the median counter", () => {
  const median = { removal: "median-counter" } as const;

  test("grows when more partners are as far than are not", () => {
    expect(after(median, 1, [1, 2, 0])).toBe(2);
    expect(after(median, 1, [1, 0])).toBe(1);
    expect(after(median, 1, [SUSCEPTIBLE])).toBe(1);
  });

  test("closes at k, and when a partner closes", () => {
    expect(after(median, 2, [2])).toBe(3);
    expect(after(median, 0, [3, SUSCEPTIBLE, SUSCEPTIBLE])).toBe(3);
    expect(firstCounter({ ...RULES, ...median }, 3)).toBe(3);
    expect(firstCounter({ ...RULES, ...median }, 2)).toBe(0);
  });

  test("goes on for k cycles once it closes, with contacts or without", () => {
    expect(after(median, 3, [])).toBe(4);
    expect(after(median, 4, [SUSCEPTIBLE])).toBe(5);
    expect(after(median, 5, [])).toBe(REMOVED);
  });
});

describe("directions", () => {
  const directed = (direction: MongeringRules["direction"], age: number): readonly [boolean, boolean] => [
    pushes({ ...RULES, direction }, age),
    pulls({ ...RULES, direction }, age),
  ];

  test.each([
    ["push", 0, true, false],
    ["pull", 0, false, true],
    ["push-pull", 9, true, true],
    ["push-then-pull", 3, true, false],
    ["push-then-pull", 4, false, true],
  ] as const)("%s at the age of %i", (direction, age, pushing, pulling) => {
    expect(directed(direction, age)).toEqual([pushing, pulling]);
  });
});

test("a connection limit counts the calls of a cycle; 0 is none", () => {
  expect(takes({ ...RULES, connectionLimit: 2 }, 1)).toBe(true);
  expect(takes({ ...RULES, connectionLimit: 2 }, 2)).toBe(false);
  expect(takes(RULES, 1_000)).toBe(true);
});
