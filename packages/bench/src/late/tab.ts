// The newcomer as a tab: reads the whole history, and says how long that kept it from everything else.
import { join } from "@grapevine/mesh";
import { MESH, SECRET, TOPIC } from "./names.ts";
import type { CaughtInTab } from "./messages.ts";

const { searchParams } = new URL(location.href);
const rumors = Number(searchParams.get("rumors"));
const tasks: PerformanceEntry[] = [];
new PerformanceObserver((list) => void tasks.push(...list.getEntries())).observe({ type: "longtask" });

Object.assign(globalThis, {
  async caught(): Promise<CaughtInTab> {
    const mesh = await join({ mesh: MESH, secret: SECRET, seeds: [searchParams.get("seed")!], iceServers: [] });
    const startMs = performance.now();
    let read = 0;
    for await (const _ of mesh.topic(TOPIC).messages({ from: "start" })) if (++read === rumors) break;
    const readMs = performance.now() - startMs;
    // What the observer has not been told yet.
    await new Promise((resolve) => void setTimeout(resolve, 100));
    const long = tasks.filter(({ startTime }) => startTime >= startMs).map(({ duration }) => duration);
    return { readMs, longTasks: long.length, longestMs: Math.max(0, ...long) };
  },
});
