/**
 * One process at a time may hold a file: beside it lies a lock that names its holder, made with O_EXCL. A holder that
 * died without removing it is known by its process id and, where the system tells (Linux), by that process's start, for
 * ids come again: in a container every run may have the same.
 */
import { readFile, rm, writeFile } from "node:fs/promises";

/** `pid` is undefined when the lock does not say. */
export interface Holder {
  readonly pid: number | undefined;
}

/** Locks that this very process holds. */
const held = new Set<string>();

/** The lock's release, or the holder's process id when another has it. Rejects with the file system's error. */
export async function lockFile(path: string): Promise<(() => Promise<void>) | Holder> {
  const lock = `${path}.lock`;
  if (held.has(lock)) return { pid: process.pid };
  held.add(lock);
  try {
    const holder = (await create(lock)) ? undefined : await takeOver(lock);
    if (holder !== undefined) {
      held.delete(lock);
      return holder;
    }
  } catch (error) {
    held.delete(lock);
    throw error;
  }
  return async () => {
    await rm(lock, { force: true });
    held.delete(lock);
  };
}

/** False when it is there already. */
async function create(lock: string): Promise<boolean> {
  const text = JSON.stringify({ pid: process.pid, start: await startOf(process.pid) });
  try {
    await writeFile(lock, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    await rm(lock, { force: true });
    throw error;
  }
}

/** Replace a dead process's lock. Only one may do so at a time, or a second would remove the first one's new lock. */
async function takeOver(lock: string): Promise<Holder | undefined> {
  const holder = await livingHolder(lock);
  if (holder !== undefined) return holder;
  const turn = `${lock}.takeover`;
  if (!(await create(turn))) {
    const other = await livingHolder(turn);
    if (other !== undefined) return other;
    // Somebody died while taking over. This start makes way, the next one succeeds.
    await rm(turn, { force: true });
    return { pid: undefined };
  }
  try {
    const since = await livingHolder(lock);
    if (since !== undefined) return since;
    await rm(lock, { force: true });
    return (await create(lock)) ? undefined : { pid: undefined };
  } finally {
    await rm(turn, { force: true });
  }
}

/** Undefined when nobody alive has it. A lock that names nobody may be one that is being written: it counts as held. */
async function livingHolder(lock: string): Promise<Holder | undefined> {
  let holder: { readonly pid?: unknown; readonly start?: unknown } | null;
  try {
    holder = JSON.parse(await readFile(lock, "utf8")) as typeof holder;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : { pid: undefined };
  }
  const { pid, start } = holder ?? {};
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return { pid: undefined };
  if (!isRunning(pid)) return undefined;
  const startNow = await startOf(pid);
  // Without a start our own id means an earlier process that had the same: what this one holds is in `held`.
  if (startNow === undefined || start === undefined) return pid === process.pid ? undefined : { pid };
  return start === startNow ? { pid } : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Which boot and clock tick a process began in; undefined where the system does not say. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // proc(5): field 22; the name in parentheses, field 2, may hold spaces.
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return undefined;
  }
}
