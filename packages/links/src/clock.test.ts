import { expect, test } from "vitest";
import { nextTurn, turnsByMessage } from "./clock.ts";

for (const [name, turn] of [
  ["the platform's", nextTurn],
  ["by messages, as in a page", turnsByMessage()],
] as const) {
  test(`turns, ${name}, are tasks of their own and keep their order`, async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      for (const one of ["first", "second"]) {
        turn(() => {
          order.push(one);
          // What follows from a turn comes before the next one.
          void Promise.resolve().then(() => order.push(`after the ${one}`));
          if (one === "second") turn(resolve);
        });
      }
      void Promise.resolve().then(() => order.push("after the task"));
    });
    expect(order).toEqual(["after the task", "first", "after the first", "second", "after the second"]);
  });
}
