// A lint rule that matches nothing looks just like clean code, so every rule that this project sets up by hand is
// proved: the files under fixtures/lint, laid out as the repository is, break each of them on lines that say so, and
// nothing else may be reported there.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const house = mkdtempSync(join(tmpdir(), "grapevine-lint-"));
afterAll(() => rmSync(house, { recursive: true }));

cpSync(join(import.meta.dirname, "../fixtures/lint"), house, { recursive: true });
cpSync(join(root, ".oxlintrc.json"), join(house, ".oxlintrc.json"));

interface Report {
  diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
}

/** What the linter reports of the fixtures: for each file, `line rule`. */
function lint(): Map<string, string[]> {
  const bin = (name: string): string => join(root, "node_modules/.bin", name);
  const run = spawnSync(bin("oxlint"), ["--type-aware", "--format=json", "."], {
    cwd: house,
    encoding: "utf8",
    env: { ...process.env, OXLINT_TSGOLINT_PATH: bin("tsgolint") },
  });
  expect(run.status, run.stderr).toBe(1);
  const found = new Map<string, string[]>();
  for (const { code, filename, labels } of (JSON.parse(run.stdout) as Report).diagnostics) {
    found.set(filename, [...(found.get(filename) ?? []), `${labels[0]?.span.line} ${code}`]);
  }
  return found;
}

/** The rules that a fixture says it breaks, as `line rule`. */
function promised(file: string): string[] {
  return readFileSync(join(house, file), "utf8")
    .split("\n")
    .flatMap((line, i) =>
      (line.match(/\/\/ breaks (.*)$/)?.[1] ?? "")
        .split(" ")
        .filter(Boolean)
        .map((rule) => `${i + 1} ${rule}`),
    );
}

const found = lint();
const fixtures = readdirSync(house, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"));

test.each(fixtures)("%s is reported where it says so and nowhere else", (file) => {
  expect(promised(file)).not.toEqual([]);
  expect((found.get(file) ?? []).toSorted()).toEqual(promised(file).toSorted());
});

test("every rule that is set up by hand is broken by a fixture", () => {
  const config = readFileSync(join(root, ".oxlintrc.json"), "utf8").replaceAll(/^\s*\/\/.*$/gm, "");
  const named = [...config.matchAll(/"([a-z/-]+)": (?:"error"|\[\s*"error")/g)]
    .map((match) => match[1] ?? "")
    .filter((name) => !["correctness", "suspicious", "perf"].includes(name))
    .map((name) => name.replace(/^.*\//, ""));
  const broken = new Set(fixtures.flatMap(promised).map((line) => line.replace(/^.*\((.*)\)$/, "$1")));
  expect([...new Set(named)].filter((name) => !broken.has(name))).toEqual([]);
});
