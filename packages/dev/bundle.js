// How the one self-contained file of the mesh is made, `@grapevine/mesh/bundle`; what a page loads whose own bundler splits
// the mesh into what is needed at once and what comes later; and what each part of both weighs.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { root } from "./setup.js";
import { leanSimplePeer } from "./simple-peer.js";

/** @satisfies {import("esbuild").BuildOptions} */
const options = /** @type {const} */ ({
  absWorkingDir: root,
  outdir: `${root}/packages/mesh/dist`,
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
});

/**
 * One file has nothing to come later. Left to itself, esbuild wraps every module that such a part shares with the rest into
 * a function, which costs 3 kB.
 * @type {import("esbuild").Plugin}
 */
const allAtOnce = {
  name: "all at once",
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]mesh[\\/]src[\\/][\w-]+\.ts$/ }, ({ path }) => {
      let imports = "";
      const text = readFileSync(path, "utf8").replaceAll(/\bimport\(("[^"]+")\)/g, (_, from) => {
        const name = `late${imports.length}`;
        imports += `import * as ${name} from ${from};\n`;
        return name;
      });
      return { contents: imports + text, loader: "ts" };
    });
  },
};

/** The bundle's text, the files in it, and what it weighs.
 * @returns {Promise<{ text: string, inputs: string[], externals: string[], gzipBytes: number, report: string }>} */
export async function bundleMesh() {
  const { outputFiles, metafile } = await build({
    ...options,
    plugins: [leanSimplePeer, allAtOnce],
    entryPoints: [`${root}/packages/mesh/src/index.ts`],
  });
  const [output] = Object.values(metafile.outputs);
  const [file] = outputFiles;
  if (output === undefined || file === undefined) throw new Error("expected a bundle, got none");
  const text = await smaller(file.text);
  const gzipBytes = gzipSync(text).length;
  return {
    text,
    inputs: Object.keys(metafile.inputs),
    externals: output.imports.filter(({ external }) => external === true).map(({ path }) => path),
    gzipBytes,
    report: reportOf("@grapevine/mesh/bundle", partsOf([output]), text.length, gzipBytes),
  };
}

/**
 * What a page loads that joins, publishes and subscribes, split by its own bundler: the files that come at once, which import
 * each other, and those that are imported when they are needed.
 * @returns {Promise<{ bytes: number, gzipBytes: number, parts: Map<string, number>, inputs: string[],
 *   later: Map<string, number>, report: string }>}
 */
export async function measurePage() {
  const { outputFiles, metafile } = await build({
    ...options,
    splitting: true,
    stdin: { contents: 'export { join } from "@grapevine/mesh";', resolveDir: `${root}/packages/mesh` },
  });
  const outputs = Object.entries(metafile.outputs);
  /** @type {Set<string>} */
  const atOnce = new Set();
  /** @param {string} path */
  const visit = (path) => {
    if (atOnce.has(path)) return;
    atOnce.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement") visit(next);
  };
  visit(outputs.find(([, { entryPoint }]) => entryPoint === "<stdin>")?.[0] ?? "");
  let [bytes, gzipBytes] = [0, 0];
  /** @type {Map<string, number>} */
  const later = new Map();
  for (const [path, { entryPoint }] of outputs) {
    const text = await smaller(outputFiles.find((file) => file.path.endsWith(path))?.text ?? "");
    const gzip = gzipSync(text).length;
    if (atOnce.has(path)) [bytes, gzipBytes] = [bytes + text.length, gzipBytes + gzip];
    else later.set(/([\w-]+)\.ts$/.exec(entryPoint ?? "")?.[1] ?? path, gzip);
  }
  const loaded = outputs.filter(([path]) => atOnce.has(path)).map(([, output]) => output);
  const parts = partsOf(loaded);
  const laterLines = [...later].map(([name, gzip]) => `\n  ${kilobytes(gzip)} kB gzip later: ${name}`).join("");
  return {
    bytes,
    gzipBytes,
    parts,
    inputs: loaded.flatMap(({ inputs }) => Object.keys(inputs)),
    later,
    report: reportOf("A page that joins, at once", parts, bytes, gzipBytes) + laterLines,
  };
}

/** What esbuild has minified loses another 4% of its gzip.
 * @param {string} text */
async function smaller(text) {
  const { code = "" } = await minify(text, {
    module: true,
    compress: { ecma: 2020, passes: 2 },
    format: { ecma: 2020 },
  });
  return code;
}

/** Bytes as esbuild wrote them, by part.
 * @param {readonly { inputs: Record<string, { bytesInOutput: number }> }[]} outputs */
function partsOf(outputs) {
  /** @type {Map<string, number>} */
  const parts = new Map();
  for (const [path, { bytesInOutput }] of outputs.flatMap(({ inputs }) => Object.entries(inputs))) {
    if (bytesInOutput === 0) continue;
    const part = partOf(path);
    parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
  }
  return parts;
}

/** A line for each part, the heaviest first; gzip is shared out by minified size, for it cannot be had of a part alone.
 * @param {string} what
 * @param {Map<string, number>} parts
 * @param {number} bytes
 * @param {number} gzipBytes */
function reportOf(what, parts, bytes, gzipBytes) {
  const lines = [...parts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([part, size]) => `${kilobytes(size)} kB, some ${kilobytes((size / bytes) * gzipBytes)} gzip: ${part}`);
  return [`${what}: ${kilobytes(bytes)} kB, ${kilobytes(gzipBytes)} kB gzip`, ...lines].join("\n  ");
}

/** @param {string} path */
function partOf(path) {
  if (path.startsWith("lean:")) return "simple-peer";
  // Node's crypto, which tweetnacl asks for and a page does not have.
  if (path.startsWith("(disabled):")) return "tweetnacl";
  const [, library] = /node_modules\/([^/]+)\//.exec(path) ?? [];
  if (library !== undefined) return library;
  const [, name = path, room = ""] = /packages\/(\w+)\/src\/(?:(\w+)\/)?/.exec(path) ?? [];
  return name === "protocol" && room !== "" ? `${name}/${room}` : name;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1000).toFixed(1);
}
