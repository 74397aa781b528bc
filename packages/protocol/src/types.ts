/**
 * The vocabulary of the core: identifiers and the statements that peers sign. Everything here is plain data, so that
 * a snapshot of a peer is a copy of its state, and a recording of its inputs can be replayed and shared.
 */

/** Base58 of a peer's 32-byte Ed25519 public key. */
export type PeerId = string;

/** Names one link of one peer, from `connect` until `linkDown`. Allocated by the core, never reused. */
export type LinkId = number;

/** Is this the end of a route (`repair/routed.ts`), which repair takes for a link like any other? */
export function isRouted(link: LinkId): boolean {
  return link < 0;
}

/** Names one outstanding effect whose result comes back as an input. Allocated by the core, never reused. */
export type Ref = number;

/**
 * The one pure primitive that the core is given: SHA-512 truncated to its first 32 bytes.
 * It must be synchronous, for identities of rumors and places on rings are decided in line.
 */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/**
 * Three channels on every link. Control and data are ordered and reliable: what must be prompt never waits behind what is
 * big. Unreliable is neither, and never queues: a frame of at most `limits.unreliableFrameBytesMax` arrives soon or not.
 */
export type Channel = "control" | "data" | "unreliable";

/**
 * What a peer says of itself for one incarnation, signed by its identity key: the X25519 key under which others seal
 * for it, and the ticket that admits it. It rides in hello, in the card at the seed and in every sealed envelope.
 */
