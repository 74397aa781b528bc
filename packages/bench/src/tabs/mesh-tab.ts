// One of the tabs of a mesh: joins with as many neighbors as it is told, and publishes at an even pace.
import { join } from "@grapevine/mesh";

const { searchParams } = new URL(location.href);
const mesh = await join({
  mesh: "tabs",
  seeds: [searchParams.get("seed")!],
  secret: new Uint8Array(32).fill(7),
  neighborsMax: Number(searchParams.get("links")),
  iceServers: [],
});
const topic = mesh.topic<Uint8Array>("tabs");
let received = 0;
topic.on("message", ({ own }) => void (own || received++));

Object.assign(globalThis, {
  links: () => mesh.neighbors.length,
  /** Frames that came over links, and messages of others. */
  counts: () => ({ copies: mesh.stats().rumors.received, received }),
  publish(everyMs: number, size: number): void {
    const data = new Uint8Array(size).fill(7);
    setInterval(() => void topic.publish(data).catch(reportError), everyMs);
  },
});
