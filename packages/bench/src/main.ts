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
import { link } from "./link/part.ts";
import { machine } from "./machine.ts";
import { mesh } from "./mesh/part.ts";
import type { Part } from "./part.ts";
import { markdown, type Report } from "./report.ts";
import { simulator } from "./simulator.ts";
import { size } from "./size.ts";

const parts: readonly Part[] = [link, mesh, joining, cryptography, codec, simulator, size];
const usage = `Usage: npm run bench -- [--only ${parts.map(({ name }) => name).join(",")}] [--json file] [--quick] [--readme]`;
const options = readOptions();
const root = fileURLToPath(new URL("../../../", import.meta.url));

const about = machine();
const log = (line: string): void => void process.stderr.write(`  ${line}\n`);
console.log(
  `${about.date}, ${about.cpu} (${about.cores} cores), ${about.system}, Node ${about.node}, load ${about.load}\n`,
);
const results: Record<string, unknown> = { machine: about };
const sections: string[] = [];
for (const part of parts.filter(({ name }) => options.only === undefined || options.only.includes(name))) {
  log(`${part.name} ...`);
  let report: Report;
  try {
    report = await part.run({ quick: options.quick, log });
  } catch (error) {
    // The others can still be measured.
    console.error(`${part.name} failed:`, error);
    process.exitCode = 1;
    continue;
  }
  const text = `### ${part.title}\n\n${markdown(report)}`;
  console.log(`${text}\n`);
  sections.push(text);
  results[part.name] = { ratios: report.ratios, ...(report.data as object) };
}
const path = resolve(options.json ?? `${root}packages/bench/results/latest.json`);
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, `${JSON.stringify({ ...results, loadAfter: machine().load }, null, 2)}\n`);
log(`written to ${path}`);
if (options.readme) writeReadme();
// wrtc keeps its threads.
process.exit();

function readOptions(): {
  only: readonly string[] | undefined;
  json: string | undefined;
  quick: boolean;
  readme: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        readme: { type: "boolean", default: false },
      },
    });
    const only = values.only?.split(",");
    const strange = only?.find((name) => !parts.some((part) => part.name === name));
    if (strange !== undefined) throw new Error(`--only: expected names of parts, got "${strange}"`);
    return { only, json: values.json, quick: values.quick, readme: values.readme };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** Between two marks of the bench's README. */
function writeReadme(): void {
  const readme = `${root}packages/bench/README.md`;
  const [before, , after] = readFileSync(readme, "utf8").split(
    /(?<=<!-- results -->)[^]*(?=<!-- \/results -->)|(?=<!-- \/results -->)/,
  );
  const load = `Load of the machine when it began ${about.load}, when it ended ${machine().load}; 1 to ${about.cores} is a machine of its own.`;
  const head = `${about.date}, ${about.cpu}, ${about.cores} cores, ${about.system}, Node ${about.node}. ${load}`;
  writeFileSync(readme, `${before}\n${head}\n\n${sections.join("\n\n")}\n${after}`);
}
