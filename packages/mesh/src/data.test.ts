import { expect, test } from "vitest";
import { decodeData, encodeData } from "./data.ts";

test.each([
  null,
  true,
  0,
  -1.5,
  "text",
  Uint8Array.of(1, 2),
  [],
  {},
  { deep: [{ bytes: Uint8Array.of(3), none: null }, "ü", -0] },
])("%j comes back equal", (data) => {
  expect(decodeData(encodeData(data))?.value).toEqual(data);
});

test.each([
  [undefined, "at data,"],
  [{ a: [1, { when: new Date(0) }] }, "at data.a[1].when,"],
  [[Number.NaN], "at data[0],"],
  [{ f: () => {} }, "at data.f,"],
  [{ big: 1n }, "at data.big,"],
  [new Map(), "at data,"],
])("%o is refused with its path", (data, place) => {
  expect(() => encodeData(data)).toThrow(
    expect.objectContaining({ code: "unsupported-data", message: expect.stringContaining(place) }),
  );
});

test("what is larger than allowed is refused", () => {
  expect(() => encodeData("x".repeat(200), 100)).toThrow(expect.objectContaining({ code: "too-large" }));
});

test("bytes that are no data are not decoded", () => {
  expect(decodeData(Uint8Array.of(0xff))).toBeUndefined();
  expect(decodeData(new Uint8Array(0))).toBeUndefined();
});
