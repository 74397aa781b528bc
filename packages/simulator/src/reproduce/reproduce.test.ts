import { describe, expect, test } from "vitest";
import { compare, type Experiment, forComparison, least, most, near } from "./experiment.ts";
import { experiments, reproduce } from "./index.ts";

function quiet(lines: string[] = []) {
  let nowMs = 0;
  return { out: (text: string) => void lines.push(text), err: () => undefined, nowMs: () => nowMs++ };
}

/** Each takes a second or two; this only ends what hangs. */
const HANGS_MS = 300_000;

describe("what the literature reports, one seed of each quick experiment", () => {
  const quick = experiments.filter((one) => one.quick).map((one) => [one.title, one] as const);
  test.each(quick)(
    "%s",
    (_, one) => {
      const missed = compare(one, 1).filter(({ ok }) => !ok);
      expect(missed.map(({ name, reference, ours }) => ({ name, reference, ours }))).toEqual([]);
    },
    HANGS_MS,
  );
});

test("every part of the section on sampling has its experiments", () => {
  for (const part of [
    "Cyclon, N=1e4 c=20",
    "basic shuffle",
    "Random graph",
    "c=50",
    "N=1e5",
    "from a ring",
    "half of 1e4 crash",
    "random nodes removed",
    "HyParView, N=1e4, 10%",
    "HyParView, N=1e4, 90%",
    "put off",
    "Plumtree",
    "nobody repairs",
    "At most one honest link",
    "Live links",
    "Hub attack on plain Cyclon",
    "Basalt",
    "Links chosen freely",
    "Assigned by circle, 2000 of 10000",
    "Due in pairs (ours), 2000 of 10000",
  ])
    expect(experiments.map(({ title }) => title).join("\n")).toContain(part);
});

describe("a comparison", () => {
  const experiment = (...figures: Experiment["figures"]): Experiment => ({
    title: "some",
    quick: false,
    runs: 2,
    figures,
    run: (seed) => figures.map(() => seed),
  });

  test("holds the mean of all runs within the spread, on the side that counts", () => {
    const compared = compare(
      experiment(
        near("a", 1.6, 0.1),
        near("b", 1.6, 0.05),
        least("c", 1.4),
        least("d", 1.6),
        most("e", 1.6),
        most("f", 1),
      ),
      2,
    );
    expect(compared.map(({ ours }) => ours)).toEqual([1.5, 1.5, 1.5, 1.5, 1.5, 1.5]);
    expect(compared.map(({ ok }) => ok)).toEqual([true, false, true, false, true, false]);
  });

  test("shows without holding what is there for comparison only", () => {
    expect(compare(experiment(forComparison("a", 100)), 1)[0]).toMatchObject({ ours: 1, ok: true });
  });
});

describe("the report", () => {
  test("prints reference, ours and the deviation side by side, and counts", () => {
    const lines: string[] = [];
    expect(reproduce({ quick: true, only: "random graph" }, quiet(lines))).toBe(0);
    const text = lines.join("");
    expect(text).toMatch(/published +reference +ours +deviation +holds if/);
    expect(text).toMatch(/path length +2\.849 +2\.8\d+ +-?0\.\d% +within 0\.01 +ok/);
    expect(text).toContain("5 of 5 figures hold");
  });

  test("refuses a text that no title has, and lists them", () => {
    expect(() => reproduce({ quick: false, only: "chord" }, quiet())).toThrow(/got "chord":\n {2}Cyclon, N=1e4/);
  });
});
