// `npm test`: everything that has to hold, in one command, the quick checks first. Stops at the first step that fails;
// the last line counts the tests, as the runners' own reports have them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { root, setUp } from "./setup.js";

setUp();
const { findBrowser } = await import("./browser.js");

const reports = `${root}/.reports`;
const unitReport = `${reports}/unit.json`;
const e2eReport = `${reports}/e2e.json`;
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports);

/** @type {{ name: string, args: () => string[], env?: () => Record<string, string> }[]} */
const steps = [
  { name: "Types", args: () => ["tsc", "-b"] },
  { name: "Lint", args: () => ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "Format", args: () => ["oxfmt", "--check"] },
  {
    name: "Unit tests and simulator",
    args: () => [
      "vitest",
      "run",
      "--config",
      "packages/dev/vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${unitReport}`,
    ],
  },
  { name: "Build", args: () => ["node", "packages/dev/build.js"] },
  {
    name: "End to end",
    args: () => ["playwright", "test", "--config", "e2e/playwright.config.ts", "--reporter=list,json"],
    env: () => ({
      NODE_OPTIONS: "--conditions=@grapevine/source",
      GRAPEVINE_BROWSER: findBrowser(),
      PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport,
    }),
  },
];

const startMs = performance.now();
/** @type {string | undefined} */
let failedStep;
for (const { name, args, env } of steps) {
  console.log(`\n=== ${name} ===`);
  const stepMs = performance.now();
  const ok = attempt(args, env);
  console.log(`--- ${name}: ${ok ? "ok" : "FAILED"}, ${seconds(stepMs)}`);
  if (!ok) {
    failedStep = name;
    break;
  }
}

const { passed, failed, skipped } = tally();
console.log(`\n${failedStep === undefined ? "All steps passed" : `${failedStep} failed`}, ${seconds(startMs)}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failedStep === undefined && failed === 0 && passed > 0 ? 0 : 1;

/** Runs one step and tells whether it ended well.
 * @param {() => string[]} args
 * @param {(() => Record<string, string>) | undefined} env */
function attempt(args, env) {
  try {
    return run(args(), env?.() ?? {});
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

/** Runs one of the installed tools, or Node, and tells whether it ended well.
 * @param {string[]} args
 * @param {Record<string, string>} env */
function run([tool = "", ...args], env) {
  const command = tool === "node" ? process.execPath : `${root}/node_modules/.bin/${tool}`;
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  return status === 0;
}

/** @param {number} sinceMs */
function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Adds up what vitest and Playwright reported. A step that failed with no failed test (types do not check, a test file
 * does not load) counts as one failure. */
function tally() {
  const unit = report(unitReport);
  const { stats } = report(e2eReport);
  const failedTests = (unit.numFailedTests ?? 0) + (stats?.unexpected ?? 0);
  return {
    passed: (unit.numPassedTests ?? 0) + (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    failed: failedStep !== undefined && failedTests === 0 ? 1 : failedTests,
    skipped: (unit.numPendingTests ?? 0) + (unit.numTodoTests ?? 0) + (stats?.skipped ?? 0),
  };
}

/** @param {string} path */
function report(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}
