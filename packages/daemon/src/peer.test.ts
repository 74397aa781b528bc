import { join } from "node:path";
import { expect, test } from "vitest";
import { runPeer, type JoinOptions, type PeerMesh, type PeerOptions } from "./peer.ts";

/** A mesh of one, whose events the test raises. */
function loneMesh() {
  const published: unknown[] = [];
  const listeners = new Map<string, (event: never) => void>();
  const asked: JoinOptions[] = [];
  let leaves = 0;
  const on = (event: string, listener: (event: never) => void): (() => void) => {
    listeners.set(event, listener);
    return () => listeners.delete(event);
  };
  const publish = async (data: unknown): Promise<string> => String(published.push(data));
  const mesh: PeerMesh = {
    name: "lobby",
    peerId: "peer",
    state: "alone",
    on,
    topic: () => ({ on, publish, messages: async function* () {} }),
    leave: async () => void leaves++,
  };
  return {
    asked,
    published,
    leaves: () => leaves,
    raise: (event: string, value: object) => listeners.get(event)?.(value as never),
    join: async (options: JoinOptions) => {
      asked.push(options);
      return mesh;
    },
  };
}

/** Starts a peer on a lone mesh; `end` tells it to leave and waits for it. */
async function start(options: Partial<PeerOptions> = {}) {
  const lone = loneMesh();
  const stop = new AbortController();
  const said: unknown[][] = [];
  const ended = runPeer(
    lone.join,
    { mesh: "lobby", seed: ["ws://localhost:7700"], iceServer: [], ...options },
    (...report) => said.push(report),
    stop.signal,
  );
  await Promise.resolve();
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { ...lone, said, end };
}

test("joins the mesh by its seeds and leaves once when told", async () => {
  const peer = await start({ iceServer: ["stun:localhost"], secret: "s" });
  await peer.end();
  expect(peer.asked).toMatchObject([
    { mesh: "lobby", seeds: ["ws://localhost:7700"], iceServers: [{ urls: "stun:localhost" }], secret: "s" },
  ]);
  expect(peer.leaves()).toBe(1);
  expect(peer.said.map(([event]) => event)).toEqual(["joined", "left"]);
});

test("leaves the choice of ice servers to the mesh when none is named", async () => {
  const peer = await start();
  await peer.end();
  expect(peer.asked[0]).not.toHaveProperty("iceServers");
});

test("reports neighbors as they come and go", async () => {
  const peer = await start();
  peer.raise("neighbor-up", { peerId: "other" });
  peer.raise("neighbor-down", { peerId: "other", reason: "goodbye" });
  await peer.end();
  expect(peer.said.slice(1, 3)).toEqual([
    ["neighbor-up", { peerId: "other" }],
    ["neighbor-down", { peerId: "other", reason: "goodbye" }],
  ]);
});

test("echoes what others say, but neither itself nor another echo", async () => {
  const peer = await start({ echoTopic: "chat" });
  peer.raise("message", { author: "other", own: false, data: "hello" });
  peer.raise("message", { author: "peer", own: true, data: { echo: "hello" } });
  peer.raise("message", { author: "third", own: false, data: { echo: "hello" } });
  await peer.end();
  expect(peer.published).toEqual([{ echo: "hello" }]);
});

test("says what is typed, where it is asked to chat", async () => {
  const lone = loneMesh();
  const stop = new AbortController();
  async function* lines(): AsyncIterable<string> {
    yield "hello";
    stop.abort();
  }
  const options = { mesh: "lobby", seed: [], iceServer: [], chat: "chat", name: "Ada" };
  await runPeer(lone.join, options, () => {}, stop.signal, lines);
  expect(lone.published).toEqual([{ text: "hello", name: "Ada" }]);
});

test("says how far the history of its topic has come", async () => {
  const peer = await start({ echoTopic: "chat" });
  peer.raise("history", { rumors: 3, bytes: 9, missing: 4, complete: false });
  await peer.end();
  expect(peer.said.find(([event]) => event === "history")?.[1]).toMatchObject({
    rumors: 3,
    missing: 4,
    complete: false,
  });
});

test("keeps its key and its history in one directory when it is given one", async () => {
  const peer = await start({ store: "data" });
  await peer.end();
  expect(peer.asked[0]).toMatchObject({ identity: { path: join("data", "key.json") } });
  expect(peer.asked[0]!.storage).toBeDefined();
});
