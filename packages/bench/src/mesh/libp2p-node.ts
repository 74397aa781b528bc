/**
 * The other side: js-libp2p with gossipsub, StrictSign and its default degrees, noise and yamux; over TCP, over TCP with
 * the cheap message ids that heavy users set (`fastMsgIdFn`), or over webrtc-direct.
 */
import "./polyfill.ts";
import { createLibp2p } from "libp2p";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { webRTCDirect } from "@libp2p/webrtc";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import type { BenchNode, Contender, NodeOptions } from "./contender.ts";

const TOPIC = "bench";
const DIALS_MAX = 5;

export function starter(contender: Contender): (options: NodeOptions) => Promise<BenchNode> {
  const webrtc = contender === "gossipsub-webrtc";
  const tuned = contender === "gossipsub-tcp-tuned";
  return async ({ onMessage }) => {
    const libp2p = await createLibp2p({
      addresses: { listen: [webrtc ? "/ip4/127.0.0.1/udp/0/webrtc-direct" : "/ip4/127.0.0.1/tcp/0"] },
      transports: webrtc ? [webRTCDirect()] : [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // By default five connections a second from one host, which here is everybody.
      connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 100 },
      services: {
        identify: identify(),
        pubsub: gossipsub({
          allowPublishToZeroTopicPeers: true,
          ...(tuned && { fastMsgIdFn: ({ from, seqno }) => `${latin1(from)}${latin1(seqno)}` }),
        }),
      },
    });
    const { pubsub } = libp2p.services;
    let copies = 0;
    // Not public: where every copy of every message passes, before any is thrown away.
    const inside = pubsub as unknown as { handleReceivedMessage: (...args: unknown[]) => Promise<void> };
    const handle = inside.handleReceivedMessage;
    if (typeof handle !== "function") throw new Error("expected gossipsub 17 to have handleReceivedMessage");
    inside.handleReceivedMessage = function counted(...args) {
      copies++;
      return handle.apply(this, args);
    };
    pubsub.addEventListener("message", ({ detail }) => onMessage(detail.data));
    pubsub.subscribe(TOPIC);
    return {
      publish: (data) => pubsub.publish(TOPIC, data),
      get degree() {
        return (pubsub as unknown as { getMeshPeers(topic: string): string[] }).getMeshPeers(TOPIC).length;
      },
      get copies() {
        return copies;
      },
      addresses: libp2p.getMultiaddrs().map(String),
      dial: async (addresses) => {
        // A connection whose noise handshake was too slow is dialed again, as its users do.
        for (let tries = 1; ; tries++) {
          try {
            await libp2p.dial(addresses.map((address) => multiaddr(address)));
            return;
          } catch (error) {
            if (tries === DIALS_MAX) throw error;
          }
        }
      },
      stats: () => ({}),
      stop: async () => {
        await libp2p.stop();
      },
    };
  };
}

function latin1(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined
    ? ""
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
