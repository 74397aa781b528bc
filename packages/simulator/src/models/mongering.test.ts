import { type MongeringRules } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { epidemic, type EpidemicOptions, type Estimates, gather } from "./epidemics.ts";

const RULES: MongeringRules = {
  direction: "push",
  memory: "feedback",
  removal: "counter",
  k: 1,
  minimize: false,
  connectionLimit: 0,
  hunt: 0,
  pushCycles: 10,
};

function options(rules: Partial<MongeringRules>, rest: Partial<EpidemicOptions> = {}): EpidemicOptions {
  return { protocol: "mongering", rules: { ...RULES, ...rules }, nodes: 1_000, loss: 0, ...rest };
}

function estimates(rules: Partial<MongeringRules>, runs = 100, rest: Partial<EpidemicOptions> = {}): Estimates {
  return gather(options(rules, rest), 1, runs).estimates;
}

describe("direct mail", () => {
  test("tells each once, at once", () => {
    expect(estimates({}, 2, { protocol: "mail" })).toEqual({
      residue: { mean: 0, se: 0 },
      traffic: { mean: 0.999, se: 0 },
      tAverage: { mean: 1, se: 0 },
      tLast: { mean: 1, se: 0 },
    });
  });

  test("never makes up for what is lost", () => {
    const { residue, traffic } = estimates({}, 50, { protocol: "mail", loss: 0.1 });
    expect(Math.abs(residue.mean - 0.0999)).toBeLessThan(3 * residue.se);
    expect(traffic.mean).toBeCloseTo(0.999, 9);
  });
});

describe("anti-entropy", () => {
  test("reaches everybody, even when half of what is sent gets lost", () => {
    const { residue, traffic } = estimates({ direction: "push-pull" }, 20, { protocol: "anti-entropy", loss: 0.5 });
    expect(residue.mean).toBe(0);
    expect(traffic.mean).toBeGreaterThan(1.9);
  });

  test("sends only what is lacking", () => {
    const { traffic } = estimates({ direction: "pull" }, 20, { protocol: "anti-entropy" });
    expect(traffic).toEqual({ mean: 0.999, se: 0 });
  });
});

describe("rumor mongering", () => {
  test("the same seed gives the same run, another one another", () => {
    const some = options({ direction: "push-pull", k: 2 });
    expect(epidemic(some, 7)).toEqual(epidemic(some, 7));
    expect(epidemic(some, 7)).not.toEqual(epidemic(some, 8));
  });

  test("counts every site in one state in every cycle, and ends with none infective", () => {
    const { census, residue } = epidemic(options({ k: 2 }), 1);
    for (const { susceptible, infective, removed } of census) expect(susceptible + infective + removed).toBe(1_000);
    expect(census[0]).toEqual({ susceptible: 999, infective: 1, removed: 0 });
    expect(census.at(-1)).toEqual({ susceptible: residue * 1_000, infective: 0, removed: 1_000 - residue * 1_000 });
  });

  test.each(["blind", "feedback"] as const)("a push leaves e to the minus its traffic, %s coin", (memory) => {
    const { residue, traffic } = estimates({ memory, removal: "coin", k: 3 });
    expect(residue.mean / Math.exp(-traffic.mean)).toBeGreaterThan(0.9);
    expect(residue.mean / Math.exp(-traffic.mean)).toBeLessThan(1.1);
  });

  /**
   * The loss-of-interest model: s = e^-(c(1-s)) where each site pushes c times on average, which is k for a blind coin. (With
   * feedback the model has c = k + 1; synchronous cycles leave fewer than it says, see Table 1.)
   */
  test.each([
    [2, 0.203_19],
    [3, 0.059_52],
  ])("a push that throws a blind coin of k = %i leaves %f, as its equation says", (k, s) => {
    const { residue } = estimates({ memory: "blind", removal: "coin", k });
    expect(Math.abs(residue.mean - s)).toBeLessThan(3 * residue.se);
  });

  /** Demers et al.: once few are left, a cycle of pull squares their share, and a cycle of push divides it by e. */
  test.each([
    ["pull", 0.7, (p: number) => p * p],
    ["push", 0.12, (p: number) => p / Math.E],
  ] as const)("the tail of a %s that nobody stops", (direction, few, next) => {
    const { census } = epidemic(options({ direction, removal: "none" }, { nodes: 50_000 }), 1);
    const shares = census.map(({ susceptible }) => susceptible / 50_000);
    // Where neither the start is felt any more nor single sites are.
    const cycles = [...shares.keys()].filter((i) => shares[i]! < few && next(shares[i]!) > 0.002);
    expect(cycles.length).toBeGreaterThan(1);
    for (const i of cycles) expect(Math.abs(shares[i + 1]! / next(shares[i]!) - 1)).toBeLessThan(0.2);
  });

  test("a counter in place of a coin leaves fewer for the same k", () => {
    expect(estimates({ k: 2 }).residue.mean).toBeLessThan(estimates({ k: 2, removal: "coin" }).residue.mean);
  });

  /** Demers et al.: with a connection limit of 1, s is e to the minus 1.58 m. */
  test("a connection limit makes a push better for its traffic", () => {
    const { residue, traffic } = estimates({ k: 3, connectionLimit: 1 });
    const exponent = -Math.log(residue.mean) / traffic.mean;
    expect(exponent).toBeGreaterThan(1.2);
    expect(exponent).toBeLessThan(1.65);
  });

  test("and a pull worse", () => {
    const limited = estimates({ direction: "pull", k: 2, connectionLimit: 1 });
    expect(limited.residue.mean).toBeGreaterThan(10 * estimates({ direction: "pull", k: 2 }).residue.mean);
  });

  test("hunting makes up for refused calls", () => {
    const without = estimates({ k: 2, connectionLimit: 1 });
    const hunting = estimates({ k: 2, connectionLimit: 1, hunt: 8 });
    expect(hunting.residue.mean).toBeLessThan(0.7 * without.residue.mean);
    expect(hunting.tLast.mean).toBeLessThan(without.tLast.mean - 1);
  });

  test("minimization leaves fewer", () => {
    const without = estimates({ direction: "push-pull", k: 2 }, 200);
    const minimized = estimates({ direction: "push-pull", k: 2, minimize: true }, 200);
    expect(minimized.residue.mean).toBeLessThan(0.7 * without.residue.mean);
  });

  test("push first and then pull leaves fewer than a push of more traffic", () => {
    const push = estimates({ k: 3 });
    const mixed = estimates({ direction: "push-then-pull", k: 2 });
    expect(mixed.traffic.mean).toBeLessThan(push.traffic.mean);
    expect(mixed.residue.mean).toBeLessThan(push.residue.mean / 4);
  });

  /** Karp et al.: O(log log n) counters are enough to tell everybody, and everybody stops. */
  test("the median counter reaches everybody, and stops without a clock", () => {
    const { residue, traffic, tLast } = estimates({ direction: "push-pull", removal: "median-counter", k: 3 });
    expect(residue.mean).toBe(0);
    expect(tLast.mean).toBeLessThan(10);
    expect(traffic.mean).toBeLessThan(20);
  });
});
