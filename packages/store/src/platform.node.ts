/**
 * LevelDB in a directory. It is opened by one process at a time; a corrupt one is repaired, and one that is beyond
 * repair is moved aside, never removed: what a repair saves, and what it does not, is for people to look at.
 */
import { mkdir, rename } from "node:fs/promises";
import { resolve } from "node:path";
import { ClassicLevel } from "classic-level";
import type { Database } from "./database.ts";
import { levelEntries } from "./level-entries.ts";
import type { Platform } from "./platform.ts";

type Level = ClassicLevel<string, Uint8Array>;

export const platform: Platform = {
  resolve: (location) => resolve(location),
  async openDatabase(path, onWarning): Promise<Database> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    let level = await openMended(path, onWarning);
    return {
      isKeeper: true,
      batch: (operations) => level.batch([...operations], { sync: true }),
      entries: (prefix, after) => levelEntries(level, prefix, after),
      async repair() {
        await level.close();
        await ClassicLevel.repair(path);
        level = await open(path);
      },
      close: () => level.close(),
    };
  },
};

async function open(path: string): Promise<Level> {
  // Bodies are sealed, and what is sealed does not compress.
  const level: Level = new ClassicLevel(path, { keyEncoding: "utf8", valueEncoding: "view", compression: false });
  await level.open();
  return level;
}

async function openMended(path: string, onWarning: (message: string, cause?: unknown) => void): Promise<Level> {
  let problem: unknown;
  try {
    return await open(path);
  } catch (error) {
    problem = error;
  }
  const code = codeOf(problem);
  if (code === "LEVEL_LOCKED") {
    throw new Error(`expected the store ${path} for this process alone, got it in use by another`, { cause: problem });
  }
  if (code !== "LEVEL_CORRUPTION") throw failed(path, problem);
  onWarning(`the store ${path} is corrupt and is being repaired (${reasonOf(problem)})`, problem);
  try {
    await ClassicLevel.repair(path);
    return await open(path);
  } catch (error) {
    const aside = `${path}.damaged-${Date.now()}`;
    await rename(path, aside);
    onWarning(`the store ${path} is beyond repair: it was moved to ${aside}, and a new one begun`, error);
  }
  await mkdir(path, { recursive: true, mode: 0o700 });
  try {
    return await open(path);
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, cause: unknown): Error {
  return new Error(`expected to open the store ${path}, got ${reasonOf(cause)}`, { cause });
}

/** The error of LevelDB stands behind that of its wrapper. */
function codeOf(error: unknown): unknown {
  const { cause, code } = error as { cause?: { code?: unknown }; code?: unknown };
  return cause?.code ?? code;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
