import { describe, expect, it } from "vitest";
import { Tray, makeFoundation, testHash } from "../room.testing.ts";
import { Author, START_MS, at, idOf } from "../rumors/rumors.testing.ts";
import type { Rumor } from "../types.ts";
import { contentsDigest, fingerprint } from "./fingerprint.ts";
import { Logs } from "./logs.ts";

function hold(...rumors: readonly Rumor[]): Logs {
  const logs = new Logs(makeFoundation());
  for (const rumor of rumors) logs.append(rumor, idOf(rumor), 1, true, at(0));
  return logs;
}

const one = new Author(1).writeMany(5);
const two = new Author(2).writeMany(5);

describe("a fingerprint", () => {
  it("is the same for the same rumors in any order", () => {
    const forward = hold(...one, ...two);
    const backward = hold(...[...one, ...two].toReversed());
    expect(fingerprint(forward.inOrder(), 7, 0)).toEqual(fingerprint(backward.inOrder(), 7, 0));
    expect(contentsDigest(testHash, forward.inOrder())).toEqual(contentsDigest(testHash, backward.inOrder()));
  });

  it("differs by one rumor, and by whose log it is in", () => {
    const prints = [hold(), hold(...one), hold(...one, two[0]!), hold(...one, two[1]!), hold(...one, ...two)];
    expect(new Set(prints.map((logs) => fingerprint(logs.inOrder(), 7, 0).join())).size).toBe(5);
    expect(new Set(prints.map((logs) => contentsDigest(testHash, logs.inOrder()).join())).size).toBe(5);
  });

  it("is another in every round", () => {
    const logs = hold(...one);
    expect(fingerprint(logs.inOrder(), 7, 0)).not.toEqual(fingerprint(logs.inOrder(), 8, 0));
  });

  it("leaves out what is younger than asked", () => {
    const [all, some, none] = [hold(...one, ...two), hold(...one.slice(0, 3), ...two.slice(0, 3)), hold()];
    const print = (logs: Logs, beforeMs: number): Uint8Array => fingerprint(logs.inOrder(), 7, beforeMs);
    expect(print(all, START_MS + 3)).toEqual(print(some, 0));
    expect(print(all, START_MS + 3)).toEqual(print(some, START_MS + 3));
    expect(print(all, START_MS)).toEqual(print(none, 0));
    expect(print(all, START_MS + 10)).toEqual(print(all, 0));
  });

  it("does not see what was forgotten or withdrawn", () => {
    const author = new Author(1);
    const rumors = author.writeMany(4);
    const forked = hold(...rumors, author.fork(rumors[2]!));
    expect(fingerprint(forked.inOrder(), 7, 0)).toEqual(fingerprint(hold(rumors[0]!, rumors[1]!).inOrder(), 7, 0));
    const pruned = hold(...rumors);
    for (const log of pruned.inOrder()) pruned.forgetBelow(log, 3, new Tray());
    expect(fingerprint(pruned.inOrder(), 7, 0)).toEqual(fingerprint(hold(rumors[2]!, rumors[3]!).inOrder(), 7, 0));
    for (const log of pruned.inOrder()) pruned.drop(log, new Tray());
    expect(fingerprint(pruned.inOrder(), 7, 0)).toEqual(new Uint8Array(8));
  });
});
