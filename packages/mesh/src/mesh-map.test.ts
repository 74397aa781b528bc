import { createRoot, inviteText, issueInvite } from "@grapevine/crypto";
import { levelStore, memoryStore } from "@grapevine/store";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { z } from "zod";
import { testOver, until, type World } from "./harness.testing.ts";
import { createIdentity, createSecret, type Mesh, type MeshError, type ReplicatedMap } from "./index.ts";
import { rejection } from "./rejection.testing.ts";

const test = testOver("memory");

/** Until a map's value is what is wanted. */
function reads<V>(map: ReplicatedMap<V>, key: string, wanted: V | undefined): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (JSON.stringify(map.get(key)) !== JSON.stringify(wanted)) return;
      off();
      resolve();
    };
    const off = map.on("change", look);
    look();
  });
}

async function pair(world: World): Promise<[Mesh, Mesh]> {
  const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
  await until(a, ({ neighbors }) => neighbors.length === 1);
  return [a, b];
}

describe("a replicated map", () => {
  test("is one and the same at everybody, and says who changed what", async ({ world }) => {
    const [a, b] = await pair(world);
    const [left, right] = [a.map<string>("colors"), b.map<string>("colors")];
    const changes: unknown[] = [];
    right.on("change", ({ key, value, previous, kind, author }) => changes.push([key, value, previous, kind, author]));
    expect(await left.set("sky", "blue")).toBe(true);
    expect([left.get("sky"), left.entry("sky")?.own, left.size]).toEqual(["blue", true, 1]);
    await reads(right, "sky", "blue");
    await right.set("sky", "grey");
    await reads(left, "sky", "grey");
    expect(await left.delete("sky")).toBe(true);
    await reads(right, "sky", undefined);
    expect([left.has("sky"), right.has("sky"), left.digest()]).toEqual([false, false, right.digest()]);
    expect(changes).toEqual([
      ["sky", "blue", undefined, "set", a.peerId],
      ["sky", "grey", "blue", "set", b.peerId],
      ["sky", undefined, "grey", "deleted", a.peerId],
    ]);
    expect(await left.delete("sky")).toBe(false);
  });

  test("is read like a Map, in the order of its keys", async ({ world }) => {
    const map = (await world.join()).map<number>("numbers");
    await map.ready;
    await Promise.all(["c", "a", "b"].map((key, i) => map.set(key, i)));
    expect([...map]).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 0],
    ]);
    expect([[...map.keys()], [...map.values()], new Map(map).size]).toEqual([["a", "b", "c"], [1, 2, 0], 3]);
    expect(map.entry("a")).toMatchObject({ key: "a", value: 1, own: true });
    expect(map.entry("z")).toBeUndefined();
  });

  test("is whole at a newcomer once it is ready", async ({ world }) => {
    const a = await world.join();
    for (let i = 0; i < 40; i++) await a.map("board").set(`field ${i}`, i);
    await a.map("board").delete("field 7");
    const late = await world.join();
    const map = late.map("board");
    await map.ready;
    expect([map.size, map.get("field 39"), map.get("field 7")]).toEqual([39, 39, undefined]);
    expect(map.digest()).toBe(a.map("board").digest());
  });

  test("writes under a condition only when it holds, own writes under way included", async ({ world }) => {
    const map = (await world.join()).map<number>("counters");
    const ifNew = (value: number) => map.set("first", value, { if: (current) => current === undefined });
    expect(await Promise.all([ifNew(1), ifNew(2)])).toEqual([true, false]);
    expect(map.get("first")).toBe(1);
    expect(await map.delete("first", { if: (current) => current === 5 })).toBe(false);
    const raise = () => map.set("sum", (map.get("sum") ?? 0) + 1, { if: (current) => current === map.get("sum") });
    await raise();
    await raise();
    expect(map.get("sum")).toBe(2);
  });

  test("refuses what it cannot hold, and keeps its options", async ({ world }) => {
    const mesh = await world.join();
    const map = mesh.map("colors");
    const codeOf = async (made: Promise<unknown>): Promise<unknown> => ((await rejection(made)) as MeshError).code;
    expect(await codeOf(map.set("big", "x".repeat(66_000)))).toBe("too-large");
    expect(await codeOf(map.set("date", new Date()))).toBe("unsupported-data");
    expect(await codeOf(map.set("", 1))).toBe("invalid-argument");
    expect(await codeOf(map.set("\ud800", 1))).toBe("invalid-argument");
    expect(await codeOf(map.set("k".repeat(513), 1))).toBe("invalid-argument");
    expect(await codeOf(map.set("none", undefined))).toBe("invalid-argument");
    expect(await map.set("just fits", "x".repeat(64_000))).toBe(true);
    expect(mesh.map("colors")).toBe(map);
    expect(mesh.map("colors", { access: "mesh" })).toBe(map);
    expect(() => mesh.map("colors", { access: "public" })).toThrow(/options that the map "colors" was opened with/);
    expect(() => mesh.map("colors", { expireAfterMs: 5 })).toThrow(/another expireAfterMs/);
    expect(() => mesh.map("other", { retention: {} } as object)).toThrow(/map options among/);
    expect(() => mesh.map("other", { expireAfterMs: -1 })).toThrow(/expireAfterMs to be a whole number/);
    expect(() => mesh.map("")).toThrow(/expected a map's name/);
  });

  test("shows only what fits the schema, and passes the rest on", async ({ world }) => {
    const [a, b] = await pair(world);
    const schema = z.object({ votes: z.number() });
    const map = b.map("votes", { schema });
    const invalid = new Promise((resolve) => map.on("invalid", ({ key, author }) => resolve([key, author])));
    const loose = a.map("votes");
    await loose.set("good", { votes: 1 });
    await loose.set("bad", { votes: "many" });
    expect(await invalid).toEqual(["bad", a.peerId]);
    expect([...map]).toEqual([["good", { votes: 1 }]]);
    expect([map.ignored.invalid, map.digest()]).toEqual([1, loose.digest()]);
    expect(((await rejection(map.set("mine", { votes: "few" } as never))) as MeshError).code).toBe("invalid-data");
  });

  test("is read by those who have its key, and carried by those who do not", async ({ world }) => {
    const [a, b, c] = (await world.joinAll(3)) as [Mesh, Mesh, Mesh];
    const key = new Uint8Array(32).fill(9);
    const [mine, theirs] = [a.map("secrets", { access: { key } }), c.map("secrets", { access: { key } })];
    const outside = b.map("secrets");
    await mine.set("code", 1234);
    await reads(theirs, "code", 1234);
    // Who cannot read an entry can say that it holds it.
    const everybody = async (): Promise<boolean> => (await mine.confirmed("code", { quorum: 2 })).confirmed;
    while (!(await everybody()));
    expect([outside.size, outside.ignored.unknownKey, outside.digest()]).toEqual([0, 1, mine.digest()]);
    const open = [a.map("news", { access: "public" }), b.map("news", { access: "public" })] as const;
    await open[0].set("today", "sun");
    await reads(open[1], "today", "sun");
  });

  test("is read by members where keys change, by those who come later too", async ({ world }) => {
    const options = { secret: createSecret(), keys: { rotateMs: 60_000 } };
    const [a, b] = (await world.joinAll(2, options)) as [Mesh, Mesh];
    await until(a, ({ neighbors }) => neighbors.length === 1);
    await a.map("colors").set("sky", "blue");
    await reads(b.map<string>("colors"), "sky", "blue");
    expect(a.stats().keys?.epoch).toBeDefined();
    const late = await world.join(options);
    await reads(late.map<string>("colors"), "sky", "blue");
  });

  test("lets values end after their time, at everybody", async ({ world }) => {
    const [a, b] = await pair(world);
    const [left, right] = [a, b].map((mesh) => mesh.map<number>("here", { expireAfterMs: 60 })) as [
      ReplicatedMap<number>,
      ReplicatedMap<number>,
    ];
    const ended = [left, right].map(
      (map) =>
        new Promise((resolve) =>
          map.on("change", ({ kind, value, previous }) => kind === "ended" && resolve([value, previous])),
        ),
    );
    await left.set("a", 1);
    expect(await Promise.all(ended)).toEqual([
      [undefined, 1],
      [undefined, 1],
    ]);
    expect([left.size, right.size]).toEqual([0, 0]);
  });

  test("goes on while peers are apart, and is the same again when they meet", async ({ world }) => {
    const [a, b] = await pair(world);
    const [left, right] = [a.map<string>("board"), b.map<string>("board")];
    await left.set("both", "before");
    await reads(right, "both", "before");
    b.pause();
    await until(a, ({ neighbors }) => neighbors.length === 0);
    await left.set("both", "left");
    await left.set("left", "only");
    await right.set("right", "only");
    await right.set("both", "right");
    expect(left.digest()).not.toBe(right.digest());
    await b.resume();
    await Promise.all([reads(left, "both", "right"), reads(left, "right", "only"), reads(right, "left", "only")]);
    expect(left.digest()).toBe(right.digest());
  });

  test("is confirmed by peers that hold the same", async ({ world }) => {
    const [a, b, c] = (await world.joinAll(3)) as [Mesh, Mesh, Mesh];
    await Promise.all([a, b, c].map((mesh) => until(mesh, ({ neighbors }) => neighbors.length === 2)));
    const map = a.map<string>("colors");
    await map.set("sky", "blue");
    await Promise.all([b, c].map((mesh) => reads(mesh.map<string>("colors"), "sky", "blue")));
    expect(await map.confirmed("sky")).toEqual({
      value: "blue",
      confirmed: true,
      asked: 2,
      answered: 2,
      holders: 2,
      newer: 0,
      quorum: 2,
    });
    expect(await map.confirmed("sea")).toMatchObject({ value: undefined, confirmed: false, holders: 0 });
    expect(await map.confirmed("sky", { quorum: 3 })).toMatchObject({ confirmed: false, holders: 2 });
    expect(((await rejection(map.confirmed("sky", { quorum: 0 }))) as MeshError).code).toBe("invalid-argument");
  });

  test("takes nothing from a reader", async ({ world }) => {
    const root = createRoot("lobby", new Uint8Array(32).fill(4));
    const invited = async (role: "reader" | "writer") => ({
      invite: inviteText(await issueInvite({ root }, { role })),
    });
    const [writer, reader] = [await world.join(await invited("writer")), await world.join(await invited("reader"))];
    await writer.map("colors").set("sky", "blue");
    await reads(reader.map<string>("colors"), "sky", "blue");
    expect(((await rejection(reader.map("colors").set("sky", "black"))) as MeshError).code).toBe("forbidden");
  });

  test("can be read, and not written, when its mesh was left", async ({ world }) => {
    const mesh = await world.join();
    const map = mesh.map("colors");
    await map.set("sky", "blue");
    await mesh.leave();
    expect(map.get("sky")).toBe("blue");
    expect(((await rejection(map.set("sky", "black"))) as MeshError).code).toBe("left");
    expect(((await rejection(map.delete("sky"))) as MeshError).code).toBe("left");
    expect(() => mesh.map("colors")).toThrow(/still joined/);
  });
});

describe("a replicated map with a store", () => {
  for (const [name, place] of [
    ["in memory", () => Promise.resolve(memoryStore())],
    [
      "in LevelDB",
      async () => {
        const path = await mkdtemp(joinPath(tmpdir(), "grapevine-map-store-"));
        onTestFinished(() => rm(path, { recursive: true }));
        return levelStore(joinPath(path, "store"));
      },
    ],
  ] as const) {
    test(`is there again at the next run, ${name}`, async ({ world }) => {
      const storage = await place();
      const identity = createIdentity();
      const a = await world.join({ identity, storage, seeds: [] });
      for (let i = 0; i < 20; i++) await a.map("board").set(`field ${i % 10}`, i);
      await a.map("board").delete("field 3");
      const digest = a.map("board").digest();
      await a.leave();
      const again = await world.join({ identity, storage, seeds: [] });
      const map = again.map("board");
      await map.ready;
      expect([map.size, map.get("field 9"), map.has("field 3"), map.digest()]).toEqual([9, 19, false, digest]);
      expect(map.entry("field 9")).toMatchObject({ own: true });
      await map.set("field 9", "new");
      expect(map.get("field 9")).toBe("new");
      expect(again.stats().maps).toMatchObject({ keys: 10 });
    });
  }
});
