import { describe, expect, test } from "vitest";
import { runSimulate } from "../cli.ts";

async function run(line: string) {
  let out = "";
  let err = "";
  let nowMs = 0;
  const files = new Map<string, string>();
  const code = await runSimulate(line.split(" "), {
    out: (text) => (out += text),
    err: (text) => (err += text),
    writeFile: async (path, text) => void files.set(path, text),
    // A clock that runs fast: whoever says how far it is, is heard.
    nowMs: () => (nowMs += 600),
  });
  return { code, out, err, files };
}

async function json(line: string): Promise<unknown> {
  const { code, out, err } = await run(`${line} --json`);
  expect(err).not.toContain("error");
  expect(code).toBe(0);
  return JSON.parse(out);
}

const number = expect.any(Number) as number;
const cycle = {
  cycle: number,
  clustering: number,
  pathLength: number,
  inDegree: { mean: number, sd: number, min: number, max: number },
  deadLinks: number,
  components: number,
  outsideLargest: number,
};

describe("simulate sampling", () => {
  const small = "sampling --nodes 80 --cycles 4";

  test.each(["cyclon", "cyclon-basic", "secure-cyclon", "healer", "swapper", "hyparview"])(
    "--protocol %s prints one row of measures for each cycle",
    async (protocol) => {
      const line = `${small} --protocol ${protocol} --view 6 --shuffle 3`;
      expect(await json(line)).toEqual({ cycles: [1, 2, 3, 4].map((at) => ({ ...cycle, cycle: at })) });
    },
  );

  test.each(["cyclon", "secure-cyclon", "healer", "swapper", "hyparview"])(
    "--protocol %s starts from a ring, from a star or by chance, which makes a difference",
    async (protocol) => {
      const starts = ["ring", "star", "random"].map((start) =>
        json(`sampling --nodes 80 --cycles 2 --protocol ${protocol} --start ${start}`),
      );
      expect(new Set((await Promise.all(starts)).map((one) => JSON.stringify(one))).size).toBe(3);
    },
  );

  test("--kill and --at crash a share at the end of that cycle", async () => {
    const { cycles } = (await json(`${small} --kill 0.5 --at 2`)) as { cycles: { deadLinks: number }[] };
    const dead = cycles.map(({ deadLinks }) => deadLinks > 0);
    expect(dead).toEqual([false, true, true, true]);
  });

  test("several runs keep the shape, in means, beside each run", async () => {
    const { cycles, runs, held } = (await json(`${small} --runs 3`)) as {
      cycles: { clustering: number }[];
      runs: { seed: number; cycles: { clustering: number }[] }[];
      held: number;
    };
    expect(cycles).toHaveLength(4);
    expect(held).toBe(3);
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    const mean = runs.reduce((sum, one) => sum + one.cycles[3]!.clustering, 0) / 3;
    expect(cycles[3]!.clustering).toBeCloseTo(mean, 10);
  });

  test("the same seed gives the same numbers, another one others", async () => {
    expect(await json(`${small} --seed 7`)).toEqual(await json(`${small} --seed 7`));
    expect(await json(`${small} --seed 7`)).not.toEqual(await json(`${small} --seed 8`));
  });
});

