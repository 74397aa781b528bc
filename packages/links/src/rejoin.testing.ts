// A process of its own that connects and closes its engines again and again; `webrtc-engine.test.ts` reads what it keeps.
import { readdirSync } from "node:fs";
import { connect } from "./recorder.testing.ts";
import { createWebRtcEngine } from "./webrtc-engine.ts";

const threads: number[] = [];
for (let i = 0; i < 20; i++) {
  const [a, b] = [createWebRtcEngine({ iceServers: [] }), createWebRtcEngine({ iceServers: [] })];
  await connect(a, b);
  await Promise.all([a.close(), b.close()]);
  threads.push(readdirSync("/proc/self/task").length);
}
process.stdout.write(JSON.stringify(threads));
