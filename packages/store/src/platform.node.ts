/**
 * LevelDB in a directory, for one process at a time. What is damaged is found before LevelDB reads it, moved aside and
 * never removed, and the rest is repaired; what was in it is for the neighbors to bring again, and the files are there
 * for people to look at.
 */
import { link, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ClassicLevel } from "classic-level";
import type { Database } from "./database.ts";
import { levelEntries } from "./level-entries.ts";
import type { Platform } from "./platform.ts";
import { isTableWhole } from "./table-check.ts";

type Level = ClassicLevel<string, Uint8Array>;
type Warn = (message: string, cause?: unknown) => void;

export const platform: Platform = {
  resolve: (location) => resolve(location),
  async openDatabase(path, onWarning): Promise<Database> {
    let level = await openMended(path, onWarning);
    let isTorn = false;
    let mending: Promise<void> | undefined;
    /** A write that failed may have left half of it in the log, and what is appended behind that is not read again. */
    const mend = async (): Promise<void> => {
      await level.close();
      level = await open(path);
      isTorn = false;
    };
    return {
      isKeeper: true,
      async batch(operations) {
        if (isTorn) {
          mending ??= mend().finally(() => (mending = undefined));
          await mending;
        }
        try {
          await level.batch([...operations], { sync: true });
        } catch (error) {
          isTorn = true;
          throw error;
        }
      },
      entries: (prefix, after) => levelEntries(level, prefix, after),
      async repair() {
        await level.close();
        await setAsideDamaged(path);
        level = await repaired(path);
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

/** Make a database of what tables and logs there are, and write it as `open` does, so that it can be checked. */
async function repaired(path: string): Promise<Level> {
  await ClassicLevel.repair(path);
  const level = await open(path);
  await level.compactRange("", "\uffff");
  return level;
}

async function openMended(path: string, onWarning: Warn): Promise<Level> {
  let problem: unknown;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const aside = await setAsideDamaged(path);
    if (await isHeadless(path)) problem = new Error("its list of files is lost");
    else if (aside === undefined) return await open(path);
    else {
      const level = await openWithout(path);
      if (level !== undefined) {
        await rm(aside, { recursive: true, force: true });
        return level;
      }
      problem = new Error(`damaged files, now in ${aside}`);
    }
  } catch (error) {
    problem = error;
  }
  const code = codeOf(problem);
  if (code === "LEVEL_LOCKED") {
    throw new Error(`expected the store ${path} for this process alone, got it in use by another`, { cause: problem });
  }
  // A file that its list names and that is not there is an I/O error to LevelDB.
  const isDamaged = code === undefined || code === "LEVEL_CORRUPTION" || /No such file/.test(reasonOf(problem));
  if (!isDamaged) throw failed(path, problem);
  onWarning(`the store ${path} is damaged and is being repaired: ${reasonOf(problem)}`, problem);
  try {
    return await repaired(path);
  } catch (error) {
    const aside = await asideOf(path);
    await rename(path, join(aside, basename(path)));
    onWarning(`the store ${path} is beyond repair: it was moved to ${aside}, and a new one begun`, error);
  }
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return await open(path);
  } catch (error) {
    throw failed(path, error);
  }
}

/**
 * Whoever is killed while it writes a table leaves half of one, that no list names yet: then the database opens without
 * it, and nothing was damaged. Undefined when it was one that counts, for LevelDB misses those before it opens.
 */
async function openWithout(path: string): Promise<Level | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (codeOf(error) === "LEVEL_LOCKED") throw error;
    return undefined;
  }
}

/** Tables that are not what was written go to a directory beside; returns it, or undefined when all are whole. */
async function setAsideDamaged(path: string): Promise<string | undefined> {
  const damaged: string[] = [];
  for (const file of await readdir(path)) {
    if (/\.(ldb|sst)$/.test(file) && !(await isTableWhole(join(path, file)))) damaged.push(file);
  }
  if (damaged.length === 0) return undefined;
  // Another process may just be writing them.
  await requireUnlocked(path);
  const aside = await asideOf(path);
  for (const file of damaged) await rename(join(path, file), join(aside, file));
  return aside;
}

/** Without its CURRENT file LevelDB takes a database for a new one, and removes what it finds. */
async function isHeadless(path: string): Promise<boolean> {
  const files = await readdir(path);
  return !files.includes("CURRENT") && files.some((file) => /^MANIFEST|\.(ldb|sst|log)$/.test(file));
}

/**
 * Rejects with LEVEL_LOCKED when another process has the database. LevelDB locks the file LOCK; a database of no account
 * that has this very file for its own lock says whether it can be had.
 */
async function requireUnlocked(path: string): Promise<void> {
  const probe = await mkdtemp(`${path}.probe-`);
  try {
    try {
      await link(join(path, "LOCK"), join(probe, "LOCK"));
    } catch {
      // Never opened, or a file system without links: nobody is known to have it.
      return;
    }
    const level = new ClassicLevel(probe);
    await level.open();
    await level.close();
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function asideOf(path: string): Promise<string> {
  return mkdtemp(join(dirname(path), `${basename(path)}.damaged-`));
}

function failed(path: string, cause: unknown): Error {
  return new Error(`expected to open the store ${path}, got ${reasonOf(cause)}`, { cause });
}

/** The error of LevelDB stands behind that of its wrapper; undefined for one of ours. */
function codeOf(error: unknown): unknown {
  const { cause, code } = error as { cause?: { code?: unknown }; code?: unknown };
  return cause?.code ?? code;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
