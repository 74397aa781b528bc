import { createVault, createBoxKeyPair, createIdentity, deriveMesh, type Vault } from "@grapevine/crypto";
import { createMemoryNetwork, createWebRtcEngine } from "@grapevine/links";
import { encodeBase58 } from "@grapevine/protocol";
import { startMaliciousSeed, type MaliciousSeed, type MaliciousSeedOptions } from "@grapevine/signaling/malicious-seed";
import { describe, expect, onTestFinished, test } from "vitest";
import { event, testOver, until } from "./harness.testing.ts";
import { join, type Mesh } from "./index.ts";
import { putBetween } from "./middle.testing.ts";

describe.each(["memory", "webrtc"] as const)("over %s", (transport) => {
  const test = testOver(transport);

  test("somebody who rewrites the SDP of both sides is refused by both, with an event", async ({ world }) => {
    const engine = () => (transport === "memory" ? world.network.engine() : createWebRtcEngine({ iceServers: [] }));
    const middle = putBetween(engine(), engine());
    onTestFinished(() => middle.engine.close());
    const a = await world.join();
    const b = await world.join({ webrtc: middle.engine });
    await until(a, ({ neighbors }) => neighbors.length === 1);
    expect(middle.overheard).toEqual([]);

    const parted = event(a, "neighbor-down");
    b.pause();
    await parted;
    middle.engage();
    const refusals = Promise.all([event(a, "link-refused"), event(b, "link-refused")]);
    const resumed = b.resume();
    expect(await refusals).toMatchObject([
      { peer: b.peerId, reason: "handshake-failed", detail: expect.stringContaining("somebody stands between") },
      { peer: a.peerId, reason: "handshake-failed", detail: expect.stringContaining("somebody stands between") },
    ]);
    expect([a.neighbors, b.neighbors]).toEqual([[], []]);
    expect(middle.overheard.length).toBeGreaterThanOrEqual(2);
    await b.leave();
    await resumed;
  });
});

describe("a seed that knows the name of an open mesh", () => {
  const keys = deriveMesh({ name: "lobby", admission: { kind: "open", bits: 0 } });
  const attacker = createBoxKeyPair();
  const vault: Vault = createVault({ identity: createIdentity(), box: attacker, mesh: keys });

  /** A malicious seed, and two meshes that it introduced honestly before it turns. */
  async function setUp(): Promise<{ seed: MaliciousSeed; a: Mesh; b: Mesh; turn: (to: MaliciousSeedOptions) => void }> {
    let evil: MaliciousSeedOptions = {};
    const seed = await startMaliciousSeed({
      onSignal: (from, to, bytes) => evil.onSignal?.(from, to, bytes) ?? bytes,
      lieAboutPeers: (asker, truth) => evil.lieAboutPeers?.(asker, truth) ?? truth,
    });
    const network = createMemoryNetwork();
    const enter = () =>
      join({ mesh: "lobby", admission: { kind: "open", bits: 0 }, seeds: [seed.url], webrtc: network.engine() });
    const meshes = [await enter(), await enter()] as [Mesh, Mesh];
    onTestFinished(async () => {
      await Promise.all(meshes.map((mesh) => mesh.leave()));
      await seed.close();
    });
    const [a, b] = meshes;
    await until(a, ({ neighbors }) => neighbors.length === 1);
    return { seed, a, b, turn: (to) => void (evil = to) };
  }

  test("can read cards, but not put its own key into one", async () => {
    const { seed, a, b, turn } = await setUp();
    const told: Uint8Array[] = [];
    turn({
      lieAboutPeers: (_, { others, peers }) => ({
        others,
        peers: peers.map(({ seat, card }) => {
          const opened = vault.openCard(card)!.slice();
          told.push(opened.slice(0, 32));
          // Behind the peer's key and its incarnation lies the key under which one seals for it.
          opened.set(attacker.publicKey, 32 + 6);
          return { seat, card: vault.sealCard(opened) };
        }),
      }),
    });
    const parted = until(b, ({ neighbors }) => neighbors.length === 0);
    a.pause();
    await parted;
    const calls = seed.signals.length;
    const up = event(a, "seed", ({ state }) => state === "up");
    void a.resume();
    await up;
    // What it is told is looked at in the very task of the welcome.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.map((bytes) => encodeBase58(bytes))).toContain(b.peerId);
    expect(seed.signals.length).toBe(calls);
    expect(a.neighbors).toEqual([]);
  });

  test("can garble what peers send each other, and harms nothing beyond that", async () => {
    const { seed, a, b, turn } = await setUp();
    const parted = until(b, ({ neighbors }) => neighbors.length === 0);
    a.pause();
    await parted;
    const garbled = new Promise<void>((resolve) => {
      turn({
        onSignal: (_from, _to, bytes) => {
          resolve();
          return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
        },
      });
    });
    void a.resume();
    await garbled;
    await new Promise((resolve) => setImmediate(resolve));
    expect([a.neighbors, b.neighbors]).toEqual([[], []]);
    turn({});
    a.pause();
    await a.resume();
    expect(a.state).toBe("connected");
    expect(seed.seats.length).toBe(2);
  });
});
