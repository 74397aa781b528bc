/**
 * Our side: a peer as an application makes it, with all defaults, over @roamhq/wrtc or over the second engine; the mesh has
 * a secret, its topic is sealed.
 */
import { join, type JoinOptions } from "@grapevine/mesh";
import { nodeDatachannel } from "@grapevine/mesh/node-datachannel";
import type { BenchNode, Contender, NodeOptions } from "./contender.ts";

/** Any 32 bytes; `createSecret()` makes such. A secret spares the proof of work of an open mesh, as libp2p has none. */
const secret = new Uint8Array(32).fill(42);

export function starter(contender: Contender): (options: NodeOptions) => Promise<BenchNode> {
  const engine = contender === "grapevine-ndc" ? { webrtc: nodeDatachannel() } : {};
  return (options) => startNode(options, engine);
}

async function startNode({ seed, onMessage }: NodeOptions, engine: Pick<JoinOptions, "webrtc">): Promise<BenchNode> {
  const mesh = await join({ mesh: "bench", seeds: [seed], secret, iceServers: [], ...engine });
  mesh.on("warning", (warning) => process.stderr.write(`warning: ${JSON.stringify(warning)}\n`));
  const topic = mesh.topic<Uint8Array>("bench");
  topic.on("message", ({ own, data }) => {
    if (!own) onMessage(data);
  });
  return {
    publish: (data) => topic.publish(data),
    get degree() {
      return mesh.neighbors.length;
    },
    get copies() {
      return mesh.stats().rumors.received;
    },
    addresses: [],
    dial: () => Promise.resolve(),
    stats: () => mesh.stats(),
    stop: () => mesh.leave(),
  };
}
