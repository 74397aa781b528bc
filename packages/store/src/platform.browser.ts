/**
 * IndexedDB, by browser-level. Tabs of one origin open it together: its transactions are atomic, and what peers of one
 * mesh keep is the same for all of them, so writing it twice does no harm. Only evicting needs one who decides: that is
 * the tab which holds a Web Lock, and the next one when it closes.
 */
import { BrowserLevel } from "browser-level";
import type { Database } from "./database.ts";
import { levelEntries } from "./level-entries.ts";
import type { Platform } from "./platform.ts";

export const platform: Platform = {
  resolve: (location) => location,
  async openDatabase(name): Promise<Database> {
    const level = new BrowserLevel<string, Uint8Array>(name, { keyEncoding: "utf8", valueEncoding: "view" });
    try {
      await level.open();
    } catch (error) {
      throw new Error(`expected to open the store ${JSON.stringify(name)}, got ${reasonOf(error)}`, { cause: error });
    }
    const keeper = becomeKeeper(name);
    return {
      get isKeeper() {
        return keeper.isKeeper;
      },
      async batch(operations) {
        await level.batch([...operations]);
        await sync(level);
      },
      entries: (prefix, after) => levelEntries(level, prefix, after),
      // The browser mends what is its own.
      repair: () => Promise.resolve(),
      async close() {
        keeper.resign();
        await level.close();
      },
    };
  },
};

/**
 * Browsers answer "complete" when the operating system has the data; a transaction of strict durability waits for the
 * disk, and for all that was written before it.
 */
async function sync(level: BrowserLevel<string, Uint8Array>): Promise<void> {
  const { db } = level as unknown as { readonly db: IDBDatabase };
  const transaction = db.transaction([level.location], "readwrite", { durability: "strict" });
  transaction.objectStore(level.location).put(new Uint8Array(0), "sync");
  await new Promise<void>((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("the transaction was aborted")));
  });
}

interface Keeper {
  readonly isKeeper: boolean;
  resign(): void;
}

/** Pages from plain http have no locks: there every tab may evict, which costs history at most, and never the own. */
function becomeKeeper(name: string): Keeper {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks === undefined) return { isKeeper: true, resign: () => {} };
  let isKeeper = false;
  let resign = (): void => {};
  const lifetime = new Promise<void>((resolve) => {
    resign = resolve;
  });
  const waiting = new AbortController();
  locks
    .request(`grapevine store ${name}`, { signal: waiting.signal }, () => {
      isKeeper = true;
      return lifetime;
    })
    .then(undefined, () => {});
  return {
    get isKeeper() {
      return isKeeper;
    },
    resign: () => {
      waiting.abort();
      resign();
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
}
