/**
 * A process of its own for one test: two meshes talk over real WebRTC and leave. Says when it exits after that; nothing
 * here ends the process but that nothing is left to do.
 */
import { join } from "./index.ts";

const seeds = [process.argv[2]!];
const a = await join({ mesh: "exit", seeds, iceServers: [], admission: { kind: "open", bits: 0 } });
const b = await join({ mesh: "exit", seeds, iceServers: [], admission: { kind: "open", bits: 0 } });
const message = new Promise<unknown>((resolve) => b.topic("chat").on("message", ({ data }) => resolve(data)));
await a.topic("chat").publish("hello");
const heard = await message;
await Promise.all([a.leave(), b.leave()]);
const leftMs = performance.now();
process.on("exit", () => {
  process.stdout.write(JSON.stringify({ heard, exitMs: performance.now() - leftMs }));
});
