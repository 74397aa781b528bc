// `npm run build`: what is published and what is served. The compiler writes each package's dist/, esbuild the one
// self-contained file of the mesh for pages with no bundler, and Vite the demo.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root, setUp } from "./setup.js";

setUp();
run("tsc", ["-b"]);

const bundle = `${root}/packages/mesh/dist/bundle.js`;
await build({
  entryPoints: [`${root}/packages/mesh/src/index.ts`],
  outfile: bundle,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  conditions: ["@grapevine/source"],
  logLevel: "warning",
});
const bytes = readFileSync(bundle);
console.log(`@grapevine/mesh/bundle: ${kilobytes(bytes)} kB, ${kilobytes(gzipSync(bytes))} kB gzip`);

if (existsSync(`${root}/demo/index.html`)) run("vite", ["build", "demo", "--logLevel", "warn"]);

/** @param {string} tool
 * @param {string[]} args */
function run(tool, args) {
  const { status } = spawnSync(`${root}/node_modules/.bin/${tool}`, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** @param {Buffer} data */
function kilobytes(data) {
  return (data.length / 1000).toFixed(1);
}
