/** One node of one of the meshes that are compared, seen from the benchmark: the same few things of each. */

export interface BenchNode {
  /** Resolves when the node has accepted it. */
  publish(data: Uint8Array): Promise<unknown>;
  /** Neighbors that messages are spread to. */
  readonly degree: number;
  /** Copies of messages received so far, those that were new included; for ours, of rumors. */
  readonly copies: number;
  /** Addresses that others dial; ours are found by the seed. */
  readonly addresses: readonly string[];
  dial(addresses: readonly string[]): Promise<void>;
  /** Numbers of its own, for whoever looks for a cause. */
  stats(): unknown;
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly seed: string;
  readonly onMessage: (data: Uint8Array) => void;
}

export const CONTENDERS = [
  "grapevine",
  "grapevine-ndc",
  "gossipsub-tcp",
  "gossipsub-tcp-tuned",
  "gossipsub-webrtc",
] as const;
export type Contender = (typeof CONTENDERS)[number];

export function isOurs(contender: Contender): boolean {
  return contender.startsWith("grapevine");
}

/** Loading is not part of what is measured. */
export async function load(contender: Contender): Promise<(options: NodeOptions) => Promise<BenchNode>> {
  const { starter } = await (isOurs(contender) ? import("./grapevine-node.ts") : import("./libp2p-node.ts"));
  return starter(contender);
}
