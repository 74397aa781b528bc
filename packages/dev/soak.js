// `npm run soak`: the campaigns that are too long for `npm test`. Whole peers under virtual time, a hundred seeds of
// each kind; a failing run prints its seed and the command that replays it. Takes hours on one core.
import { spawnSync } from "node:child_process";
import { root, setUp } from "./setup.js";

setUp();
if (process.argv[2] === "kill") run("mesh/src/kill-soak", process.argv[3] ?? "500");
if (process.argv[2] === "store") run("mesh/src/store-numbers");
if (process.argv[2] === "flips") run("protocol/src/flips-soak", process.argv[3] ?? "1000000");
if (process.argv[2] === "attack") attack(process.argv[3] ?? "50");
const runs = process.argv[2] ?? "100";

/** Scenario and options. Real signatures are checked in one campaign; the others model them, for speed. */
const campaigns = [
  ["spread"],
  ["order"],
  ["partition"],
  ["crash"],
  ["clocks"],
  ["sleep"],
  ["restart"],
  ["spread", "--nodes", "25", "--real-crypto"],
];

let failed = 0;
for (const [scenario = "", ...options] of campaigns) {
  console.log(`\n${scenario} ${options.join(" ")}, ${runs} runs`);
  const args = [`${root}/packages/daemon/bin/grapevine.js`, "simulate", scenario, "--runs", runs, ...options];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "pipe"],
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0) continue;
  failed++;
  // Progress goes there too; what matters stands at its end.
  console.error(stderr.trimEnd().split("\n").slice(-20).join("\n"));
}
console.log(`\n${campaigns.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/**
 * `npm run soak -- kill [kills]`: a Node peer with a store is killed at random moments, and nothing acknowledged is lost.
 * `npm run soak -- store`: what its durability costs.
 * `npm run soak -- flips [flips]`: every bit of every kind of frame is flipped and delivered; nothing comes of it.
 * @param {string} name
 * @param {string[]} given */
function run(name, ...given) {
  const program = `${root}/packages/${name}.testing.ts`;
  const args = ["--import", `${root}/packages/dev/from-source.js`, program, ...given];
  const startMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  console.error(`${Math.round((performance.now() - startMs) / 1000)} s`);
  process.exit(status ?? 1);
}

/**
 * `npm run soak -- attack [runs]`: 300 whole peers, 30% of them deviants of one kind for 300 rounds, so many seeds each.
 * @param {string} runs */
function attack(runs) {
  const kinds =
    "equivocate hub clone cold-boot flash bit-flip forge replay withhold selective censor phantom stale storm drip";
  const more = "eclipse sybil accuse clock malformed mix";
  let failed = 0;
  for (const kind of `${kinds} ${more}`.split(" ")) {
    const size = ["--nodes", "300", "--byzantine", "0.3", "--rounds", "300", "--identities", "3", "--runs", runs];
    const args = [`${root}/packages/daemon/bin/grapevine.js`, "simulate", "attack", "--model", "peers", "--kind", kind];
    const { status } = spawnSync(process.execPath, [...args, ...size], { cwd: root, stdio: "inherit" });
    if (status !== 0) failed++;
  }
  process.exit(failed === 0 ? 0 : 1);
}