export interface Credential {
  readonly peer: PeerId;
  /** Start time of this run of the peer, in milliseconds; a later run has a greater one. */
  readonly incarnation: number;
  /** X25519 public key of this incarnation, 32 bytes. */
  readonly boxKey: Uint8Array;
  /** What admits the peer's key to the mesh; opaque to the core, at most `limits.ticketBytesMax`. */
  readonly ticket: Uint8Array;
  /** Ed25519 by `peer` over `credentialBytes(...)`, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Roles, each with the rights of those before it. A reader writes no rumor; an admin and the root revoke. */
export const ROLE_READER = 0;
export const ROLE_WRITER = 1;
export const ROLE_ADMIN = 2;
export const ROLE_ROOT = 3;

/** What a ticket says of the key that it admits, as the driver's verification tells. */
export interface Standing {
  readonly role: number;
  /** Milliseconds of mesh time from which it counts no more; 0 for never. */
  readonly expiryMs: number;
  /** Keys on which the admission rests: whoever revokes one of them revokes all that rests on it. */
  readonly keys: readonly PeerId[];
  /** What whoever invited it calls it; empty for nothing. */
  readonly name: string;
  /** The key of the person whose device it is, if it says so. */
  readonly account: PeerId | undefined;
}

/** Of everybody in a mesh without certificates. */
export const MEMBER: Standing = { role: ROLE_WRITER, expiryMs: 0, keys: [], name: "", account: undefined };

/** One transfer of a descriptor: the owner before it signed that `to` owns it now (SecureCyclon). */
export interface Hop {
  readonly to: PeerId;
  readonly signature: Uint8Array;
}

/**
 * A peer's advertisement of itself (Cyclon's view entry, SecureCyclon's descriptor): minted by its creator at most
 * once in each slot, and owned by the last peer in its chain. `slot` is floor(mesh time / mint period).
 */
export interface Descriptor {
  readonly creator: PeerId;
  readonly incarnation: number;
  readonly boxKey: Uint8Array;
  readonly ticket: Uint8Array;
  readonly slot: number;
  /** Ed25519 by `creator` over `descriptorBytes(...)`, 64 bytes. */
  readonly signature: Uint8Array;
  readonly hops: readonly Hop[];
}

/**
 * Two different statements signed by one key for one slot. Descriptors in it carry no chain. `digest` commits to a
 * descriptor and its owners before hop `index`, where `owner` signed it over to two peers.
 */
export type Evidence =
  | { readonly kind: "mint"; readonly a: Descriptor; readonly b: Descriptor }
  | {
      readonly kind: "transfer";
      readonly owner: PeerId;
      readonly index: number;
      readonly digest: Uint8Array;
      readonly a: Hop;
      readonly b: Hop;
    }
  /** Two rumors for one slot of a log. */
  | ({ readonly kind: "fork" } & Fork);

/** `log` rumors append to their author's log. Later kinds take other numbers; an unknown kind is stored and forwarded alike. */
export const RUMOR_KIND_LOG = 0;
/**
 * An entry of a replicated map: it stands in no log but in a set, under its key, until a newer one takes its place. `topic` is the map's tag, `seq` numbers
 * what its author wrote to this map in this run, `prev` is the tag of its key, `low` is `seq`.
 */
export const RUMOR_KIND_STATE = 1;
/** An entry of a log like any other, of which many come together: it gives way to fresh ones on every link. */
export const RUMOR_KIND_BULK = 2;
/**
 * What its author says of itself to everybody: of each author only the greatest version, (`incarnation`, `seq`), stands. `topic`
 * is the mesh's own for it, `prev` is zeros, `low` is `seq`, and it always expires.
 */
export const RUMOR_KIND_PROFILE = 3;

/**
 * What every rumor says in clear, so that relays can verify, order and retain it without being able to read its body.
 * The mesh id is part of what is signed but does not travel: a link belongs to one mesh.
 */
export interface Header {
  readonly version: number;
  readonly author: PeerId;
  readonly incarnation: number;
  /** Keyed hash of the topic's name, 16 bytes as 32 hex digits. */
  readonly topic: string;
  /** 1 for the first rumor of a log. */
  readonly seq: number;
  /** Id of the author's rumor before this one in this log; 32 zero bytes for seq 1. Of a map's entry the tag of its key. */
  readonly prev: Uint8Array;
  /** Hybrid clock: milliseconds of mesh time, and a counter among equal ones. */
  readonly timeMs: number;
  readonly counter: number;
  /** Mesh time after which nobody offers it any more; 0 for never. */
  readonly expiryMs: number;
  /** First 8 bytes of the hash of the sealing key; 8 zero bytes when public. */
  readonly keyId: Uint8Array;
  readonly kind: number;
  /** First seq of this log that its author still retains. */
  readonly low: number;
}

/** The unit of gossip, of storage and of trust. */
export interface Rumor {
  readonly header: Header;
  readonly body: Uint8Array;
  /** Ed25519 by the author over `rumorBytes(id)`, 64 bytes; never part of the id, for signing may be randomised. */
  readonly signature: Uint8Array;
}

/** A rumor without its body: evidence that its author wrote it. */
export interface Head {
  readonly header: Header;
  readonly bodyHash: Uint8Array;
  readonly signature: Uint8Array;
}

/** Evidence against an author: two different statements, each with its signature, for one slot of one log. */
export interface Fork {
  readonly a: Head;
  readonly b: Head;
}

/** One log is what one author wrote in one incarnation to one topic. */
export interface LogId {
  readonly author: PeerId;
  readonly incarnation: number;
  readonly topic: string;
}

/**
 * What an application's validators say of a rumor: pass it on and deliver it; or do neither, and hold it against its
 * author ("reject") or against nobody ("ignore").
 */
export type Validation = "accept" | "reject" | "ignore";

/** The last rumor of a log that stands: what comes after it is withdrawn. */
export interface LastHead {
  readonly log: LogId;
  readonly seq: number;
  /** The first 16 bytes of its id. */
  readonly idPrefix: Uint8Array;
}

/**
 * A signed word of the root, or of an admin, that a key counts no longer, and with it every admission that rests on it.
 * It carries what admits its author, and so verifies by itself.
 */
export interface Revocation {
  /** Of a peer, an invitation, an account: whatever stands in certificates. */
  readonly key: PeerId;
  /** When it was made, in milliseconds of mesh time: for people, and to tell an author's revocations apart. */
  readonly timeMs: number;
  /** Ascending by log. Of a log that is not among them nothing stands. */
  readonly heads: readonly LastHead[];
  readonly revoker: PeerId;
  readonly ticket: Uint8Array;
  /** Ed25519 by `revoker` over `revocationBytes(...)`, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Inclusive range of sequence numbers. */
export type Range = readonly [from: number, to: number];

/** Where a rumor stands in the two orders in which it is delivered; see `repair/delivery.ts`. */
export type Stream = "live" | "history" | "both";

/** Who may read what was written before it came: all that is retained, or what is written from its joining on. */
export type History = "all" | "since-join";

/** How the keys of a mesh change. */
export interface KeyPolicy {
  /** An epoch ends this many milliseconds after it began; 0 for only when somebody is removed. */
  readonly rotateMs: number;
  readonly history: History;
}

/**
 * What the core has the driver do with keys that it never sees. They are named by key ids of 16 hex digits. `prove` makes a
 * MAC of `bytes`; `give` seals those of `keyIds` that it has for the X25519 key `to`, and those of `proof.keyIds` too when
 * the MAC in it holds; `take` opens what another gave, and keeps of it those of `keyIds`.
 */
export type KeyringAsk =
  | { readonly op: "make" }
  | { readonly op: "prove"; readonly keyId: string; readonly bytes: Uint8Array }
  | {
      readonly op: "give";
      readonly to: Uint8Array;
      readonly keyIds: readonly string[];
      readonly proof?: (KeyProof & { readonly bytes: Uint8Array; readonly keyIds: readonly string[] }) | undefined;
    }
  | { readonly op: "take"; readonly bytes: Uint8Array; readonly keyIds: readonly string[] }
  | { readonly op: "drop"; readonly keyIds: readonly string[] };

/** `keyIds`: made, given or taken. `bytes`: the MAC, or what is sealed; empty for nothing. */
export interface KeyringAnswer {
  readonly keyIds: readonly string[];
  readonly bytes: Uint8Array;
}

/** That one has a key, without showing it. */
export interface KeyProof {
  /** Its key id. */
  readonly under: string;
  /** 32 bytes. */
  readonly mac: Uint8Array;
}
