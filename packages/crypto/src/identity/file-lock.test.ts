import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFile } from "./file-lock.ts";

let directory: string;
let path: string;
let lock: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grapevine-lock-"));
  path = join(directory, "file");
  lock = `${path}.lock`;
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A process of ours that runs until its standard input closes. */
function spawnIdle(): ChildProcess & { pid: number } {
  return spawn(process.execPath, ["-e", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "ignore"],
  }) as ChildProcess & {
    pid: number;
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.stdin!.end();
  await exit;
}

/** Takes the lock and releases it; what lies in the directory then. */
async function take(): Promise<readonly string[]> {
  const release = await lockFile(path);
  if (typeof release !== "function") throw new Error(`held by ${release.pid}`);
  await release();
  return readdir(directory);
}

describe("a lock on a file", () => {
  it("is had by one at a time, and is gone after its release", async () => {
    const release = await lockFile(path);
    expect(await lockFile(path)).toEqual({ pid: process.pid });
    expect(JSON.parse(await readFile(lock, "utf8"))).toMatchObject({ pid: process.pid });
    await (release as () => Promise<void>)();
    expect(await take()).toEqual([]);
  });

  it("is not taken from a process that runs, and is from one that died", async () => {
    const child = spawnIdle();
    await writeFile(lock, JSON.stringify({ pid: child.pid }));
    expect(await lockFile(path)).toEqual({ pid: child.pid });
    await stop(child);
    expect(await take()).toEqual([]);
  });

  it("is taken from an earlier process that had the id of one that runs", async () => {
    if (process.platform !== "linux") return;
    const child = spawnIdle();
    await writeFile(lock, JSON.stringify({ pid: child.pid, start: "another boot 1" }));
    expect(await take()).toEqual([]);
    await stop(child);
  });

  it("is taken from an earlier process that had our own id", async () => {
    await writeFile(lock, JSON.stringify({ pid: process.pid, start: "another boot 1" }));
    expect(await take()).toEqual([]);
    await writeFile(lock, JSON.stringify({ pid: process.pid }));
    expect(await take()).toEqual([]);
  });

  it.each(["", "{", "null", '{"pid":-1}', '{"pid":"1"}'])("that names nobody (%s) counts as held", async (content) => {
    await writeFile(lock, content);
    expect(await lockFile(path)).toEqual({ pid: undefined });
    expect(await readFile(lock, "utf8")).toBe(content);
  });

  it("whose takeover somebody died in is had at the second start", async () => {
    const child = spawnIdle();
    await stop(child);
    await writeFile(lock, JSON.stringify({ pid: child.pid }));
    await writeFile(`${lock}.takeover`, JSON.stringify({ pid: child.pid }));
    expect(await lockFile(path)).toEqual({ pid: undefined });
    expect(await take()).toEqual([]);
  });

  it("that cannot be made is the file system's error", async () => {
    await expect(lockFile(join(directory, "missing", "file"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
