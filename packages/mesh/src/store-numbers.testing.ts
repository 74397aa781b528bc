/**
 * `npm run soak -- store`: what durability costs. Messages acknowledged a second, one at a time and many at once, with a
 * store and in memory; and how long a start takes over 50 000 rumors by ten authors.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { levelStore, type Storage } from "@grapevine/store";
import { createMemoryNetwork, join, type Mesh } from "./index.ts";

const RUMORS = 50_000;
const AUTHORS = 10;
const directory = await mkdtemp(joinPath(tmpdir(), "grapevine-numbers-"));
const storage = levelStore(joinPath(directory, "store"));

function start(kept: "memory" | Storage): Promise<Mesh> {
  return join({
    mesh: "numbers",
    seeds: [],
    admission: { kind: "open", bits: 0 },
    webrtc: createMemoryNetwork().engine(),
    storage: kept,
  });
}

const retention = { countMax: 65_536, bytesMax: 100_000_000, ageMs: 0 };
const text = "x".repeat(200);

async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return Math.round((count * 1_000) / (performance.now() - startMs));
}

/** Acknowledged messages a second: each awaited; in fifty topics at once; and handed over all together. */
async function publishing(kept: "memory" | Storage): Promise<Record<string, number>> {
  const mesh = await start(kept);
  const topics = Array.from({ length: 50 }, (_, i) => mesh.topic<string>(`many ${i}`, { retention }));
  const [topic] = topics;
  const one = await perSecond(500, async () => {
    for (let i = 0; i < 500; i++) await topic!.publish(text);
  });
  const many = await perSecond(5_000, () =>
    Promise.all(
      topics.map(async (topic) => {
        for (let i = 0; i < 100; i++) await topic.publish(text);
      }),
    ),
  );
  const together = await perSecond(20_000, () => topic!.publishMany(Array.from({ length: 20_000 }, () => text)));
  await mesh.leave();
  progress(`published with ${kept === "memory" ? kept : "a store"}`);
  return { oneAtATime: one, fiftyTopics: many, publishMany: together };
}

const progress = (what: string): void => void process.stderr.write(`${what}\n`);
const report: Record<string, unknown> = {
  "messages/s, in memory": await publishing("memory"),
  "messages/s, with a store": await publishing(levelStore(joinPath(directory, "publishing"))),
};
for (let author = 0; author < AUTHORS; author++) {
  const mesh = await start(storage);
  const topics = Array.from({ length: 50 }, (_, i) => mesh.topic<string>(`history ${i}`, { retention }));
  await Promise.all(
    topics.map(async (topic) => {
      for (let i = 0; i < RUMORS / AUTHORS / topics.length; i++) await topic.publish(text);
    }),
  );
  await mesh.leave();
  progress(`author ${author + 1} of ${AUTHORS} has written`);
}
const startMs = performance.now();
const mesh = await start(storage);
report["a start over"] = { rumors: mesh.stats().rumors.rumors, ms: Math.round(performance.now() - startMs) };
report["signatures checked"] = mesh.stats().rumors.verified;
await mesh.leave();
await rm(directory, { recursive: true });
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
