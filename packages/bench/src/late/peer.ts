// One process of a late join: the elders, who have everything, or the newcomer.
import { join, type Mesh } from "@grapevine/mesh";
import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { deserialize, serialize } from "node:v8";
import { type History, storageOf, writeHistory } from "./history.ts";
import { MESH, SECRET, TOPIC } from "./names.ts";
import type { Caught, Course, FromPeer, ToPeer } from "./messages.ts";

const say = (message: FromPeer): void => void process.send!(message);
const meshes: Mesh[] = [];

process.on("disconnect", () => process.exit(0));
process.on("message", ({ kind, course }: ToPeer) => {
  (kind === "elders" ? elders(course) : newcomer(course)).catch((error: unknown) =>
    say({ kind: "failed", error: String((error as Error).stack ?? error) }),
  );
});

async function elders({ seed, rumors, authors, bodyBytes, elders }: Course): Promise<void> {
  const history = await written(rumors, authors, bodyBytes);
  for (let i = 0; i < elders; i++) {
    const storage = storageOf(history)();
    meshes.push(await join({ mesh: MESH, secret: SECRET, seeds: [seed], iceServers: [], storage }));
  }
  say({ kind: "ready", bodyBytes: history.rumors[0]!.rumor.body.length });
}

/** Signing takes longer than all that is measured, so it is done once for all runs. */
async function written(rumors: number, authors: number, bodyBytes: number): Promise<History> {
  const path = pathOf(tmpdir(), `grapevine-bench-late-2-${rumors}-${authors}-${bodyBytes}`);
  if (existsSync(path)) return deserialize(readFileSync(path)) as History;
  const history = await writeHistory(rumors, authors, bodyBytes);
  writeFileSync(path, serialize(history));
  return history;
}

async function newcomer({ seed, rumors }: Course): Promise<void> {
  const mesh = await join({ mesh: MESH, secret: SECRET, seeds: [seed], iceServers: [] });
  meshes.push(mesh);
  // It may have been linked to before this line, but has been told nothing yet.
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  let [heldMs, blockedMs, lastMs] = [0, 0, startMs];
  const watch = setInterval(() => {
    blockedMs = Math.max(blockedMs, performance.now() - lastMs);
    lastMs = performance.now();
    if (heldMs === 0 && mesh.stats().rumors.rumors >= rumors) heldMs = performance.now() - startMs;
  }, 5);
  const topic = mesh.topic<Uint8Array>(TOPIC);
  const next = new Map<string, number>();
  let [read, disorder] = [0, 0];
  for await (const { author, data } of topic.messages({ from: "start" })) {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    if (number !== (next.get(author) ?? 0)) disorder++;
    next.set(author, number + 1);
    if (++read === rumors) break;
  }
  const readMs = performance.now() - startMs;
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const { links, rumors: counts } = mesh.stats();
  const caught: Caught = {
    heldMs: heldMs === 0 ? readMs : heldMs,
    readMs,
    cpuMs: (user + system) / 1000,
    bytesIn: links.bytesIn,
    framesIn: links.framesIn,
    verified: counts.verified,
    duplicates: counts.duplicates,
    blockedMs,
    disorder,
  };
  say({ kind: "caught", caught });
}
