/** What a page that joins has to load, minified and compressed, by part. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Part } from "./part.ts";
import { format } from "./report.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Source: issue 4; simple-peer and tweetnacl alone are 41. */
const GZIP_KB_MAX = 65;

export const size: Part = {
  name: "size",
  title: "Size",
  async run() {
    const { outputFiles, metafile } = await build({
      entryPoints: [`${root}packages/mesh/dist/index.js`],
      absWorkingDir: root,
      outdir: "out",
      bundle: true,
      splitting: true,
      minify: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
    });
    const lazy = new Map<string, number>();
    const parts = new Map<string, number>();
    let [bytes, gzip] = [0, 0];
    // What the first file imports at once is loaded with it; the rest when it is needed.
    const eager = new Set<string>();
    const visit = (path: string): void => {
      if (eager.has(path)) return;
      eager.add(path);
      for (const { path: next, kind } of metafile.outputs[path]!.imports) if (kind === "import-statement") visit(next);
    };
    visit(
      Object.keys(metafile.outputs).find(
        (path) => metafile.outputs[path]!.entryPoint?.endsWith("mesh/dist/index.js") === true,
      )!,
    );
    for (const [path, output] of Object.entries(metafile.outputs)) {
      const { contents } = outputFiles.find((file) => file.path.endsWith(path))!;
      if (!eager.has(path)) {
        lazy.set(
          path
            .split("/")
            .at(-1)!
            .replace(/-[A-Z0-9]+\.js$/, ""),
          gzipSync(contents).length,
        );
        continue;
      }
      bytes += contents.length;
      gzip += gzipSync(contents).length;
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const part = partOf(input);
        parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
      }
    }
    const sorted = [...parts].toSorted(([, a], [, b]) => b - a);
    return {
      tables: [
        {
          title: "@grapevine/mesh in a page",
          method:
            "Bundled and minified by esbuild. Compression mixes the parts: a part's share of it is estimated by its share of the bytes.",
          columns: ["", "kB minified", "kB gzip"],
          rows: [
            ...sorted.map(([part, size]) => [part, format(size / 1000), format(((size / bytes) * gzip) / 1000)]),
            ["all that is loaded at once", format(bytes / 1000), format(gzip / 1000)],
            ...[...lazy].map(([name, size]) => [`loaded later: ${name}`, "", format(size / 1000)]),
          ],
        },
      ],
      ratios: [{ what: "kB gzip loaded at once", value: gzip / 1000, target: { kind: "at most", value: GZIP_KB_MAX } }],
      data: { bytes, gzip, parts: Object.fromEntries(parts), lazy: Object.fromEntries(lazy) },
    };
  },
};

function partOf(input: string): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
  if (dependency !== undefined) return dependency;
  return /packages\/([^/]+)/.exec(input)?.[1] ?? "other";
}
