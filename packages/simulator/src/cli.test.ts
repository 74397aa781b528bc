import { describe, expect, test } from "vitest";
import { runSimulate, type SimulateIo } from "./cli.ts";

async function run(line: string, processes?: SimulateIo["processes"]) {
  let out = "";
  let err = "";
  const files = new Map<string, string>();
  const code = await runSimulate(line.split(" ").filter(Boolean), {
    out: (text) => (out += text),
    err: (text) => (err += text),
    writeFile: async (path, text) => void files.set(path, text),
    nowMs: () => performance.now(),
    ...(processes !== undefined && { processes }),
  });
  return { code, out, err, files };
}

const small = "--nodes 6 --seconds 3 --repair 10";

describe("a scenario", () => {
  test("prints its facts and that it held", async () => {
    const { code, out, err } = await run(`spread --seed 5 ${small}`);
    expect(out).toMatch(/^rumors +\d+$/m);
    expect(out).toMatch(/^fingerprint +[0-9a-f]{14}$/m);
    expect(out).toContain("1 of 1 runs held");
    expect(err).toMatch(/run 1 of 1, seed 5: ok/);
    expect(code).toBe(0);
  });

  test("runs several seeds and prints mean, least and greatest", async () => {
    const { code, out, err } = await run(`spread --seed 5 --runs 3 ${small}`);
    expect(out).toMatch(/^ +mean +min +max$/m);
    expect(out).toContain("3 of 3 runs held");
    expect(err).toContain("run 3 of 3, seed 7: ok");
    expect(code).toBe(0);
  });

  test("runs seeds in processes of their own, and tells of them in the order of seeds", async () => {
    const ended: string[] = [];
    const apart = async (argv: readonly string[]): Promise<unknown> => {
      let result: unknown;
      const io = { out: () => {}, err: () => {}, writeFile: async () => {}, nowMs: () => performance.now() };
      await runSimulate(argv, { ...io, handOver: (one) => (result = one) });
      // The first one takes longer than the second.
      for (let turns = argv.includes("5") ? 50 : 0; turns > 0; turns--) await Promise.resolve();
      ended.push(argv[2]!);
      return result;
    };
    const alone = JSON.parse((await run(`spread --seed 5 --runs 2 --json ${small}`)).out);
    const { out } = await run(`spread --seed 5 --runs 2 --json ${small}`, { count: 2, run: apart });
    expect(ended).toEqual(["6", "5"]);
    expect(JSON.parse(out)).toEqual(alone);
  });

  test("takes a process that dies for a failed run, and says how to see it again", async () => {
    const apart = async (): Promise<unknown> => Promise.reject(new Error("it ended with SIGKILL"));
    const { code, err, out } = await run(`spread --seed 5 --runs 2 --jobs 2 ${small}`, { count: 1, run: apart });
    expect(err).toContain("it ended with SIGKILL");
    expect(err).toContain("npx grapevine simulate spread --seed 6 --nodes 6");
    expect(out).toContain("0 of 2 runs held");
    expect(code).toBe(1);
  });

  test("prints JSON, one object a run", async () => {
    const { out } = await run(`spread --runs 2 --json ${small}`);
    expect(JSON.parse(out)).toMatchObject({
      scenario: "spread",
      flags: { nodes: 6, seconds: 3, repair: 10 },
      held: 2,
      runs: [{ seed: 1 }, { seed: 2 }],
      summary: { living: { min: expect.any(Number) } },
    });
  });

  test("writes a page that stands for itself", async () => {
    const { files } = await run(`spread --report page.html ${small}`);
    const page = files.get("page.html")!;
    expect(page).toContain("<h1>simulate spread</h1>");
    expect(page).toContain("rumors</th>");
    expect(page).toContain('<polyline class="curve"');
    expect(page).toContain("sent by a node in a second, seed 1");
    expect(page).not.toMatch(/https?:|<script/);
  });

  test("runs with real signatures", async () => {
    const { code, out } = await run(`spread --real-crypto ${small}`);
    expect(out).toContain("1 of 1 runs held");
    expect(code).toBe(0);
  });
});

describe("rumor", () => {
  const line = "rumor --direction pull --removal counter --k 2 --nodes 200 --runs 5 --seed 3";

  test("gathers its runs in one JSON of means and their errors", async () => {
    const { out, err } = await run(`${line} --json`);
    const estimate = { mean: expect.any(Number), se: expect.any(Number) };
    const parsed: unknown = JSON.parse(out);
    expect(parsed).toEqual({ residue: estimate, traffic: estimate, tAverage: estimate, tLast: estimate });
    expect(err).toContain("rumor: 5 runs from seed 3 on: ok");
    expect((await run(`${line} --json`)).out).toBe(out);
  });

  test("prints a table, and draws the states by cycle", async () => {
    const { out, files } = await run(`${line} --report page.html`);
    expect(out).toMatch(/^measure +mean +se$/m);
    expect(out).toMatch(/^tLast +[\d.]+ +[\d.]+$/m);
    const page = files.get("page.html")!;
    for (const state of ["susceptible", "infective", "removed"]) expect(page).toContain(`<h2>${state}</h2>`);
  });

  test.each([
    ["rumor --k 0", 'expected a number from 1 to 100, got "0"'],
    ["rumor --hunt 2", "expected --connection-limit with --hunt"],
    ["rumor --direction sideways", "expected one of push, pull, push-pull, push-then-pull"],
    ["rumor --removal never", "expected one of none, coin, counter, median-counter"],
  ])("%s is refused", async (wrong, said) => {
    const { code, err } = await run(wrong);
    expect(err).toContain(said);
    expect(code).toBe(2);
  });
});

test("a run that fails says what, when and how to see it again, and the code is 1", async () => {
  const { code, err, out } = await run("crash --nodes 6 --kill 0.5 --largest 0.9 --loss 1 --seed 9 --repair 40");
  expect(err).toMatch(
    /FAILED: .*\n {2}at [\d.]+ s of seed 9; replay: npx grapevine simulate crash --seed 9 --nodes 6 /,
  );
  expect(out).toContain("0 of 1 runs held");
  expect(code).toBe(1);
});

describe("a wrong flag is answered with what was expected, and code 2", () => {
  test.each([
    ["spread --loss 2", 'expected a number from 0 to 1, got "2"'],
    ["spread --nodes many", 'expected a number of at least 2, got "many"'],
    ["spread --seed 1.5", 'expected a whole number, got "1.5"'],
    ["spread --runs 0", 'expected a number of at least 1, got "0"'],
    ["spread --sped 1", "unknown option '--sped'"],
    ["spread more", "too many arguments"],
    ["sprad", "unknown command 'sprad'"],
  ])("%s", async (line, said) => {
    const { code, err } = await run(line);
    expect(err).toContain(said);
    expect(code).toBe(2);
  });
});

test("help lists every scenario, and each its flags with their defaults", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (const name of ["spread", "order", "partition", "crash", "clocks", "sleep", "restart", "profiles"])
    expect(out).toContain(`  ${name} `);
  expect((await run("spread --help")).out).toMatch(/--loss <share> +share of packets lost \(default: 0\.1\)/);
});
