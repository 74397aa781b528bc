/**
 * What a peer and a seed say to each other, version 1. The seed is a matchmaker with no trust: cards and signals are
 * sealed, so that all it sees is who stands in which room and how many bytes pass between two seats. One message is one
 * binary WebSocket message; the grammar is in signaling/README.md, the bytes are in `codec.ts`.
 */
export const SEED_PROTOCOL_VERSION = 1 as const;

/** Eight random bytes as 16 hex digits: one socket's place in its room, for as long as the socket lives. */
export type Seat = string;

/** One STUN or TURN server, as RTCConfiguration wants it. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** Somebody in the room. The card is a credential sealed to the mesh key; the seed cannot read it, nor can strangers. */
export interface SeatedPeer {
  readonly seat: Seat;
  readonly card: Uint8Array;
}

/** The first message of a peer, and only the first. */
export interface HelloMessage {
  readonly kind: "hello";
  readonly version: typeof SEED_PROTOCOL_VERSION;
  readonly room: Uint8Array;
  readonly card: Uint8Array;
}

/** Ask for some random others; answered by `peers`. */
export interface AskMessage {
  readonly kind: "ask";
  /** 1 to `peersMax`. */
  readonly count: number;
}

/** To the seed: for whom. From the seed: from whom. */
export interface SignalMessage {
  readonly kind: "signal";
  readonly seat: Seat;
  readonly bytes: Uint8Array;
}

/** Replace the own card. */
export interface CardMessage {
  readonly kind: "card";
  readonly card: Uint8Array;
}

/** The seed's answer to hello. */
export interface WelcomeMessage {
  readonly kind: "welcome";
  readonly seat: Seat;
  readonly iceServers: readonly IceServer[];
  /** Sockets in the room beside this one. */
  readonly others: number;
  /** Some of them, drawn at random. */
  readonly peers: readonly SeatedPeer[];
}

export interface PeersMessage {
  readonly kind: "peers";
  readonly others: number;
  readonly peers: readonly SeatedPeer[];
}

/** A signal found nobody in that seat. */
export interface GoneMessage {
  readonly kind: "gone";
  readonly seat: Seat;
}

/**
 * The room has grown beyond the sample that the seed keeps. The seat is handed out no more; signals still pass until the
 * seed closes the socket, a moment later. Come back after the stated time, or when in need.
 */
export interface ReleaseMessage {
  readonly kind: "release";
  readonly retryAfterMs: number;
}

/** What a peer says to a seed. */
export type PeerMessage = HelloMessage | AskMessage | SignalMessage | CardMessage;

/** What a seed says to a peer. */
export type SeedMessage = WelcomeMessage | PeersMessage | SignalMessage | GoneMessage | ReleaseMessage;
