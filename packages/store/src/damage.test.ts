// Files that were torn, flipped, emptied or lost under a store: whatever is left of them, nothing is loaded that was not
// written, the store can be written again, and what a crash alone cannot explain is told.
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { levelStore } from "./index.ts";
import { loadAll, open, persist } from "./store-contract.testing.ts";
import { written } from "./written.testing.ts";

const AUTHORS = [1, 2, 3];
const RUMORS = 60;
let directory: string;
let original: string;
let copies = 0;

/** The same numbers for the same seed (mulberry32), so that a failure comes again. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "grapevine-damage-"));
  original = join(directory, "original");
  // The first part lies in a table, for it was there when the database was opened again; the second in the log.
  for (const [from, to] of [
    [1, RUMORS / 2],
    [RUMORS / 2 + 1, RUMORS],
  ] as const) {
    const { store } = await open(levelStore(original));
    await loadAll(store);
    await store.saveIncarnation(1000 + to);
    for (let seq = from; seq <= to; seq++) {
      persist(store, ...AUTHORS.map((author) => written(author, seq, { bodyBytes: 200 })));
      await store.settled();
    }
    await store.close();
  }
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function copy(): Promise<string> {
  const path = join(directory, `copy-${copies++}`);
  await cp(original, path, { recursive: true });
  return path;
}

/** What is found of each author, checked byte for byte against what was written. */
async function reopen(path: string): Promise<{ readonly found: number; readonly warnings: readonly string[] }> {
  const { store, warnings } = await open(levelStore(path));
  const { rumors } = await loadAll(store);
  for (const kept of rumors) {
    const author = AUTHORS.find((author) => written(author, 1).rumor.header.author === kept.rumor.header.author)!;
    expect(kept).toEqual(written(author, kept.rumor.header.seq, { bodyBytes: 200 }));
  }
  expect(new Set(rumors.map(({ id }) => id.join(" "))).size).toBe(rumors.length);
  persist(store, written(9, 1));
  await store.settled();
  expect(store.stats().writing).toBe(true);
  await store.close();
  const again = await open(levelStore(path));
  expect((await loadAll(again.store)).rumors).toHaveLength(rumors.length + 1);
  await again.store.close();
  return { found: rumors.length, warnings };
}

const KINDS = ["torn", "flipped", "zeroed", "lost"] as const;

describe("a store whose files were damaged", () => {
  it("is as it was when they were not", async () => {
    expect(await reopen(await copy())).toEqual({ found: AUTHORS.length * RUMORS, warnings: [] });
  });

  it.each(
    Array.from(
      { length: Number(process.env["DAMAGE_CASES"] ?? 16) },
      (_, seed) => [KINDS[seed % KINDS.length]!, seed] as const,
    ),
  )("(%s, seed %i) opens, gives nothing that was not written, and can be written", async (kind, seed) => {
    const random = chance(seed);
    const path = await copy();
    const files = (await readdir(path)).filter((file) => /\.(log|ldb|sst)$|^(MANIFEST|CURRENT)/.test(file)).toSorted();
    const file = files[random(files.length)]!;
    const at = join(path, file);
    const bytes = await readFile(at);
    if (kind === "torn") await writeFile(at, bytes.subarray(0, random(bytes.length + 1)));
    else if (kind === "lost") await rm(at);
    else {
      const from = random(Math.max(1, bytes.length));
      const count = kind === "flipped" ? 1 + random(8) : random(2_000);
      for (let i = from; i < Math.min(bytes.length, from + count); i++) {
        bytes[i] = kind === "flipped" ? bytes[i]! ^ (1 << random(8)) : 0;
      }
      await writeFile(at, bytes);
    }
    const { found, warnings } = await reopen(path);
    // The end of the log is what a crash takes, and a list of files may end at an earlier whole state; else it is told.
    if (found < AUTHORS.length * RUMORS && !/\.log$|^MANIFEST/.test(file)) expect(warnings, file).not.toEqual([]);
  });
});

describe("a damaged record", () => {
  it("is set aside, told, and does not come back; what is around it stays", async () => {
    const path = await copy();
    const level = new ClassicLevel<string, Uint8Array>(path, { valueEncoding: "view" });
    const keys = (await level.keys().all()).filter((key) => key.includes("/rumor/"));
    const [flipped, moved, short] = [keys[3]!, keys[5]!, keys[8]!];
    const value = (await level.get(flipped))!;
    value[40]! ^= 1;
    await level.batch([
      { type: "put", key: flipped, value },
      { type: "put", key: moved, value: (await level.get(keys[6]!))! },
      { type: "put", key: short, value: new Uint8Array(3) },
    ]);
    await level.close();
    const first = await open(levelStore(path));
    expect((await loadAll(first.store)).rumors).toHaveLength(AUTHORS.length * RUMORS - 3);
    expect(first.warnings).toEqual([expect.stringContaining("3 damaged records of the store were set aside")]);
    expect(first.store.stats().damaged).toBe(3);
    await first.store.close();
    const second = await open(levelStore(path));
    expect((await loadAll(second.store)).rumors).toHaveLength(AUTHORS.length * RUMORS - 3);
    expect(second.store.stats().damaged).toBe(0);
    await second.store.close();
  });

  it("of an own log that is missing altogether is told", async () => {
    const path = await copy();
    const level = new ClassicLevel<string, Uint8Array>(path);
    const own = (await level.keys().all()).filter((key) =>
      key.includes(`/rumor/${written(1, 1).rumor.header.author}/`),
    );
    await level.batch(own.slice(10, 14).map((key) => ({ type: "del", key })));
    await level.close();
    const { store, warnings } = await open(levelStore(path));
    await loadAll(store);
    expect(warnings).toEqual([expect.stringContaining("4 own rumors are missing")]);
    await store.close();
  });
});

describe("a directory", () => {
  it("is one process's: another is refused, and says why", async () => {
    const path = await copy();
    const holder = new ClassicLevel(path);
    await holder.open();
    await expect(open(levelStore(path))).rejects.toThrow("for this process alone, got it in use by another");
    await holder.close();
    const { store } = await open(levelStore(path));
    await store.close();
  });

  it("beyond repair is moved aside, not removed, and a new store begun", async () => {
    const path = await copy();
    for (const file of await readdir(path)) {
      if (/^(MANIFEST|CURRENT)|\.(ldb|log)$/.test(file)) await writeFile(join(path, file), "no database at all\n");
    }
    const { store, warnings } = await open(levelStore(path));
    await loadAll(store);
    expect(warnings.length).toBeGreaterThan(0);
    persist(store, written(9, 1));
    await store.close();
    const again = await open(levelStore(path));
    expect((await loadAll(again.store)).rumors).toHaveLength(1);
    await again.store.close();
  });

  it("that is a file is refused", async () => {
    const path = join(directory, "file");
    await writeFile(path, "");
    await expect(open(levelStore(path))).rejects.toThrow("expected to open the store");
  });
});
