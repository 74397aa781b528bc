// A real LevelDB that can write no more. A limit on the size of files stands in for the full disk.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { levelStore } from "./index.ts";
import { loadAll, open } from "./store-contract.testing.ts";

// prlimit is of Linux; other systems have no way to give a process its disk back.
const hasLimits = spawnSync("prlimit", ["--version"]).status === 0;

it.runIf(hasLimits)("has everything when there is room again, also what came while there was none", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-full-"));
  const path = join(directory, "store");
  const program = new URL("full-disk-child.testing.ts", import.meta.url).pathname;
  const source = new URL("../../dev/from-source.js", import.meta.url).pathname;
  // Writing beyond the limit is an error, not the signal that it would be.
  const shell = `trap '' XFSZ; ulimit -S -f 40; exec "$0" "$@"`;
  const child = spawn("sh", ["-c", shell, process.execPath, "--import", source, program, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("full");
  execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited"]);
  child.stdin.write("on\n");
  const { seq, warnings } = JSON.parse(String((await lines.next()).value)) as { seq: number; warnings: string[] };
  await once(child, "close");
  expect(warnings).toEqual([
    expect.stringContaining("the store cannot be written"),
    expect.stringContaining("the store can be written again"),
  ]);
  expect(seq).toBeGreaterThan(5);
  const again = await open(levelStore(path));
  const { rumors } = await loadAll(again.store);
  expect(rumors.map(({ rumor }) => rumor.header.seq)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
  expect(again.warnings).toEqual([]);
  await again.store.close();
  await rm(directory, { recursive: true });
});
