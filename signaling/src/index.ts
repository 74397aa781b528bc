/** The Grapevine seed: introduces newcomers over WebSocket, trusted with nothing. */
export { startSeed, seedVersion } from "./seed.ts";
export type { Seed, SeedStats } from "./seed.ts";
export type { IceServerOption, SeedOptions } from "./options.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export type { Rate, SeedLimits } from "./limits.ts";
export { SeedError } from "./error.ts";
export type { SeedErrorCode } from "./error.ts";
