// `npm run fuzz [-- --cases 10000000] [--target name] [--seed n]`: bytes that nobody would send, at every decoder and at whole
// peers, by a loop that follows the coverage of our sources. A fault is printed with its seed, saved with as few bytes as
// show it, and the command that shows it again; what is saved becomes a test (src/fuzz.test.ts).
// `npm run fuzz -- --target name --replay file` runs one saved input. Exit code 1 when something was found, 2 for a wrong flag.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Coverage } from "./fuzz/coverage.js";
import { fuzz, shrink, tryOne } from "./fuzz/loop.js";
import { Chance } from "./fuzz/mutate.js";
import { targetsOf } from "./fuzz/targets.js";
import { root, setUp } from "./setup.js";

setUp();
await import("./from-source.js");
process.exitCode = await main();

async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        cases: { type: "string", default: "10000000" },
        target: { type: "string", default: "" },
        seed: { type: "string", default: String(Date.now() % 1_000_000) },
        replay: { type: "string", default: "" },
      },
    }));
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const all = await targetsOf();
  const targets = values.target === "" ? all : all.filter(({ name }) => name === values.target);
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  if (targets.length === 0)
    return usage(`expected one of ${all.map(({ name }) => name).join(", ")}, got ${values.target}`);
  if (!(cases > 0) || !Number.isSafeInteger(seed)) return usage("expected numbers of cases and for a seed");

  if (values.replay !== "") {
    const verdict = tryOne(/** @type {any} */ (targets[0]), readFileSync(values.replay));
    console.log(typeof verdict === "number" ? "nothing is wrong with it" : verdict.error);
    return typeof verdict === "number" ? 0 : 1;
  }

  const coverage = new Coverage();
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  let [total, found] = [0, 0];
  const sinceMs = performance.now();
  console.log(`${cases} cases, seed ${seed}`);
  for (const target of targets) {
    const startMs = performance.now();
    const outcome = fuzz(target, (cases * target.share) / shares, coverage, new Chance(seed));
    total += outcome.cases;
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    console.log(`${target.name}: ${outcome.cases} cases, ${outcome.blocks} blocks reached, ${seconds} s`);
    if (outcome.found === undefined) continue;
    found++;
    report(target, seed, outcome.found);
  }
  coverage.close();
  const seconds = (performance.now() - sinceMs) / 1_000;
  console.log(`${total} cases in ${seconds.toFixed(0)} s, ${found} of ${targets.length} targets with a fault`);
  return found === 0 ? 0 : 1;
}

/**
 * @param {import("./fuzz/loop.js").Target} target
 * @param {number} seed
 * @param {import("./fuzz/loop.js").Found} found */
function report(target, seed, found) {
  const bytes = shrink(target, found);
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const folder = `packages/dev/fixtures/fuzz/${target.name}`;
  mkdirSync(`${root}/${folder}`, { recursive: true });
  writeFileSync(`${root}/${folder}/${name}`, bytes);
  console.log(`FOUND in ${target.name}, seed ${seed}:`, found.error);
  console.log(`bytes: ${Buffer.from(bytes).toString("hex").slice(0, 2_000)}`);
  console.log(`again: npm run fuzz -- --target ${target.name} --replay ${folder}/${name}`);
}

/** @param {string} what */
function usage(what) {
  console.error(what);
  console.error("usage: npm run fuzz [-- [--cases n] [--target name] [--seed n] [--replay file]]");
  return 2;
}
