/** Links between Grapevine peers: WebRTC, in-memory, and the seed client. */
export { type Clock, endOfTurn, nextTurn, platformClock } from "./clock.ts";
export { Gate, type GateOptions } from "./gate.ts";
export { linkLimits } from "./limits.ts";
export * from "./link.ts";
export { type IceServer, type WebRtc, isWebRtc } from "./webrtc.ts";
export { type WebRtcEngineOptions, createWebRtcEngine } from "./webrtc-engine.ts";
export { type MemoryNetwork, type MemoryNetworkOptions, createMemoryNetwork } from "./memory-network.ts";
export { type IntroducersOptions, createIntroducers } from "./introducers.ts";
export { createSeedClient } from "./seed-client.ts";
export { type Broadcast, type OpenBroadcast, SIBLINGS, type SiblingMessage } from "./siblings.ts";
export { openBroadcast } from "#platform";
export type * from "./seed-client-contract.ts";
export { seedClientLimits } from "./seed-client-limits.ts";
