// A page as an application writes it: joins, and notes when it had its first link.
import { join } from "@grapevine/mesh";

const { searchParams } = new URL(location.href);
const secret = searchParams.get("secret");
const mesh = await join({
  mesh: searchParams.get("mesh")!,
  seeds: [searchParams.get("seed")!],
  iceServers: [],
  ...(secret !== null && { secret: new Uint8Array(32).fill(Number(secret)) }),
});
const linked = (): void => void Object.assign(globalThis, { linkedMs: performance.now() });
if (mesh.neighbors.length > 0) linked();
else mesh.on("neighbor-up", linked, { once: true });
Object.assign(globalThis, { waiting: true });
