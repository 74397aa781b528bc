import { expect, it } from "vitest";
import { makeFoundation } from "../room.testing.ts";
import { Author, at, idOf } from "../rumors/rumors.testing.ts";
import { largestOf } from "./largest.ts";
import { Logs } from "./logs.ts";

const topic = (number: number): string => number.toString(16).padStart(32, "0");

it("the author of whom most is held loses first, in however many logs that is, and its largest log of them", () => {
  const logs = new Logs(makeFoundation());
  const write = (author: Author, bytes: number): void => {
    const rumor = author.write({}, new Uint8Array(bytes));
    logs.append(rumor, idOf(rumor), 1, true, at(0));
  };
  expect(largestOf(logs.inOrder())).toBeUndefined();
  write(new Author(1, 1, topic(0)), 50_000);
  for (let i = 1; i <= 20; i++) write(new Author(2, 1, topic(i)), i === 7 ? 10_000 : 5_000);
  expect(largestOf(logs.inOrder())!.id).toMatchObject({ author: new Author(2).id, topic: topic(7) });
});
