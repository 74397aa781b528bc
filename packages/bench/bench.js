// `npm run bench`: installs what the benchmarks compare with, compiles the packages as they are published, and runs all
// parts, or those of `--only`. Plain JavaScript on built-ins, because on a fresh clone nothing else is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { root, setUp } from "../dev/setup.js";

setUp();
const here = fileURLToPath(new URL(".", import.meta.url));
const marker = `${here}node_modules/.grapevine-installed`;
const wanted = createHash("sha256")
  .update(readFileSync(`${here}package-lock.json`))
  .update(`${process.platform} ${process.arch}`)
  .digest("hex");
if (!existsSync(marker) || readFileSync(marker, "utf8") !== wanted) {
  console.log("Installing what the benchmarks compare with (npm ci) ...");
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm?.endsWith("js") ? [process.execPath, npm] : [npm ?? "npm"];
  // Said again, because npm hands the settings of the top level down to its scripts.
  run(command, [...args, "ci", "--prefix", here, "--engine-strict=false", "--legacy-peer-deps"], { cwd: here });
  writeFileSync(marker, wanted);
}
run(`${root}/node_modules/.bin/tsc`, ["-b"]);
const { buildSimplePeer } = await import("../dev/simple-peer.js");
await buildSimplePeer();
run(`${root}/node_modules/.bin/tsc`, ["-p", here]);
run(process.execPath, [`${here}dist/main.js`, ...process.argv.slice(2)]);

/** @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string }} options */
function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (status !== 0) process.exit(status ?? 1);
}
