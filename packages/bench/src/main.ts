/**
 * Runs the parts one after the other, prints their tables, and writes all numbers to a JSON file and, when asked to, the
 * tables into the README. It asserts nothing: what it prints beside a target is for people to judge.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { codec } from "./codec.ts";
import { cryptography } from "./crypto/part.ts";
import { joining } from "./join/part.ts";
import { late } from "./late/part.ts";
import { link } from "./link/part.ts";
import { machine } from "./machine.ts";
import { largerMesh, mesh } from "./mesh/part.ts";
import type { Part } from "./part.ts";
import { markdown, type Ratio, type Report } from "./report.ts";
import { simulator } from "./simulator.ts";
import { size } from "./size.ts";
import { tabs } from "./tabs/part.ts";

const parts: readonly Part[] = [link, late, joining, tabs, cryptography, codec, size, simulator, mesh, largerMesh];
const usage = `Usage: npm run bench -- [--only ${parts.map(({ name }) => name).join(",")}] [--json file] [--quick] [--runs n] [--readme]`;
const options = readOptions();
const root = fileURLToPath(new URL("../../../", import.meta.url));

const path = resolve(options.json ?? `${root}packages/bench/results/latest.json`);
mkdirSync(dirname(path), { recursive: true });

const about = machine();
const log = (line: string): void => void process.stderr.write(`  ${line}\n`);
console.log(
  `${about.date}, ${about.cpu} (${about.cores} cores), ${about.system}, Node ${about.node}, load ${about.load}\n`,
);
const results: Record<string, unknown> = { machine: about };
const sections: string[] = [];
const ratios: Ratio[] = [];
for (const part of parts.filter(({ name }) => options.only === undefined || options.only.includes(name))) {
  log(`${part.name} ...`);
  let report: Report;
  try {
    report = await part.run({ quick: options.quick, runs: options.runs, log });
  } catch (error) {
    // The others can still be measured.
    console.error(`${part.name} failed:`, error);
    process.exitCode = 1;
    continue;
  }
  const text = `### ${part.title}\n\n${markdown(report)}`;
  console.log(`${text}\n`);
  sections.push(text);
  ratios.push(...report.ratios);
  results[part.name] = { ratios: report.ratios, ...(report.data as object) };
  // After each part, for some take long.
  write();
}
log(`written to ${path}`);
// wrtc keeps its threads.
process.exit();

function write(): void {
  writeFileSync(path, `${JSON.stringify({ ...results, loadAfter: machine().load }, null, 2)}\n`);
  if (options.readme) writeReadme();
}
function readOptions(): {
  only: readonly string[] | undefined;
  runs: number | undefined;
  json: string | undefined;
  quick: boolean;
  readme: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        json: { type: "string" },
        runs: { type: "string" },
        quick: { type: "boolean", default: false },
        readme: { type: "boolean", default: false },
      },
    });
    const only = values.only?.split(",");
    const strange = only?.find((name) => !parts.some((part) => part.name === name));
    if (strange !== undefined) throw new Error(`--only: expected names of parts, got "${strange}"`);
    return {
      only,
      runs: values.runs === undefined ? undefined : Number(values.runs),
      json: values.json,
      quick: values.quick,
      readme: values.readme,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** All tables in the README of the benchmarks, the ratios in that of the whole, each between two marks. */
function writeReadme(): void {
  const load = `load ${about.load} at the start and ${machine().load} at the end, where ${about.cores} is a busy machine of one's own`;
  const head = `${about.date}, ${about.cpu}, ${about.cores} cores, ${about.system}, Node ${about.node}; ${load}.`;
  between(`${root}packages/bench/README.md`, [head, ...sections].join("\n\n"));
  between(`${root}README.md`, `${head}\n\n${markdown({ tables: [], ratios, data: undefined })}`);
}

function between(readme: string, text: string): void {
  const [from, to] = ["<!-- results -->", "<!-- /results -->"];
  const page = readFileSync(readme, "utf8");
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`expected ${from} and ${to} in ${readme}`);
  writeFileSync(readme, `${page.slice(0, start + from.length)}\n${text}\n${page.slice(end)}`);
}
