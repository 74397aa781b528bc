import { expect, test } from "vitest";
import { hash4 } from "./hash4.ts";

test("neighboring numbers in any place give values that are uniform and have nothing to do with each other", () => {
  for (const place of [0, 1, 2, 3]) {
    const values = Array.from({ length: 10_000 }, (_, i) => {
      const [a, b, c, d] = [5, 5, 5, 5].with(place, i) as [number, number, number, number];
      return hash4(a, b, c, d);
    });
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.015);
    const tenths = new Int32Array(10);
    for (const value of values) tenths[Math.floor(value * 10)]!++;
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    let product = 0;
    for (let i = 1; i < values.length; i++) product += (values[i]! - 0.5) * (values[i - 1]! - 0.5);
    expect(Math.abs(product / values.length)).toBeLessThan(0.004);
  }
});
