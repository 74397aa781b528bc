import { hash, parseSecret } from "@grapevine/crypto";
import { decodeTrace, replay } from "@grapevine/protocol";
import { describe, expect, vi } from "vitest";
import { z } from "zod";
import { Ear, event, take, testOver, until } from "./harness.testing.ts";
import { rejection } from "./rejection.testing.ts";
import { createSecret, type Mesh, type MeshEvents } from "./index.ts";

const test = testOver("memory");
const linked = ({ neighbors }: Mesh): boolean => neighbors.length > 0;

describe("snapshots", () => {
  test("are the same objects until something changed, and cannot be changed", async ({ world }) => {
    const a = await world.join();
    const { neighbors, members } = a;
    expect(a.neighbors).toBe(neighbors);
    expect(a.members).toBe(members);
    const b = await world.join();
    await until(a, linked);
    expect(a.neighbors).not.toBe(neighbors);
    expect(a.members).not.toBe(members);
    expect(a.neighbors).toBe(a.neighbors);
    expect(a.members).toBe(a.members);
    expect(Object.isFrozen(a.neighbors) && Object.isFrozen(a.neighbors[0])).toBe(true);
    expect(Object.isFrozen(b.members) && Object.isFrozen(b.members[0])).toBe(true);
  });

  test("show the round-trip time once it was measured, and say so", async ({ world }) => {
    const a = await world.join();
    const b = await world.join();
    await until(a, linked);
    if (a.neighbors[0]!.rttMs === undefined) await event(a, "neighbor-changed");
    expect(a.neighbors).toMatchObject([{ peer: b.peerId, rttMs: expect.any(Number), sinceMs: expect.any(Number) }]);
    const { sinceMs } = a.neighbors[0]!;
    await event(a, "neighbor-changed");
    expect(a.neighbors[0]!.sinceMs).toBe(sinceMs);
  });
});

describe("events", () => {
  test("tell the way of a peer, from its coming to its going", async ({ world }) => {
    const a = await world.join();
    const told: string[] = [];
    for (const name of ["state", "neighbor-up", "member-up", "member-down", "neighbor-down"] as const) {
      a.on(name, (e: MeshEvents[typeof name]) => told.push("state" in e ? `${e.previous} -> ${e.state}` : name));
    }
    const b = await world.join();
    await until(a, linked);
    await b.leave();
    await until(a, ({ state }) => state === "alone");
    expect(told).toEqual([
      "member-up",
      "neighbor-up",
      "alone -> connected",
      "member-down",
      "neighbor-down",
      "connected -> cut-off",
      "cut-off -> alone",
    ]);
  });

  test("a listener that throws is reported and breaks nothing", async ({ world }) => {
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    b.topic("t").on("message", () => {
      throw new Error("mine");
    });
    const ear = new Ear(b.topic("t"));
    await a.topic("t").publish(1);
    await ear.heard(1);
    expect(reported).toMatchObject([{ message: "mine" }]);
    vi.unstubAllGlobals();
  });
});

