/**
 * Keeps an identity in a file of its owner's alone (mode 0600), for one process at a time. It is written beside itself
 * and renamed, so that a crash leaves the old record or the new one; a corrupt file is an error and stays as it is, for
 * a new key in its place would be another peer.
 */
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CryptoError } from "../error.ts";
import { lockFile } from "./file-lock.ts";
import { RECORD_CHARS_MAX, type IdentityRecord, type RecordCodec } from "./record.ts";
import type { IdentityStore } from "./store.ts";

export function fileStore(file: string, onWarning: (message: string) => void): IdentityStore {
  const path = resolve(file);
  let unlock: (() => Promise<void>) | undefined;
  let waiting: string | undefined;
  let writing: Promise<void> | undefined;

  /** One write at a time, and of what came meanwhile the newest only. */
  const write = (text: string): Promise<void> => {
    waiting = text;
    writing ??= (async () => {
      try {
        while (waiting !== undefined) {
          const next = waiting;
          waiting = undefined;
          await replace(path, next);
        }
      } catch (error) {
        throw failed(`expected to write the identity file ${path}, got ${reasonOf(error)}`, error);
      } finally {
        writing = undefined;
      }
    })();
    return writing;
  };

  return {
    async claim(codec, fresh) {
      unlock = await lock(path);
      try {
        const kept = await read(path, codec, onWarning);
        if (kept !== undefined) return kept;
        const record = await fresh();
        await write(codec.format(record));
        return record;
      } catch (error) {
        await unlock();
        throw error;
      }
    },
    save: (codec, record) => write(codec.format(record)),
    async release() {
      await writing?.catch(() => {});
      await unlock?.();
    },
  };
}

async function lock(path: string): Promise<() => Promise<void>> {
  let result;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    result = await lockFile(path);
  } catch (error) {
    throw failed(`expected to lock the identity file ${path}, got ${reasonOf(error)}`, error);
  }
  if (typeof result === "function") return result;
  const { pid } = result;
  const holder =
    pid === undefined ? "another" : pid === process.pid ? "another peer of this process" : `process ${pid}`;
  throw failed(`expected the identity file ${path} for this peer alone, got it in use by ${holder} (see ${path}.lock)`);
}

async function read(
  path: string,
  codec: RecordCodec,
  onWarning: (message: string) => void,
): Promise<IdentityRecord | undefined> {
  let text;
  try {
    const { mode, size } = await stat(path);
    if (size > RECORD_CHARS_MAX) throw new Error(`${size} bytes`);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      onWarning(`others can read the identity file ${path}: run chmod 600 on it`);
    }
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failed(`expected to read the identity file ${path}, got ${reasonOf(error)}`, error);
  }
  try {
    return codec.parse(text);
  } catch (error) {
    throw failed(
      `the identity file ${path} is corrupt: ${reasonOf(error)}; move it away to start as a new peer`,
      error,
    );
  }
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  // What a crash left, or somebody laid here: a key written through it would go where a link leads, to whoever may read that.
  await rm(beside, { force: true });
  const file = await open(beside, "wx", 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failed(message: string, cause?: unknown): CryptoError {
  return new CryptoError("store-failed", message, { cause });
}
