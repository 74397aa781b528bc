// `npm run build`: what is published and what is served. The compiler writes each package's dist/, esbuild the simple-peer
// of pages and the one self-contained file of the mesh for those with no bundler, and Vite the demo.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { root, setUp } from "./setup.js";

setUp();
run("tsc", ["-b"]);

const { buildSimplePeer } = await import("./simple-peer.js");
await buildSimplePeer();
const { bundleMesh, measurePage } = await import("./bundle.js");
const { text, report } = await bundleMesh();
writeFileSync(`${root}/packages/mesh/dist/bundle.js`, text);
console.log(report);
console.log((await measurePage()).report);

if (existsSync(`${root}/demo/index.html`)) run("vite", ["build", "demo", "--logLevel", "warn"]);

/** @param {string} tool
 * @param {string[]} args */
function run(tool, args) {
  const { status } = spawnSync(`${root}/node_modules/.bin/${tool}`, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
