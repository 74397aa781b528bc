/**
 * The core under a virtual clock and a faulty network. Everything here is deterministic and runs anywhere, in a tab too;
 * the command line is in `@grapevine/simulator/cli`.
 */
export { type Churn, World, type WorldOptions } from "./world.ts";
export { type Disguise, KEEP_ALL, Node, type NodeOptions, type Watch } from "./node.ts";
export { Ledger, type Missing, type Published, type Reader } from "./ledger.ts";
export { SimulationFailure } from "./failure.ts";

export { EventQueue, type Timer } from "./events.ts";
export { WallClock } from "./clock.ts";
export { exponential, logUniform, type Span, streamOf, uniform } from "./chance.ts";
export { Fingerprint, mix32 } from "./mix.ts";

export { Network } from "./network/network.ts";
export { DEFAULT_NETWORK, type NetworkOptions } from "./network/options.ts";
export { type DatagramOptions, Datagrams } from "./network/datagrams.ts";
export { DEFAULT_SEED, type SeedLoad, SeedModel, type SeedOptions } from "./seed-model.ts";
export type { Vault, VaultMaker } from "./vault.ts";
export { Notary } from "./vault-model.ts";

export { Graph, quantile, type Spread, spreadOf } from "./graph.ts";
export { type Tally, totalOf, type Traffic } from "./traffic.ts";
