import { createRequire } from "node:module";
import { startSeed } from "@grapevine/signaling";
import { startMaliciousSeed, type MaliciousSeedOptions } from "@grapevine/signaling/malicious-seed";
import { expect, onTestFinished, test, vi } from "vitest";
import { SeedWatch, type SeedWatchEvents } from "./seed-watch.ts";
import { join } from "./join.ts";

const room = new Uint8Array(32).fill(1);
const card = Uint8Array.of(1, 2, 3);

function watch(seeds: readonly string[]) {
  const told: { input: string[]; seeds: string[]; problems: string[] } = { input: [], seeds: [], problems: [] };
  const events: SeedWatchEvents = {
    handle: (input) => {
      told.input.push(input.kind === "seedPeers" ? `seedPeers ${input.others} ${input.peers.length}` : input.kind);
    },
    openCard: (sealed) => (sealed[0] === 1 ? sealed.subarray(1) : undefined),
    onSeed: (url, state) => told.seeds.push(`${url} ${state}`),
    isLinked: () => true,
    onProblem: (message) => told.problems.push(message),
  };
  const watching = new SeedWatch(seeds, room);
  watching.bind(events);
  onTestFinished(() => watching.client?.close());
  return { watching, told };
}

async function startEvil(options: MaliciousSeedOptions) {
  const seed = await startMaliciousSeed(options);
  onTestFinished(() => seed.close());
  return seed;
}

test("without seeds there is nothing to watch", () => {
  const { watching } = watch([]);
  expect(watching).toMatchObject({ client: undefined, states: [], answered: false });
});

test("opens the cards it is shown; who cannot be read is not of this mesh, and told once", async () => {
  const foreign = { seat: "00".repeat(8), card: Uint8Array.of(9) };
  const own = { seat: "11".repeat(8), card: Uint8Array.of(1, 7) };
  const seed = await startEvil({ lieAboutPeers: () => ({ others: 5, peers: [foreign, own, foreign] }) });
  const { watching, told } = watch([seed.url]);
  watching.client!.announce(card);
  await vi.waitUntil(() => told.input.length === 2);
  expect(told.input).toEqual(["seedUp", "seedPeers 3 1"]);
  expect(told.seeds).toEqual([`${seed.url} up`]);
  expect(watching.answered).toBe(true);
  watching.client!.ask(0, 5);
  await vi.waitUntil(() => told.input.length === 3);
  expect(told.problems).toEqual([expect.stringContaining("another secret")]);
});

test("a seed that goes down is told, with its trouble once", async () => {
  const seed = await startSeed({ port: 0, host: "127.0.0.1" });
  const { watching, told } = watch([seed.url]);
  watching.client!.announce(card);
  await vi.waitUntil(() => told.seeds.length === 1);
  await seed.close();
  await vi.waitUntil(() => told.seeds.length === 2 && told.problems.length === 1);
  expect(told.seeds).toEqual([`${seed.url} up`, `${seed.url} down`]);
  expect(told.input.at(-1)).toBe("seedDown");
  expect(watching.problem).toContain(seed.url);
});

test("the seed's ice servers are used, unless the application names its own", async () => {
  const wrtc = createRequire(import.meta.url)("@roamhq/wrtc") as typeof globalThis;
  const asked: unknown[] = [];
  class Spying extends wrtc.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      asked.push(configuration?.iceServers);
    }
  }
  const offered = { urls: ["stun:127.0.0.1:9"] };
  const seed = await startSeed({ port: 0, host: "127.0.0.1", iceServers: [offered] });
  const own = [{ urls: "stun:127.0.0.1:8" }];
  const options = { mesh: "m", seeds: [seed.url], admission: { kind: "open", bits: 0 } } as const;
  const meshes = [
    await join({ ...options, webrtc: { ...wrtc, RTCPeerConnection: Spying } }),
    await join({ ...options, webrtc: { ...wrtc, RTCPeerConnection: Spying }, iceServers: own }),
  ];
  expect(asked).toContainEqual([offered]);
  expect(asked).toContainEqual(own);
  await Promise.all(meshes.map((mesh) => mesh.leave()));
  await seed.close();
});
