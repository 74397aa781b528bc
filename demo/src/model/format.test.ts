import { describe, expect, test } from "vitest";
import { bytes, delay, duration, list, plural, rtt, shortId } from "./format.ts";

test.each([
  [0, "0 ms"],
  [0.4, "0 ms"],
  [7.4, "7 ms"],
  [999, "999 ms"],
  [999.6, "1.0 s"],
  [9_949, "9.9 s"],
  [9_960, "10 s"],
  [59_600, "1 min"],
  [3_599_000, "1 h"],
  [86_400_000, "1 d"],
])("%d ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_960, "10 kB"],
  [999_600, "1.0 MB"],
  [12_345_678, "12 MB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});

describe("a delay", () => {
  test("says that it is rough", () => {
    expect(delay(1_000, 1_014)).toBe("~14 ms");
  });

  test("is never negative, however the clocks differ", () => {
    expect(delay(5_000, 1_014)).toBe("~0 ms");
  });
});

test("a round trip that was not measured is a dash", () => {
  expect(rtt(undefined)).toBe("–");
  expect(rtt(0.3)).toBe("< 1 ms");
  expect(rtt(12.3)).toBe("12 ms");
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d"], "a, b and 2 more"],
])("%j is listed as %j", (names, text) => {
  expect(list(names)).toBe(text);
});

test("one is no plural", () => {
  expect(plural(1, "hop")).toBe("1 hop");
  expect(plural(1_200, "hop")).toBe("1,200 hops");
});

test("an id is shortened in its middle", () => {
  expect(shortId("8vK4Zt1mXo5yq3N7c2fRjWb6pQhD9sLgTeAuBnCkEiFM")).toBe("8vK4Zt…EiFM");
});
