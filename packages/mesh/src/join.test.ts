import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { fileURLToPath } from "node:url";
import { CryptoError } from "@grapevine/crypto";
import { LinkError, createMemoryNetwork } from "@grapevine/links";
import { startMaliciousSeed } from "@grapevine/signaling/malicious-seed";
import { afterEach, describe, expect, onTestFinished, vi } from "vitest";
import { Ear, event, testOver } from "./harness.testing.ts";
import { createIdentity, exportIdentity, join, type JoinOptions } from "./index.ts";
import { asMeshError } from "./options.ts";

const test = testOver("memory");
afterEach(() => vi.useRealTimers());

const lone = (options: Partial<JoinOptions> = {}) =>
  join({
    mesh: "m",
    seeds: [],
    webrtc: createMemoryNetwork().engine(),
    admission: { kind: "open", bits: 0 },
    ...options,
  });

/** Lets the timers of a promise run out, while sockets go on as they do. */
async function hurry<T>(promise: Promise<T>): Promise<T> {
  const waiting = Symbol("waiting");
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(500);
    const value = await Promise.race([promise, Promise.resolve(waiting)]);
    if (value !== waiting) return value;
  }
}

/** A seed that says that somebody is there, whom nobody can reach. */
async function startLyingSeed() {
  const seed = await startMaliciousSeed({ lieAboutPeers: () => ({ others: 1, peers: [] }) });
  onTestFinished(() => seed.close());
  return seed;
}

describe("join", () => {
  test("with no seeds resolves alone at once, and hears itself", async () => {
    const mesh = await lone();
    expect(mesh.state).toBe("alone");
    const ear = new Ear(mesh.topic("t"));
    await mesh.topic("t").publish("echo");
    await ear.heard(1);
    expect(ear.messages).toMatchObject([{ own: true, data: "echo" }]);
    await mesh.leave();
  });

  test("rejects with `seed-unreachable` when no seed answers, and says which and why", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const seeds = ["ws://127.0.0.1:1"];
    await expect(hurry(lone({ seeds }))).rejects.toMatchObject({
      code: "seed-unreachable",
      message: expect.stringMatching(/within 10 s, got none from ws:\/\/127\.0\.0\.1:1 \(.+\)$/),
    });
  });

  test("resolves cut off when a seed answers and no link comes to be, and warns", async () => {
    const seed = await startLyingSeed();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const mesh = await hurry(lone({ seeds: [seed.url] }));
    expect(mesh.state).toBe("cut-off");
    const warned = event(mesh, "warning");
    expect(await hurry(warned)).toMatchObject({ code: "link", message: expect.stringContaining("TURN") });
    await mesh.leave();
  });

  test("an abort meanwhile rejects with its reason and leaves nothing behind", async () => {
    const seed = await startLyingSeed();
    const stop = new AbortController();
    const joining = lone({ seeds: [seed.url], signal: stop.signal });
    await vi.waitUntil(() => seed.seats.length === 1);
    const reason = new Error("changed my mind");
    stop.abort(reason);
    await expect(joining).rejects.toBe(reason);
    await vi.waitUntil(() => seed.seats.length === 0);
  });

  test("an abort while the ticket is minted rejects too", async () => {
    const stop = new AbortController();
    const joining = lone({ admission: { kind: "open", bits: 30 }, signal: stop.signal });
    setImmediate(() => stop.abort(new Error("too much work")));
    await expect(joining).rejects.toThrow("too much work");
  });

  test("an abort afterwards leaves", async ({ world }) => {
    const stop = new AbortController();
    const a = await world.join();
    const b = await world.join({ signal: stop.signal });
    const left = event(a, "member-down");
    stop.abort();
    expect(b.state).toBe("left");
    expect(await left).toEqual({ peer: b.peerId, reason: "left" });
  });

  test("the identity that is given is used", async () => {
    const identity = createIdentity();
    for (const form of [identity, exportIdentity(identity)]) {
      const mesh = await lone({ identity: form });
      expect(mesh.peerId).toBe(identity.peerId);
      await mesh.leave();
    }
    const [one, other] = await Promise.all([lone(), lone()]);
    expect(one.peerId).not.toBe(other.peerId);
    await Promise.all([one.leave(), other.leave()]);
  });

  test("an identity in a file is kept, for one peer at a time", async () => {
    const directory = await mkdtemp(joinPath(tmpdir(), "grapevine-mesh-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const identity = { path: joinPath(directory, "key") };
    const first = await lone({ identity });
    await expect(lone({ identity })).rejects.toMatchObject({ name: "MeshError", code: "store-failed" });
    await first.leave();
    const again = await lone({ identity });
    expect(again.peerId).toBe(first.peerId);
    await again.leave();
  });

  test("errors of the packages below are MeshErrors with the same code and the cause", () => {
    for (const error of [new LinkError("webrtc-unavailable", "none here"), new CryptoError("store-failed", "full")]) {
      expect(asMeshError(error)).toMatchObject({
        name: "MeshError",
        code: error.code,
        message: error.message,
        cause: error,
      });
    }
    const other = new Error("other");
    expect(asMeshError(other)).toBe(other);
  });
});

describe("a process", () => {
  test("exits promptly after it left, having talked over real WebRTC", { timeout: 30_000 }, async ({ world }) => {
    const { code, said } = await run(fileURLToPath(new URL("exit.testing.ts", import.meta.url)), world.seed.url);
    expect(code).toBe(0);
    const { heard, exitMs } = JSON.parse(said) as { heard: string; exitMs: number };
    expect(heard).toBe("hello");
    expect(exitMs, "milliseconds from leave() to exit").toBeLessThan(3000);
  });

  test("has nothing begun by importing, and ends by itself", { timeout: 30_000 }, async () => {
    const index = new URL("index.ts", import.meta.url).href;
    const program = `const { join } = await import(${JSON.stringify(index)}); console.log(typeof join);`;
    expect(await run("--input-type=module", "--eval", program)).toEqual({ code: 0, said: "function\n" });
  });
});

/** Runs Node on the sources until it ends. */
async function run(...args: readonly string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=@grapevine/source", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.on("exit", resolve));
  return { code, said };
}
