// A process of its own that connects, says one word and closes; `webrtc-engine.test.ts` waits for it to exit.
import { connect } from "./recorder.testing.ts";
import { createWebRtcEngine } from "./webrtc-engine.ts";

const [a, b] = [createWebRtcEngine({ iceServers: [] }), createWebRtcEngine({ iceServers: [] })];
const [caller, callee] = await connect(a, b);
caller.link.send("control", new Uint8Array(5));
const closing = a.close();
await callee.closed();
await Promise.all([closing, b.close()]);
// The streams in simple-peer's bundle take their next tick by a timer of 0 ms; one more stands behind it in the queue.
await new Promise((resolve) => setTimeout(() => setImmediate(resolve), 1));
const timers = process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
const closes = [...caller.closes, ...callee.closes];
process.stdout.write(JSON.stringify({ frames: callee.frames.length, closes, timers }));
