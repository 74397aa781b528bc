/**
 * The packages as npm would publish them: packed into tarballs, installed together into an empty directory, with
 * nothing of this checkout in reach.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** What `import { join } from "@grapevine/mesh"` needs, and what else the documents import. */
const needed = ["@grapevine/protocol", "@grapevine/crypto", "@grapevine/links", "@grapevine/mesh"];
const packed = [...needed, "@grapevine/store", "@grapevine/signaling"];

export interface Project {
  readonly dir: string;
  /** Runs a program in the project, with Node's own options and no others; rejects when it fails. */
  run(command: string, args: readonly string[], timeoutMs: number): Promise<{ stdout: string; stderr: string }>;
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** README's first program. */
export async function readmeProgram(): Promise<string> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (program === undefined) throw new Error("README.md shows no program");
  return program;
}

/** Every program in the documents that users read, by where it stands. */
export async function documentedPrograms(): Promise<ReadonlyMap<string, string>> {
  const programs = new Map<string, string>();
  for (const document of ["README.md", "packages/mesh/README.md", "packages/crypto/README.md", "signaling/README.md"]) {
    const text = await readFile(join(root, document), "utf8");
    for (const { 1: program, index } of text.matchAll(/```ts\n([\s\S]*?)```/g)) {
      const line = text.slice(0, index).split("\n").length + 1;
      programs.set(`${document.replaceAll(/[/.]/g, "-")}-line-${line}.ts`, program!);
    }
  }
  return programs;
}

/** The compiler of this checkout, asked by a project that has none. */
export const compiler: string = join(root, "node_modules", "typescript", "bin", "tsc");

export async function installPacked(more: readonly string[] = []): Promise<Project> {
  const dir = await mkdtemp(join(tmpdir(), "grapevine-packed-"));
  // Playwright asks its children for colours; what is compared here is the plain text.
  const env = { ...process.env, NODE_OPTIONS: "", FORCE_COLOR: "0" };
  const tarballs = join(dir, "tarballs");
  await mkdir(tarballs);
  const workspaces = packed.flatMap((name) => ["--workspace", name]);
  const { stdout } = await run(npm, ["pack", "--json", "--pack-destination", tarballs, ...workspaces], {
    cwd: root,
    env,
  });
  const files = packedFiles(JSON.parse(stdout)).map((name) => join(tarballs, name));
  const write = (path: string, text: string): Promise<void> => writeFile(join(dir, path), text);
  await write("package.json", JSON.stringify({ name: "fresh", private: true, type: "module" }));
  await run(npm, ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files, ...more], { cwd: dir, env });
  return {
    dir,
    write,
    run: (command, args, timeoutMs) => run(command, [...args], { cwd: dir, env, timeout: timeoutMs }),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** `npm pack --json` prints a list in npm 10 and 11, and an object by name in later ones. */
function packedFiles(report: unknown): string[] {
  const entries = Array.isArray(report) ? report : Object.values(report as object);
  return entries.map((entry: { filename: string }) => entry.filename.replace("@", "").replace("/", "-"));
}
