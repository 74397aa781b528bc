// How the one self-contained file of the mesh is made, `@grapevine/mesh/bundle`, and what each part of it weighs. simple-peer
// stays the library that negotiates, but what it builds on is left out: of its 30 kB (gzip) nearly all are Node's streams
// and buffers, and we move data on its channel ourselves (packages/links/src/webrtc-connection.ts).
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./setup.js";

/**
 * What simple-peer 9.11.1 asks of its dependencies when only `signal`, `destroy` and events are used, and the constructors
 * of WebRTC are given to it: CommonJS, as it asks for it.
 * @type {Readonly<Record<string, string>>}
 */
const leanParts = {
  debug: "module.exports = () => () => {};",
  "get-browser-rtc": "module.exports = () => null;",
  "queue-microtask": "module.exports = queueMicrotask;",
  // Bytes never come through its stream.
  buffer: "exports.Buffer = { from: (bytes) => bytes };",
  // Only names are made of it, by whoever wants hexadecimal text.
  randombytes: `module.exports = (count) => {
    const bytes = crypto.getRandomValues(new Uint8Array(count));
    return { toString: () => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
  };`,
  // The code of a DOMException cannot be set.
  "err-code": `module.exports = (error, code) =>
    Object.assign(error instanceof DOMException ? new Error(error.message) : error, { code });`,
  // A stream that never carries anything: the events of one, and what simple-peer looks at when it ends.
  "readable-stream": `exports.Duplex = class {
    _readableState = { ended: true };
    _writableState = { finished: true };
    #listeners = new Map();
    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
      return this;
    }
    once(event, listener) {
      const once = (...values) => {
        this.removeListener(event, once);
        listener.apply(this, values);
      };
      return this.on(event, once);
    }
    removeListener(event, listener) {
      this.#listeners.set(event, (this.#listeners.get(event) ?? []).filter((other) => other !== listener));
      return this;
    }
    emit(event, ...values) {
      const listeners = this.#listeners.get(event) ?? [];
      if (event === "error" && listeners.length === 0) throw values[0];
      for (const listener of listeners) listener.apply(this, values);
      return listeners.length > 0;
    }
    push() {
      return true;
    }
    end() {
      return this;
    }
  };`,
};

/** @type {import("esbuild").Plugin} */
const leanSimplePeer = {
  name: "lean simple-peer",
  setup(bundler) {
    bundler.onResolve({ filter: /^simple-peer\/simplepeer\.min\.js$/ }, ({ importer, resolveDir }) =>
      bundler.resolve("simple-peer/index.js", { importer, resolveDir, kind: "import-statement" }),
    );
    bundler.onResolve({ filter: /^[a-z-]+$/ }, ({ path, importer }) =>
      path in leanParts && /[\\/]simple-peer[\\/]index\.js$/.test(importer) ? { path, namespace: "lean" } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: "lean" }, ({ path }) => ({
      contents: leanParts[path] ?? "",
      loader: "js",
    }));
  },
};

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
  const gzipBytes = gzipSync(file.contents).length;
  return {
    text: file.text,
    inputs: Object.keys(metafile.inputs),
    externals: output.imports.filter(({ external }) => external === true).map(({ path }) => path),
    gzipBytes,
    report: reportOf(output.inputs, file.contents.length, gzipBytes),
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
