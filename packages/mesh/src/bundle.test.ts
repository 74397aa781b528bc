import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** Measured 117.5 kB: simple-peer 30, tweetnacl 11, the rest is ours. Raise it knowingly. */
const GZIP_BYTES_MAX = 128_000;

/** As `packages/dev/build.js` makes it. */
const { outputFiles, metafile } = await build({
  entryPoints: [new URL("index.ts", import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  conditions: ["@grapevine/source"],
  write: false,
  metafile: true,
});

test("the bundle for pages is one file that imports nothing and knows nothing of Node's WebRTC", () => {
  const [output] = Object.values(metafile.outputs);
  expect(output?.imports.filter(({ external }) => external === true)).toEqual([]);
  expect(outputFiles[0]!.text).not.toContain("@roamhq");
  expect(Object.keys(metafile.inputs).filter((path) => path.endsWith(".node.ts"))).toEqual([]);
});

test("the bundle has what the package has, and begins nothing by being imported", async () => {
  const source = Buffer.from(outputFiles[0]!.contents).toString("base64");
  const bundle = (await import(`data:text/javascript;base64,${source}`)) as object;
  const index = (await import("./index.ts")) as object;
  expect(Object.keys(bundle).toSorted()).toEqual(Object.keys(index).toSorted());
});

test("the bundle stays as small as it is", () => {
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(GZIP_BYTES_MAX);
});
