/** Reading a range of any abstract-level database, a piece at a time. */
interface Readable {
  iterator(range: { readonly gte: string; readonly lt: string } | { readonly gt: string; readonly lt: string }): {
    nextv(size: number): Promise<[string, Uint8Array][]>;
    close(): Promise<void>;
  };
}

/** Records drawn from the database at once. Reason: 16 MiB at their largest; IndexedDB makes a transaction of each draw. */
const DRAW = 64;
/** Sorts behind every character that keys are made of. */
const END = "\uffff";

export async function* levelEntries(
  level: Readable,
  prefix: string,
  after = "",
): AsyncGenerator<readonly [string, Uint8Array]> {
  const lt = prefix + END;
  const iterator = level.iterator(after === "" ? { gte: prefix, lt } : { gt: after, lt });
  try {
    for (let drawn = await iterator.nextv(DRAW); drawn.length > 0; drawn = await iterator.nextv(DRAW)) {
      yield* drawn;
    }
  } finally {
    await iterator.close();
  }
}
