import { expect, test } from "vitest";
import type { Conviction } from "../model/face.ts";
import { shortened, verdictOf } from "./verdict.ts";

const fork: Conviction = {
  peer: "liar",
  offence: "fork",
  own: false,
  statements: [
    { says: "number 3 of its log", signature: "sigA", rumor: "r1" },
    { says: "number 3 of its log", signature: "sigB", rumor: "r2" },
  ],
};
const texts = new Map([["r1", "at noon"]]);
const nameOf = (): string => "Merlot";

test("two stories stand side by side: the one told here, and that there was another", () => {
  const { title, sides } = verdictOf(fork, nameOf, (rumor) => texts.get(rumor));
  expect(title).toBe("Merlot is proved a cheat");
  expect(sides.map(({ quote, signature }) => [quote, signature])).toEqual([
    ["“at noon”", "sigA"],
    ["Something else, told to others.", "sigB"],
  ]);
});

test("one's own conviction speaks to oneself", () => {
  const { title, place, sides, close } = verdictOf({ ...fork, own: true }, nameOf, () => undefined);
  expect(title).toBe("You are proved a cheat");
  expect(place).toContain("your log");
  expect(sides[0].lead).toBe("This tab signed");
  expect(close).toContain("The key is burnt, you are not.");
});

test("an advertisement quotes nothing", () => {
  const minted = { ...fork, offence: "double-mint", statements: [mint("k1"), mint("k2")] as const };
  const { place, sides } = verdictOf(minted, nameOf, () => "never asked");
  expect(place).toContain("two advertisements");
  expect(sides.map(({ quote }) => quote)).toEqual(["", ""]);
});

test("keys, hashes and days are left out where they only fill the line", () => {
  const says = "number 1 of its log, at 2026-11-21T16:27:58.166Z: contents 3KnQfDWEDywYWgrmVtht5TnudpcSzavxX1234567";
  expect(shortened(says)).toBe("number 1 of its log, at 16:27:58 UTC: contents 3KnQfDWEDywY…");
});

function mint(key: string) {
  return { says: `in period 7 it is reached under the key ${key}`, signature: key, rumor: undefined };
}
