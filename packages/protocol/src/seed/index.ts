/** The wire protocol between a peer and a seed, shared by both ends. */
export { decodePeerMessage, decodeSeedMessage, encodePeerMessage, encodeSeedMessage } from "./codec.ts";
export type { SeedDecodeFailure, SeedDecoded } from "./codec.ts";
export { seedClose } from "./close-codes.ts";
export type { SeedCloseCode } from "./close-codes.ts";
export { iceServerFault } from "./ice-servers.ts";
export { seedLimits } from "./limits.ts";
export { SEED_PROTOCOL_VERSION } from "./messages.ts";
export type * from "./messages.ts";
