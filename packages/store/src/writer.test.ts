import { describe, expect, it } from "vitest";
import type { Operation } from "./database.ts";
import { storeLimits } from "./limits.ts";
import { Writer } from "./writer.ts";

/** A database whose batches are answered by the test. */
function setUp() {
  const batches: { readonly keys: string[]; readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
  const warnings: string[] = [];
  let retry: (() => void) | undefined;
  const writer = new Writer(
    {
      batch: (operations: readonly Operation[]) =>
        new Promise((resolve, reject) => {
          batches.push({ keys: operations.map(({ key }) => key), done: resolve, fail: reject });
        }),
    },
    {
      onWarning: (message) => void warnings.push(message),
      later: (_ms, run) => {
        retry = run;
        return () => (retry = undefined);
      },
    },
  );
  return { writer, batches, warnings, retry: () => retry?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const value = new Uint8Array(1);

/** What a promise has come to by now. */
function stateOf(promise: Promise<void>): Promise<"waits" | "done" | "failed"> {
  const settled = promise.then(
    () => "done" as const,
    () => "failed" as const,
  );
  return Promise.race([settled, turn().then(() => "waits" as const)]);
}

describe("group commit", () => {
  it("writes what comes in one go at once, and what comes meanwhile next", async () => {
    const { writer, batches } = setUp();
    writer.put("a", value);
    writer.put("b", value);
    const first = writer.flush();
    await turn();
    writer.put("c", value);
    writer.del("a");
    const second = writer.flush();
    expect(batches.map(({ keys }) => keys)).toEqual([["a", "b"]]);
    expect(await stateOf(first)).toBe("waits");
    batches[0]!.done();
    expect([await stateOf(first), await stateOf(second)]).toEqual(["done", "waits"]);
    expect(batches[1]!.keys).toEqual(["c", "a"]);
    batches[1]!.done();
    expect(await stateOf(second)).toBe("done");
    expect(writer.commits).toBe(2);
  });

  it("has nothing to wait for when nothing was added, and waits for what is being written", async () => {
    const { writer, batches } = setUp();
    expect(await stateOf(writer.flush())).toBe("done");
    writer.put("a", value);
    await turn();
    const late = writer.flush();
    expect(await stateOf(late)).toBe("waits");
    batches[0]!.done();
    expect(await stateOf(late)).toBe("done");
  });

  it("does not acknowledge what a newer operation replaced before that one is written", async () => {
    const { writer, batches } = setUp();
    for (let i = 0; i < storeLimits.commitOperationsMax; i++) writer.put(`k${i}`, value);
    writer.put("x", value);
    const waits = writer.flush();
    writer.put("x", new Uint8Array(2));
    await turn();
    batches[0]!.done();
    expect(await stateOf(waits)).toBe("waits");
    expect(batches[1]!.keys).toEqual(["x"]);
    batches[1]!.done();
    expect(await stateOf(waits)).toBe("done");
  });
});

describe("a database that cannot be written", () => {
  it("is warned of once, before anybody who waits goes on; then nobody waits", async () => {
    const { writer, batches, warnings } = setUp();
    writer.put("a", value);
    const order: string[] = [];
    const waits = writer.flush().then(
      () => order.push("was told nothing"),
      () => order.push(...warnings, "went on"),
    );
    await turn();
    batches[0]!.fail(new Error("disk full"));
    await waits;
    expect(order).toEqual([expect.stringContaining("disk full"), "went on"]);
    writer.put("b", value);
    expect(await stateOf(writer.flush())).toBe("failed");
    expect([warnings.length, batches.length, writer.isFailing]).toEqual([1, 1, true]);
  });

  it("is tried again, and has everything when it works", async () => {
    const { writer, batches, warnings, retry } = setUp();
    writer.put("a", value);
    await turn();
    writer.put("b", value);
    batches[0]!.fail(new Error("disk full"));
    await turn();
    writer.put("c", value);
    retry();
    await turn();
    batches[1]!.fail(new Error("disk full"));
    await turn();
    retry();
    await turn();
    expect(batches[2]!.keys).toEqual(["a", "b", "c"]);
    batches[2]!.done();
    await turn();
    expect(warnings).toEqual([expect.stringContaining("disk full"), expect.stringContaining("can be written again")]);
    expect(await stateOf(writer.flush())).toBe("done");
  });

  it("does not fill the memory: the oldest of what waits is given up", async () => {
    const { writer, batches } = setUp();
    writer.put("a", value);
    await turn();
    batches[0]!.fail(new Error("disk full"));
    await turn();
    for (let i = 0; i < 100; i++) writer.put(`large ${i}`, new Uint8Array(1_000_000));
    expect(writer.waiting).toBeLessThanOrEqual(storeLimits.waitingBytesMax / 1_000_000 + 1);
  });

  it("is tried a last time when it is closed", async () => {
    const { writer, batches } = setUp();
    writer.put("a", value);
    await turn();
    batches[0]!.fail(new Error("disk full"));
    await turn();
    const closing = writer.close();
    await turn();
    expect(batches[1]!.keys).toEqual(["a"]);
    batches[1]!.done();
    expect(await stateOf(closing)).toBe("done");
  });
});
