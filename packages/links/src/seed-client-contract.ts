/**
 * What a seed client is told, and what it tells: the contract between the one in `seed-client.ts` and whoever drives a
 * peer.
 */
import type { IceServer, SeatedPeer } from "@grapevine/protocol/seed";
import type { Clock } from "./clock.ts";

/** What is heard of seeds. `seed` is a number that means the same address for the life of the client. */
export interface SeedClientEvents {
  /** The seed welcomed us; `onPeers` follows. */
  onUp(seed: number): void;
  /** The seed cannot be reached any more, or is not needed. One that released us stays up: `ask` brings it back. */
  onDown(seed: number): void;
  /** Some others of the room, at the welcome and in answer to `ask`. Cards are as their owners gave them: untrusted. */
  onPeers(seed: number, others: number, peers: readonly SeatedPeer[]): void;
  onSignal(seed: number, seat: string, bytes: Uint8Array): void;
  /** A signal found nobody in that seat. */
  onGone(seed: number, seat: string): void;
  /** What the seed's operator configured, at every welcome, before `onUp`. Well-formed, and otherwise untrusted. */
  onIceServers(servers: readonly IceServer[]): void;
  /** Something went wrong; the client goes on by itself. A sentence for people. */
  onProblem(seed: number, what: string): void;
}

export interface SeedClientOptions {
  /** `ws://host:port`, `wss://host`, and in Node `dns:host:port`. May be empty. */
  readonly seeds: readonly string[];
  /** Hash of the mesh's name, 32 bytes. */
  readonly room: Uint8Array;
  readonly events: SeedClientEvents;
  /** Uniform in [0, 1), for jitter; no secret hangs on it. */
  readonly random?: () => number;
  readonly clock?: Clock;
  /**
   * Whether there is any link. A seed that says that others are there and leads to none in 5 s is passed over for five
   * minutes, if there is another.
   */
  readonly isLinked?: () => boolean;
}

export interface SeedClient {
  /** A card will be shown soon: open the first connection, and say nothing yet. */
  prepare(): void;
  /** Show this card (at most 1536 bytes, sealed) from now on. The first call opens the first connection, if `prepare` has not. */
  announce(card: Uint8Array): void;
  /** Ask for up to 16 others; answered by `onPeers`. A seed that released us is gone back to. */
  ask(seed: number, count: number): void;
  /** Relay up to 32 KiB to a seat at that seed. Answered only if nobody sits there. */
  send(seed: number, seat: string, bytes: Uint8Array): void;
  /** Close all connections until `resume`. */
  pause(): void;
  resume(): void;
  /** The end: no event comes any more, and nothing keeps the process from exiting. */
  close(): void;
  /** In the order of preference. */
  readonly states: readonly SeedState[];
}

export interface SeedState {
  readonly seed: number;
  readonly url: string;
  readonly state: "connecting" | "up" | "waiting" | "released";
  /** When it will be tried again if it is needed, on the client's clock (`performance.now()`); 0 for at once. */
  readonly retryAtMs: number;
}
