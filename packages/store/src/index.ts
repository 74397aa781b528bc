/** Durable history: LevelDB in Node, IndexedDB in browsers. `join({ storage: levelStore(...) })` is its use. */
import type { Storage, StoreOwner } from "@grapevine/protocol";
import { platform } from "#platform";
import { MemoryDatabase, SharedDatabases, type Database } from "./database.ts";
import { storeLimits } from "./limits.ts";
import { MeshStore } from "./mesh-store.ts";

export type { Storage, Store, StoreStats } from "@grapevine/protocol";

export interface StoreOptions {
  /** Bytes of rumors that are kept; the oldest go first, own ones last. Default 256 MiB, at least 1 MiB. */
  readonly bytesMax?: number;
}

const databases = new SharedDatabases();

/**
 * Keeps history in a directory (Node: for one process at a time) or, in browsers, in the IndexedDB database of that name,
 * which all tabs of the origin share. Several meshes and peers may share one. Throws a RangeError for a wrong option.
 */
export function levelStore(location: string, options: StoreOptions = {}): Storage {
  if (typeof location !== "string" || location === "") {
    throw new RangeError(`expected the name of a directory or database, got ${JSON.stringify(location)}`);
  }
  const bytesMax = quotaOf(options);
  return {
    async open(owner) {
      const place = platform.resolve(location);
      await databases.closed(place);
      return openStore(
        await databases.open(place, () => platform.openDatabase(place, owner.onWarning)),
        owner,
        bytesMax,
      );
    },
  };
}

/** Keeps history for as long as this object lives: a peer that comes again with it finds what it had. */
export function memoryStore(options: StoreOptions = {}): Storage {
  const bytesMax = quotaOf(options);
  const database = new MemoryDatabase();
  return { open: (owner) => openStore(database, owner, bytesMax) };
}

async function openStore(database: Database, owner: StoreOwner, bytesMax: number): Promise<MeshStore> {
  const store = new MeshStore(database, owner, { bytesMax, later });
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function quotaOf({ bytesMax = storeLimits.bytesMax }: StoreOptions): number {
  if (!Number.isSafeInteger(bytesMax) || bytesMax < storeLimits.bytesMin) {
    throw new RangeError(`expected bytesMax of at least ${storeLimits.bytesMin}, got ${String(bytesMax)}`);
  }
  return bytesMax;
}

function later(ms: number, run: () => void): () => void {
  const timer: unknown = setTimeout(run, ms);
  // In Node nothing is kept alive by it.
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
}
