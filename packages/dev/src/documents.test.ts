// What the documents name is there: links and the headings they point at, files, scripts of `npm run`. Commands of
// `grapevine` are tried in packages/daemon/src/documented.test.ts, and programs compiled against the packed packages.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const files = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .stdout.trim()
  .split("\n")
  .filter((path) => existsSync(join(root, path)));
// What a changelog names may be gone since.
const documents = files.filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md");
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const scripts = (JSON.parse(textOf("package.json")) as { scripts: Record<string, string> }).scripts;

/** As GitHub makes an anchor of a heading. */
const anchorsOf = (path: string): string[] =>
  [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test("there are documents, and git lists them", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "ARCHITECTURE.md", "packages/mesh/README.md"]));
});

describe.each(documents)("%s", (document) => {
  const text = textOf(document);

  test("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = "", anchor] = target.split("#");
      const at = path === "" ? document : normalize(join(dirname(document), path)).replace(/\/$/, "");
      if (!existsSync(join(root, at))) return true;
      return anchor !== undefined && !anchorsOf(at).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("names files that are there", () => {
    const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|js|md|html))`/g)].map(([, path]) => path!);
    // A program of an application, or a page that a command writes.
    const gone = named.filter((path) => !files.some((file) => file === path || file.endsWith(`/${path}`)));
    expect(gone.filter((path) => !builtNames.has(basename(path)) && !path.startsWith("dist/"))).toEqual([]);
  });

  test("runs scripts that are there", () => {
    const run = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script!);
    expect(run.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

/** Made by the build, or by whoever reads on. */
const builtNames = new Set(["bundle.js", "cyclon.html", "page.html", "out.html", "main.js", "try.js"]);