describe("topics", () => {
  test("the same name gives the same handle, and other options throw", async ({ world }) => {
    const mesh = await world.join();
    const schema = z.string();
    const topic = mesh.topic("t", { schema });
    expect(mesh.topic("t")).toBe(topic);
    expect(mesh.topic("t", { schema })).toBe(topic);
    expect(() => mesh.topic("t", { access: "public" })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => mesh.topic("")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  test("opened from within an event it misses nothing and repeats nothing", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await a.topic<number>("numbers").publishMany([1, 2, 3]);
    let reader: AsyncIterableIterator<{ data: number }> | undefined;
    const opened = new Promise<void>((resolve) => {
      b.topic("go").on("message", () => {
        reader = b.topic<number>("numbers").messages({ from: "start" });
        resolve();
      });
    });
    await a.topic("go").publish("now");
    await a.topic<number>("numbers").publishMany([4, 5]);
    await opened;
    expect((await take(reader as never, 5)).map(({ data }) => data)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a topic with a key is read by who has it, carried by who has not", async ({ world }) => {
    const key = new Uint8Array(32).fill(7);
    const [a, b, c] = (await world.joinAll(3)) as [Mesh, Mesh, Mesh];
    const without = new Ear(b.topic("secret"));
    const withIt = new Ear(c.topic("secret", { access: { key } }));
    await a.topic("secret", { access: { key } }).publish("hush");
    await withIt.heard(1);
    expect(withIt.data).toEqual(["hush"]);
    await vi.waitUntil(() => b.stats().topics["secret"]!.unknownKey === 1);
    expect(without.data).toEqual([]);
    expect(b.stats().peer.misbehavior).toEqual({});
    expect(b.state).toBe("connected");
  });

  test("what does not fit a receiver's schema is told there, and passed on all the same", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(a, linked);
    const strict = b.topic("t", { schema: z.number() });
    const invalid = new Promise<unknown>((resolve) => strict.on("invalid", resolve));
    await a.topic("t").publish("text");
    expect(await invalid).toMatchObject({ author: a.peerId, issues: [{ message: expect.any(String) }] });
    const c = await world.join();
    const reader = c.topic("t").messages({ from: "start" });
    expect((await take(reader, 1)).map(({ data }) => data)).toEqual(["text"]);
  });

  test("a burst leaves as few rumors", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const ear = new Ear(b.topic<number>("t"));
    const topic = a.topic<number>("t");
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    await Promise.all(numbers.map((n) => topic.publish(n)));
    await ear.heard(1000);
    expect(ear.data).toEqual(numbers);
    expect(a.stats().rumors.rumors).toBeLessThanOrEqual(2);
  });
});

describe("leaving", () => {
  test("is one, however often it is asked for, and everything rejects with `left` afterwards", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const topic = a.topic("t");
    const reader = topic.messages();
    a.respond("x", () => new Promise(() => {}));
    const asked = rejection(a.request(b.peerId, "x", 1));
    const published = rejection(topic.publish("late"));
    const leaving = a.leave();
    expect(a.leave()).toBe(leaving);
    expect(a).toMatchObject({ state: "left", neighbors: [] });
    await leaving;
    await a[Symbol.asyncDispose]();
    expect([await asked, await published]).toMatchObject([{ code: "left" }, { code: "left" }]);

    const left = expect.objectContaining({ code: "left" });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    await expect(topic.publish(1)).rejects.toEqual(left);
    await expect(topic.publishMany([1])).rejects.toEqual(left);
    expect(() => topic.messages()).toThrow(left);
    expect(() => a.topic("u")).toThrow(left);
    await expect(a.send(b.peerId, 1)).rejects.toEqual(left);
    await expect(a.request(b.peerId, "x", 1)).rejects.toEqual(left);
    expect(() => a.respond("y", () => 1)).toThrow(left);
    await expect(a.resume()).rejects.toEqual(left);
    a.pause();
    expect(a.state).toBe("left");
    expect(a.stats().links.open).toBe(0);
  });

  test("asked for again by a listener on the way is the same leaving", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(b, linked);
    let again: Promise<void> | undefined;
    b.on("neighbor-down", () => {
      again = b.leave();
      expect(() => b.topic("t")).toThrow(expect.objectContaining({ code: "left" }));
    });
    const leaving = b.leave();
    expect(again).toBe(leaving);
    await leaving;
    await until(a, ({ state }) => state === "alone");
  });

  test("from within a message says goodbye as well", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(a, linked);
    const gone = event(a, "member-down");
    b.topic("t").on("message", () => void b.leave());
    await a.topic("t").publish("go");
    expect(await gone).toEqual({ peer: b.peerId, reason: "left" });
  });

  test("`await using` leaves", async ({ world }) => {
    let mesh: Mesh;
    {
      await using scoped = await world.join();
      mesh = scoped;
    }
    expect(mesh.state).toBe("left");
  });
});

describe("stats", () => {
  test("count what passed, links that ended included", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(a, linked);
    const ear = new Ear(b.topic("t"));
    await a.topic("t").publish("x");
    await ear.heard(1);
    expect(b.stats()).toMatchObject({
      links: { open: 1, bufferedBytes: expect.any(Number), budget: { links: 1 } },
      seeds: [{ url: world.seed.url, state: "up" }],
      peer: { neighbors: 1, members: 1, misbehavior: {} },
      rumors: { rumors: 1, delivered: 1 },
      topics: { t: { unknownKey: 0, undecodable: 0, invalid: 0 } },
      signatures: { backend: "node" },
    });
    expect(b.stats().links.framesIn).toBeGreaterThan(0);
    const { bytesIn } = b.stats().links;
    b.pause();
    expect(b.stats().links).toMatchObject({ open: 0 });
    expect(b.stats().links.bytesIn).toBeGreaterThanOrEqual(bytesIn);
  });
});

describe("many", () => {
  test("twenty peers in one process hear everybody exactly once", { timeout: 60_000 }, async ({ world }) => {
    const meshes = await world.joinAll(20);
    const topics = meshes.map((mesh) => mesh.topic<number>("t"));
    const ears = topics.map((topic) => new Ear(topic));
    await Promise.all(topics.map((topic, i) => topic.publishMany([i, i + 100])));
    await Promise.all(ears.map((ear) => ear.heard(40)));
    for (const ear of ears) {
      expect(new Set(ear.data).size).toBe(40);
      expect(ear.messages.length).toBe(40);
    }
  });
});

describe("a trace", () => {
  test("replays what this peer did, and holds no secret", async ({ world }) => {
    const secret = createSecret();
    const a = await world.join({ secret });
    const b = await world.join({ secret, trace: { inputsMax: 10_000 } });
    const ear = new Ear(b.topic("t"));
    await a.topic("t").publishMany(["one", "two"]);
    await b.topic("t").publish("three");
    await ear.heard(3);
    const decoded = decodeTrace(await b.trace());
    if (!decoded.ok) return expect.unreachable(decoded.reason);
    const steps = [...replay(decoded.trace, hash)];
    const delivered = steps.flatMap(({ came }) => came.filter(({ kind }) => kind === "deliver"));
    expect(steps.at(-1)!.peer.self).toBe(b.peerId);
    expect(delivered).toHaveLength(2);
    expect(includes(await b.trace(), parseSecret(secret))).toBe(false);
  });

  test("is to be asked for at the start", async ({ world }) => {
    const mesh = await world.join();
    await expect(mesh.trace()).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(part));
}
