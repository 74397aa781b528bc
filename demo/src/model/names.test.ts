import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { initialsOf, nameLengthMax, nameOf, tidyName } from "./names.ts";

const ids = fc.string({
  unit: fc.constantFrom(...Array.from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")),
  minLength: 32,
  maxLength: 44,
});

describe("the name of a peer", () => {
  test("is the same for everybody", () => {
    expect(nameOf("8vK4Zt1mXo5yq3N7c2fRjWb6pQhD9sLgTeAuBnCkEiFM")).toBe(
      nameOf("8vK4Zt1mXo5yq3N7c2fRjWb6pQhD9sLgTeAuBnCkEiFM"),
    );
  });

  test("is two words that fit the field", () => {
    fc.assert(
      fc.property(ids, (id) => {
        const name = nameOf(id);
        expect(name.split(" ")).toHaveLength(2);
        expect(tidyName(name)).toBe(name);
      }),
    );
  });

  test("tells most of a hundred peers apart", () => {
    const names = new Set(Array.from({ length: 100 }, (_, i) => nameOf(`peer ${i}`)));
    expect(names.size).toBeGreaterThan(90);
  });
});

describe("initials", () => {
  test.each([
    ["Bold Malbec", "BM"],
    ["ada", "A"],
    ["  Jean-Luc  ", "JL"],
    ["élan vital de vivre", "ÉV"],
    ["(the) 3rd", "T3"],
    ["🍇", "🍇"],
    ["", "?"],
  ])("of %j are %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});

describe("a name that somebody typed", () => {
  test("loses what is around it and between its words", () => {
    expect(tidyName("  Ada \n  Lovelace\t")).toBe("Ada Lovelace");
  });

  test("of nothing is none", () => {
    expect(tidyName(" \u200b \u0007")).toBeUndefined();
  });

  test("is cut between signs, never inside one", () => {
    expect(tidyName("🍇".repeat(40))).toBe("🍇".repeat(nameLengthMax / 2));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-composite" }), (text) => {
        const name = tidyName(text);
        if (name === undefined) return;
        expect(name.length).toBeLessThanOrEqual(nameLengthMax);
        expect(tidyName(name)).toBe(name);
        expect(() => encodeURIComponent(name)).not.toThrow();
      }),
    );
  });
});
