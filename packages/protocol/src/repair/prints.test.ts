import fc from "fast-check";
import { expect, it } from "vitest";
import { Tray, makeFoundation } from "../room.testing.ts";
import { Author, START_MS, at, idOf } from "../rumors/rumors.testing.ts";
import { fingerprint } from "./fingerprint.ts";
import { Logs } from "./logs.ts";
import { Prints } from "./prints.ts";

it("are the fingerprints of what is held, whatever happened since", () => {
  const authors = [1, 2, 3].map((number) => new Author(number));
  const chains = authors.map((author) => author.writeMany(12));
  const forks = authors.map((author, i) => author.fork(chains[i]![5]!));
  const step = fc.tuple(fc.constantFrom("append", "fork", "forget", "drop", "look"), fc.nat(2), fc.nat(11), fc.nat(2));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [logs, prints] = [new Logs(makeFoundation()), new Prints()];
      for (const [what, author, seq, round] of steps) {
        const rumor = what === "fork" ? forks[author]! : chains[author]![seq]!;
        const log = [...logs.inOrder()].find(({ id }) => id.author === authors[author]!.id);
        if (what === "append" || what === "fork") logs.append(rumor, idOf(rumor), 1, true, at(0));
        else if (what === "forget" && log !== undefined) logs.forgetBelow(log, seq, new Tray());
        else if (what === "drop" && log !== undefined) logs.drop(log, new Tray());
        else {
          const beforeMs = seq < 4 ? 0 : START_MS + seq - 4;
          expect(prints.of(logs, round, beforeMs, at(0))).toEqual(fingerprint(logs.inOrder(), round, beforeMs));
        }
      }
    }),
  );
});

it("cost what changed, and not what is held", () => {
  const [logs, prints] = [new Logs(makeFoundation()), new Prints()];
  const authors = Array.from({ length: 300 }, (_, i) => new Author(i));
  for (const author of authors) {
    for (const rumor of author.writeMany(2, { timeMs: START_MS - 600_000 }))
      logs.append(rumor, idOf(rumor), 1, true, at(0));
  }
  prints.of(logs, 1, START_MS, at(0));
  expect(prints.mixed).toBe(300);
  for (let round = 0; round < 100; round++) prints.of(logs, 1, START_MS, at(0));
  expect(prints.mixed).toBe(300);
  const rumor = authors[7]!.write();
  logs.append(rumor, idOf(rumor), 1, true, at(0));
  prints.of(logs, 1, 0, at(0));
  expect(prints.mixed).toBe(302);
});
