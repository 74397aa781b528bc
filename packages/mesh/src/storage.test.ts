import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { levelStore, memoryStore, type Storage } from "@grapevine/store";
import { describe, expect, onTestFinished } from "vitest";
import { Ear, event, take, testOver, until } from "./harness.testing.ts";
import { createIdentity, type Mesh, type Message } from "./index.ts";
import { rejection } from "./rejection.testing.ts";

const test = testOver("memory");

async function directory(): Promise<string> {
  const path = await mkdtemp(joinPath(tmpdir(), "grapevine-mesh-store-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Everything that a topic has, from its start. */
async function history(mesh: Mesh, count: number): Promise<Message<string>[]> {
  return take(mesh.topic<string>("chat").messages({ from: "start" }), count);
}

const data = (messages: readonly Message<string>[]): string[] => messages.map((message) => message.data);

/** A storage whose store can be told to fail, or to take its time. */
function faulty(storage: Storage) {
  const control = { settled: (): Promise<void> | undefined => undefined };
  const made: Storage = {
    async open(owner) {
      const store = await storage.open(owner);
      const settled = store.settled.bind(store);
      store.settled = async () => {
        await control.settled();
        await settled();
      };
      return store;
    },
  };
  return { storage: made, control };
}

describe("a peer with a store", () => {
  test("comes back with its history, as it was heard, and hears nothing of it as live", async ({ world }) => {
    const storage = levelStore(joinPath(await directory(), "store"));
    const identity = createIdentity();
    const [a, b] = [await world.join({ identity, storage }), await world.join()];
    const ear = new Ear(a.topic<string>("chat"));
    b.topic("chat");
    await until(b, () => b.neighbors.length === 1);
    for (const text of ["one", "two", "three"]) await a.topic("chat").publish(text);
    await b.topic("chat").publish("four");
    await ear.heard(4);
    await Promise.all([a.leave(), b.leave()]);

    const again = await world.join({ identity, storage });
    const live = new Ear(again.topic<string>("chat"));
    expect(again.peerId).toBe(a.peerId);
    const found = await history(again, 4);
    expect(found.map(({ id }) => id)).toEqual(ear.messages.map(({ id }) => id));
    expect(found.map(({ own, replayed }) => [own, replayed])).toEqual([
      [true, true],
      [true, true],
      [true, true],
      [false, true],
    ]);
    await again.topic("chat").publish("five");
    await live.heard(1);
    expect(live.data).toEqual(["five"]);
    expect(again.stats().store).toMatchObject({ rumors: 5, damaged: 0, writing: true });
  });

  test("resumes by the cursors of its earlier runs, live ones and others", async ({ world }) => {
    const storage = memoryStore();
    const identity = createIdentity();
    const a = await world.join({ identity, storage });
    const ear = new Ear(a.topic<string>("chat"));
    await a.topic<string>("chat").publishMany(["one", "two"]);
    for (const text of ["three", "four"]) await a.topic("chat").publish(text);
    const read = await history(a, 4);
    await a.leave();
    const b = await world.join({ identity, storage });
    await b.topic("chat").publish("five");
    await b.leave();

    const c = await world.join({ identity, storage });
    const after = async (cursor: string, count: number): Promise<string[]> =>
      data(await take(c.topic<string>("chat").messages({ from: { cursor } }), count));
    for (const cursors of [ear.messages, read].map((messages) => messages.map(({ cursor }) => cursor))) {
      expect(await after(cursors[0]!, 4)).toEqual(["two", "three", "four", "five"]);
      expect(await after(cursors[2]!, 2)).toEqual(["four", "five"]);
      expect(await after(cursors[3]!, 1)).toEqual(["five"]);
    }
    // A cursor keeps its name over runs, and one that nobody knows begins at the start.
    expect((await history(c, 5)).slice(0, 4).map(({ cursor }) => cursor)).toEqual(read.map(({ cursor }) => cursor));
    expect(await after("zz.f1.0", 5)).toEqual(["one", "two", "three", "four", "five"]);
  });

  test("hands on what it and others wrote in earlier runs", async ({ world }) => {
    const storage = memoryStore();
    const identity = createIdentity();
    const a = await world.join({ identity, storage });
    const b = await world.join();
    const ear = new Ear(a.topic<string>("chat"));
    await a.topic("chat").publish("mine");
    await b.topic("chat").publish("another's");
    await ear.heard(2);
    await Promise.all([a.leave(), b.leave()]);
    await world.join({ identity, storage });
    const late = await world.join();
    expect(data(await history(late, 2)).toSorted()).toEqual(["another's", "mine"]);
  });

  test("acknowledges a message when it is durable, and not before", async ({ world }) => {
    const { storage, control } = faulty(memoryStore());
    const mesh = await world.join({ storage });
    let sync!: () => void;
    control.settled = () => new Promise((resolve) => (sync = resolve));
    const ear = new Ear(mesh.topic("chat"));
    let acknowledged = false;
    const publishing = mesh
      .topic("chat")
      .publish("one")
      .then(() => (acknowledged = true));
    await ear.heard(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toBe(false);
    sync();
    await publishing;
  });

  test("has a greater incarnation than before, though its clock was set back", async ({ world }) => {
    const storage = memoryStore();
    const identity = createIdentity();
    const ahead = Date.now() + 1_000_000;
    const before: Storage = {
      async open(owner) {
        const store = await storage.open(owner);
        await store.saveIncarnation(ahead);
        return store;
      },
    };
    await (await world.join({ identity, storage: before })).leave();
    const again = await world.join({ identity, storage });
    await again.topic("chat").publish("later");
    const [message] = await history(again, 1);
    expect(Number.parseInt(message!.cursor.split(".")[0]!, 36)).toBeGreaterThan(ahead);
  });
});

describe("a storage", () => {
  test("that cannot be opened fails the join", async ({ world }) => {
    const path = joinPath(await directory(), "store");
    const storage: Storage = { open: () => Promise.reject(new Error("expected a disk, got none")) };
    expect(await rejection(world.join({ storage }))).toMatchObject({
      code: "store-failed",
      message: "expected a disk, got none",
    });
    // One that works is not kept open by a join that failed for another reason.
    const signal = AbortSignal.abort(new Error("never mind"));
    expect(await rejection(world.join({ storage: levelStore(path), signal }))).toMatchObject({ message: "never mind" });
    await world.join({ storage: levelStore(path) });
  });

  test("that fills up is warned of, and the mesh goes on", async ({ world }) => {
    const inner = memoryStore();
    let full = false;
    const storage: Storage = {
      async open(owner) {
        const store = await inner.open(owner);
        const { database } = store as unknown as { database: { batch(operations: unknown): Promise<void> } };
        const batch = database.batch.bind(database);
        database.batch = (operations) => (full ? Promise.reject(new Error("no space left")) : batch(operations));
        return store;
      },
    };
    const mesh = await world.join({ storage });
    await mesh.topic("chat").publish("kept");
    full = true;
    const warned = event(mesh, "warning");
    await mesh.topic("chat").publish("in memory");
    expect(await warned).toMatchObject({ code: "store-failed", message: expect.stringContaining("no space left") });
    expect(mesh.stats().store).toMatchObject({ writing: false });
    expect(data(await history(mesh, 2))).toEqual(["kept", "in memory"]);
    full = false;
    await mesh.leave();
    const again = await world.join({ storage });
    expect(data(await history(again, 2))).toEqual(["kept", "in memory"]);
  });
});
