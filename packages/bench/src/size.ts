/** What a page that joins has to load, minified and compressed, by part: measured as the house's own build measures it. */
import type { Part } from "./part.ts";
import { format } from "./report.ts";

/** Source: issue 4; simple-peer and tweetnacl alone are 41. */
const GZIP_KB_MAX = 65;

interface Bundles {
  bundleMesh(): Promise<{ readonly text: string; readonly gzipBytes: number }>;
  measurePage(): Promise<{
    readonly bytes: number;
    readonly gzipBytes: number;
    readonly parts: ReadonlyMap<string, number>;
    readonly later: ReadonlyMap<string, number>;
  }>;
}

export const size: Part = {
  name: "size",
  title: "Size",
  async run() {
    const { bundleMesh, measurePage } = (await import(new URL("../../dev/bundle.js", import.meta.url).href)) as Bundles;
    const { bytes, gzipBytes, parts, later } = await measurePage();
    const file = await bundleMesh();
    const sorted = [...parts].toSorted(([, a], [, b]) => b - a);
    return {
      tables: [
        {
          title: "@grapevine/mesh in a page",
          method:
            "`import { join }`, split by esbuild and minified by terser. Compression mixes the parts: a part's share of it is estimated by its share of the bytes.",
          columns: ["", "kB minified", "kB gzip"],
          rows: [
            ...sorted.map(([part, size]) => [part, format(size / 1000), format(((size / bytes) * gzipBytes) / 1000)]),
            ["all that is loaded at once", format(bytes / 1000), format(gzipBytes / 1000)],
            ...[...later].map(([name, gzip]) => [`loaded later: ${name}`, "", format(gzip / 1000)]),
            ["the one file for pages with no bundler", format(file.text.length / 1000), format(file.gzipBytes / 1000)],
          ],
        },
      ],
      ratios: [
        { what: "kB gzip loaded at once", value: gzipBytes / 1000, target: { kind: "at most", value: GZIP_KB_MAX } },
      ],
      data: { bytes, gzip: gzipBytes, parts: Object.fromEntries(parts), later: Object.fromEntries(later) },
    };
  },
};
