/**
 * The little that a store asks of a database: batches that are written as a whole or not at all, durable when the
 * promise resolves, and reading a range in order. LevelDB and IndexedDB can do it; a sorted map does it in memory.
 */
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: string };

export interface Database {
  /** All or nothing; resolves once it survives a crash. */
  batch(operations: readonly Operation[]): Promise<void>;
  /** The records whose keys begin with `prefix`, in order of keys, those above `after` only. */
  entries(prefix: string, after?: string): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  /** Reading failed: mend what can be mended. Rejects when nothing can be. */
  repair(): Promise<void>;
  /** True while this process or tab is the one that may evict; of several that share a database one is. */
  readonly isKeeper: boolean;
  close(): Promise<void>;
}

/** Opens databases by their location; one that is open already is shared by all who ask within a process or tab. */
export class SharedDatabases {
  private readonly shared = new Map<string, { readonly opening: Promise<Database>; users: number }>();

  async open(location: string, open: () => Promise<Database>): Promise<Database> {
    let shared = this.shared.get(location);
    if (shared === undefined) {
      shared = { opening: open(), users: 0 };
      this.shared.set(location, shared);
    }
    shared.users++;
    const mine = shared;
    let database: Database;
    try {
      database = await mine.opening;
    } catch (error) {
      this.shared.delete(location);
      throw error;
    }
    let isOpen = true;
    return {
      batch: (operations) => database.batch(operations),
      entries: (prefix, after) => database.entries(prefix, after),
      repair: () => database.repair(),
      get isKeeper() {
        return database.isKeeper;
      },
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        if (--mine.users > 0) return;
        // Whoever asks from now on opens it anew, after it is closed.
        const closing = database.close();
        const reopened = closing.then(
          () => undefined,
          () => undefined,
        );
        this.closing.set(location, reopened);
        this.shared.delete(location);
        try {
          await closing;
        } finally {
          this.closing.delete(location);
        }
      },
    };
  }

  /** Resolves when nothing at this location is being closed any more. */
  async closed(location: string): Promise<void> {
    await this.closing.get(location);
  }

  private readonly closing = new Map<string, Promise<undefined>>();
}

/** In memory: for tests, and for peers of one process that come and go. */
export class MemoryDatabase implements Database {
  readonly records: Map<string, Uint8Array> = new Map();
  readonly isKeeper = true;

  batch(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === "put") this.records.set(operation.key, operation.value);
      else this.records.delete(operation.key);
    }
    return Promise.resolve();
  }

  async *entries(prefix: string, after = ""): AsyncGenerator<readonly [string, Uint8Array]> {
    const keys = [...this.records.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    for (const key of keys) {
      const value = this.records.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  repair(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