describe("simulate attack", () => {
  const share = { viewShare: number, sampleShare: number, linkShare: number, isolated: number };
  const convicted = { right: number, wrong: 0 };

  test.each(["hub", "eclipse", "sybil"])("--kind %s prints shares, convictions, and both by cycle", async (kind) => {
    const shape = await json(`attack --kind ${kind} --byzantine 0.1 --nodes 60 --cycles 3 --identities 2`);
    expect(shape).toMatchObject({ ...share, convicted });
    expect(shape).toHaveProperty("cyclesToConvict");
    expect((shape as { cycles: unknown[] }).cycles).toMatchObject(
      [1, 2, 3].map((at) => ({ cycle: at, ...share, convicted })),
    );
  });

  test.each(["secure-cyclon", "cyclon", "cyclon-basic", "basalt"])(
    "--protocol %s has views and samples",
    async (name) => {
      const shape = await json(`attack --byzantine 0.1 --nodes 60 --cycles 2 --protocol ${name} --view 10 --shuffle 3`);
      expect(shape).toMatchObject(share);
    },
  );

  test.each(["assigned", "assigned-circle", "pairs", "flips", "renew-refuse", "renew-evict"])(
    "--protocol %s has links only",
    async (name) => {
      const shape = await json(`attack --kind eclipse --byzantine 0.1 --nodes 60 --cycles 2 --protocol ${name}`);
      expect(shape).toMatchObject({ viewShare: null, sampleShare: null, linkShare: number, isolated: number });
    },
  );

  test("whoever mints too many or clones is convicted, nobody else is, and it says how soon", async () => {
    const shape = await json("attack --kind hub --byzantine 0.2 --nodes 100 --cycles 20");
    expect(shape).toMatchObject({ convicted: { right: 20, wrong: 0 }, viewShare: 0, atLarge: 0 });
    expect((shape as { cyclesToConvict: number }).cyclesToConvict).toBeLessThan(20);
  });

  test("a sybil's identities count as colluders", async () => {
    const shape = await json(
      "attack --kind sybil --byzantine 0.1 --nodes 100 --identities 5 --cycles 2 --protocol pairs",
    );
    expect((shape as { byzantine: number }).byzantine).toBeCloseTo(50 / 140);
  });
});

describe("simulate broadcast", () => {
  const reliability = [number, number, number];

  test.each(["hyparview", "regular", "cyclon"])(
    "--overlay %s prints how far the first broadcast came, and one after each cycle",
    async (overlay) => {
      const shape = await json(`broadcast --overlay ${overlay} --nodes 200 --settle 5 --kill 0.3 --cycles 2`);
      expect(shape).toMatchObject({ reliability });
    },
  );

  test("HyParView repairs itself after half have crashed, a random graph does not", async () => {
    const last = async (overlay: string): Promise<number> => {
      const line = `broadcast --overlay ${overlay} --view 4 --nodes 400 --settle 5 --kill 0.6 --cycles 2 --runs 3`;
      return ((await json(line)) as { reliability: number[] }).reliability[2]!;
    };
    expect(await last("hyparview")).toBeGreaterThan(0.99);
    expect(await last("regular")).toBeLessThan(0.95);
  });
});

describe("every command", () => {
  test.each([
    ["sampling --nodes 60 --cycles 4", ["clustering", "in degree sd"]],
    ["attack --nodes 60 --cycles 4 --byzantine 0.1", ["view share", "link share"]],
    ["broadcast --nodes 60 --settle 2 --cycles 2 --kill 0.2", ["reliability", "largest"]],
  ])("%s says how far it is and draws its curves", async (line, titles) => {
    const { err, files, code } = await run(`${line} --report page.html`);
    expect(err).toMatch(/: seed 1: .*cycle 2 of \d/);
    expect(code).toBe(0);
    for (const title of titles) expect(files.get("page.html")).toContain(`<h2>${title}</h2>\n<svg`);
  });

  test.each([
    ["sampling --protocol chord", "expected one of cyclon, cyclon-basic, secure-cyclon, healer, swapper, hyparview"],
    ["sampling --kill 1.2", 'expected a number from 0 to 1, got "1.2"'],
    ["sampling --kill 1 --at 3", "expected --kill below 1"],
    ["sampling --kill 0.5 --at 9 --cycles 4", "expected --at of at most 4, the last cycle, got 9"],
    ["sampling --view 4 --shuffle 5", "expected --shuffle of at most 4, got 5"],
    ["attack --kind siege", "expected one of hub, eclipse, sybil"],
    ["attack --byzantine 1 --nodes 50", "expected --byzantine to leave two honest nodes of 50, got 1"],
    ["broadcast --overlay mesh", "expected one of hyparview, regular, cyclon"],
    ["broadcast --kill 1 --nodes 50", "expected --kill to leave two nodes of 50, got 1"],
    ["broadcast --overlay regular --view 50 --nodes 50", "expected --view below the 50 nodes, got 50"],
    ["broadcast --overlay cyclon --by plumtree", "expected --by flood over cyclon"],
  ])("refuses %s", async (line, said) => {
    const { code, err, out } = await run(line);
    expect(err).toContain(said);
    expect(out).toBe("");
    expect(code).toBe(2);
  });
});
