import { describe, expect, test } from "vitest";
import { columns, keyOf, placeOf, places, rows, step } from "./wall.ts";

describe("the wall", () => {
  test("calls each square by a name of its own, and knows it by that name alone", () => {
    const keys = places.map(keyOf);
    expect(new Set(keys).size).toBe(columns * rows);
    expect(keys.map(placeOf)).toEqual(places);
    for (const key of ["", "1", "1,2,3", "01,2", "12,0", "0,6", "-1,0", "a,b", "__proto__"]) {
      expect(placeOf(key)).toBeUndefined();
    }
  });

  test("is walked by arrows, and ends at its edges", () => {
    expect(step({ column: 3, row: 2 }, "ArrowRight")).toEqual({ column: 4, row: 2 });
    expect(step({ column: 3, row: 2 }, "ArrowUp")).toEqual({ column: 3, row: 1 });
    expect(step({ column: 0, row: 0 }, "ArrowLeft")).toEqual({ column: 0, row: 0 });
    expect(step({ column: 11, row: 5 }, "ArrowDown")).toEqual({ column: 11, row: 5 });
    expect(step({ column: 3, row: 2 }, "Enter")).toEqual({ column: 3, row: 2 });
  });
});
