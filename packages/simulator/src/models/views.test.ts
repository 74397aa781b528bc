import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { livingOf, shuffled, Views } from "./views.ts";

const random = () => streamOf(1, "views");

describe("partial views in flat arrays", () => {
  test("start as a ring, as a star, or by chance with nobody twice", () => {
    const ring = new Views(5, 3);
    ring.fill("ring", random());
    expect([...ring.of(4)]).toEqual([0]);
    const star = new Views(20, 3);
    star.fill("star", random());
    expect([[...star.of(7)], star.of(0).length]).toEqual([[0], 3]);
    const any = new Views(5, 9);
    any.fill("random", random());
    for (let node = 0; node < 5; node++) expect(new Set([...any.of(node), node]).size).toBe(5);
  });

  test("give a removed entry's place to the last one, ages and all", () => {
    const views = new Views(4, 3);
    for (const [id, age] of [
      [1, 10],
      [2, 20],
      [3, 30],
    ] as const)
      views.add(0, id, age);
    expect(views.isFull(0)).toBe(true);
    expect(views.remove(0, 1)).toBe(true);
    expect(views.remove(0, 1)).toBe(false);
    expect([[...views.of(0)], [...views.ages.subarray(0, 2)]]).toEqual([
      [3, 2],
      [30, 20],
    ]);
  });

  test("crash exactly the share they are told, of those that live", () => {
    const views = new Views(100, 1);
    expect(views.kill(0.3, random())).toBe(30);
    expect(views.kill(0.5, random())).toBe(35);
    expect(livingOf(views.alive)).toHaveLength(35);
  });

  test("bring a uniform choice of entries to the front", () => {
    const counts = new Int32Array(6);
    const chance = random();
    for (let i = 0; i < 6_000; i++) {
      const views = new Views(7, 6);
      for (let id = 1; id <= 6; id++) views.add(0, id);
      views.shuffleFront(0, 0, 2, chance);
      for (const id of views.of(0).subarray(0, 2)) counts[id - 1]!++;
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  test("are visited in an order in which everybody comes once", () => {
    const order = shuffled(
      Int32Array.from({ length: 50 }, (_, i) => i),
      random(),
    );
    expect(new Set(order).size).toBe(50);
    expect([...order]).not.toEqual([...order].toSorted((a, b) => a - b));
  });
});
