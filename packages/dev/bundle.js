// How the one self-contained file of the mesh is made, `@grapevine/mesh/bundle`, and what each part of it weighs.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { root } from "./setup.js";
import { leanSimplePeer } from "./simple-peer.js";

/** The bundle's text, the files in it, and what it weighs.
 * @returns {Promise<{ text: string, inputs: string[], externals: string[], gzipBytes: number, report: string }>} */
export async function bundleMesh() {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${root}/packages/mesh/src/index.ts`],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@grapevine/source"],
    plugins: [leanSimplePeer],
    logLevel: "warning",
    write: false,
    metafile: true,
    outdir: `${root}/packages/mesh/dist`,
  });
  const [output] = Object.values(metafile.outputs);
  const [file] = outputFiles;
  if (output === undefined || file === undefined) throw new Error("expected a bundle, got none");
  // What esbuild wrote loses another 4% of its gzip.
  const { code: text = "" } = await minify(file.text, {
    module: true,
    compress: { ecma: 2020, passes: 2 },
    format: { ecma: 2020 },
  });
  const gzipBytes = gzipSync(text).length;
  return {
    text,
    inputs: Object.keys(metafile.inputs),
    externals: output.imports.filter(({ external }) => external === true).map(({ path }) => path),
    gzipBytes,
    report: reportOf(output.inputs, text.length, gzipBytes),
  };
}

/** A line for each part, the heaviest first; gzip is shared out by minified size, for it cannot be had of a part alone.
 * @param {Record<string, { bytesInOutput: number }>} inputs
 * @param {number} bytes
 * @param {number} gzipBytes */
function reportOf(inputs, bytes, gzipBytes) {
  /** @type {Map<string, number>} */
  const parts = new Map();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const part = partOf(path);
    parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
  }
  const lines = [...parts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([part, size]) => `${kilobytes(size)} kB, some ${kilobytes((size / bytes) * gzipBytes)} gzip: ${part}`);
  return [`@grapevine/mesh/bundle: ${kilobytes(bytes)} kB, ${kilobytes(gzipBytes)} kB gzip`, ...lines].join("\n  ");
}

/** @param {string} path */
function partOf(path) {
  if (path.startsWith("lean:")) return "simple-peer";
  const [, library] = /node_modules\/([^/]+)\//.exec(path) ?? [];
  if (library !== undefined) return library;
  const [, name = path, room = ""] = /packages\/(\w+)\/src\/(?:(\w+)\/)?/.exec(path) ?? [];
  return name === "protocol" && room !== "" ? `${name}/${room}` : name;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1000).toFixed(1);
}
