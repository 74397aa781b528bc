// simple-peer for pages, without what it builds on: of its 30 kB (gzip) nearly all are Node's streams and buffers, and we move
// data on its channel ourselves (packages/links/src/webrtc-connection.ts). It stays the library that negotiates. The build
// writes it to the dist/ of the links, where `#simple-peer` finds it in a page; Node has simple-peer as it is.
import { readFile } from "node:fs/promises";
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

/**
 * Methods of simple-peer that nothing here reaches: media, which a description may not ask for, and what it does once it is
 * connected, which it is told that it is about. Emptied, not removed, for others of its own name them.
 */
const UNREACHED = [
  "addTransceiver",
  "addStream",
  "addTrack",
  "replaceTrack",
  "removeTrack",
  "removeStream",
  "getStats",
  "_maybeReady",
  "_onInterval",
];

/** @param {string} source */
function withoutUnreached(source) {
  return UNREACHED.reduce((source, name) => {
    const method = new RegExp(`^  ${name} \\([^)]*\\) \\{\\n[^]*?^  \\}\\n`, "m");
    if (!method.test(source))
      throw new Error(`expected a method ${name} in simple-peer, found none: is it another version?`);
    return source.replace(method, `  ${name} () {}\n`);
  }, source);
}

/** For bundles of the sources. @type {import("esbuild").Plugin} */
export const leanSimplePeer = {
  name: "lean simple-peer",
  setup(bundler) {
    bundler.onResolve({ filter: /^#simple-peer$/ }, ({ importer, resolveDir }) =>
      bundler.resolve("simple-peer/index.js", { importer, resolveDir, kind: "import-statement" }),
    );
    bundler.onResolve({ filter: /^[a-z-]+$/ }, ({ path, importer }) =>
      path in leanParts && /[\\/]simple-peer[\\/]index\.js$/.test(importer) ? { path, namespace: "lean" } : undefined,
    );
    bundler.onLoad({ filter: /[\\/]simple-peer[\\/]index\.js$/ }, async ({ path }) => ({
      contents: withoutUnreached(await readFile(path, "utf8")),
      loader: "js",
    }));
    bundler.onLoad({ filter: /.*/, namespace: "lean" }, ({ path }) => ({
      contents: leanParts[path] ?? "",
      loader: "js",
    }));
  },
};

/** The file that the links bring for pages: one module, whose default export is simple-peer. */
export async function buildSimplePeer() {
  await build({
    stdin: { contents: 'export { default } from "#simple-peer";', resolveDir: `${root}/packages/links` },
    outfile: `${root}/packages/links/dist/simple-peer.js`,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    plugins: [leanSimplePeer],
    logLevel: "warning",
  });
}
