/**
 * The frames of version 1: what two neighbors say to each other over an authenticated link. Each is one length-prefixed
 * record; a receiver skips and counts kinds that it does not know, so that a later version can add some. The grammar is
 * in PROTOCOL.md.
 */
import type {
  Credential,
  Descriptor,
  Evidence,
  Header,
  KeyProof,
  LogId,
  PeerId,
  Range,
  Revocation,
  Rumor,
} from "../types.ts";
import type { Purpose } from "../effect.ts";
import type { Span } from "../repair/reconcile/range-reconciler.ts";
import type { CodedSymbols } from "../repair/reconcile/coded-symbols.ts";

export const PROTOCOL_VERSION = 1;

/** First frame on a link, from both sides. */
export interface HelloFrame {
  readonly kind: "hello";
  readonly versionMin: number;
  readonly versionMax: number;
  /** Bit set of optional features; both sides use the intersection. None is defined in version 1. */
  readonly capabilities: number;
  readonly meshId: Uint8Array;
  readonly nonce: Uint8Array;
  /** Fingerprint of the revocations that the sender knows, 8 bytes; zeros for none. */
  readonly revocations: Uint8Array;
  readonly credential: Credential;
}

/** Second and last frame of the handshake: a signature over `handshakeBytes(...)`. */
export interface AuthFrame {
  readonly kind: "auth";
  readonly signature: Uint8Array;
}

/** Why a link ends, as the other side is told; numbered on the wire in this order. */
export const BYE_REASONS = [
  "goodbye",
  "refused",
  "wrong-mesh",
  "wrong-version",
  "handshake-failed",
  "timeout",
  "not-admitted",
  "misbehaved",
  "duplicate",
  "self",
  "replaced",
  "paused",
  "left",
  "convicted",
  "revoked",
] as const;

export type ByeReason = (typeof BYE_REASONS)[number];

export interface ByeFrame {
  readonly kind: "bye";
  readonly reason: ByeReason;
}

/** A peer's own signed word that this incarnation is over. Flooded once. */
export interface DepartureFrame {
  readonly kind: "departure";
  readonly peer: PeerId;
  readonly incarnation: number;
  readonly signature: Uint8Array;
}

export interface PingFrame {
  readonly kind: "ping";
  readonly nonce: number;
}

export interface PongFrame {
  readonly kind: "pong";
  readonly nonce: number;
  /** The answerer's own clock, milliseconds; the asker takes the median over its neighbors. */
  readonly timeMs: number;
}

/** Ask a neighbor for peers it knows: some its own neighbors, or of those nearest to our place on a ring. */
export interface PeersWantFrame {
  readonly kind: "peersWant";
  readonly of: "neighbors" | "ring";
  readonly ring: number;
  readonly epoch: number;
}

/**
 * A copy of a descriptor, without its chain: proof that its creator minted it, and a hint at how far the creator is
 * (the length of the chain, and one for each copy since). Nothing is owned by it.
 */
export interface Sample {
  readonly descriptor: Descriptor;
  readonly chain: number;
}

/** Neighbors are introduced by their credentials, peers known from shuffles by samples. */
export interface PeersHaveFrame {
  readonly kind: "peersHave";
  readonly credentials: readonly Credential[];
  readonly samples: readonly Sample[];
}

/** Cyclon's shuffle; every descriptor in it carries a transfer to the receiver. */
export interface ShuffleFrame {
  readonly kind: "shuffle";
  readonly id: number;
  readonly descriptors: readonly Descriptor[];
}

export interface ShuffleReplyFrame {
  readonly kind: "shuffleReply";
  readonly id: number;
  readonly descriptors: readonly Descriptor[];
}

/** A sealed envelope on its way to `to`. Forwarded only to a fresher slot, or the same slot with a shorter chain (AODV). */
export interface RouteFrame {
  readonly kind: "route";
  /** 8 random bytes as 16 hex digits. Names the circuit that this frame lays. */
  readonly circuit: string;
  readonly to: PeerId;
  /** Freshness of the forwarder's descriptor of `to`; the next hop must know better. */
  readonly slot: number;
  readonly chain: number;
  /** Hops left. */
  readonly hops: number;
  readonly sealed: Uint8Array;
}

/** More sealed bytes along a circuit, in the direction in which they travel. */
export interface CircuitFrame {
  readonly kind: "circuit";
  readonly circuit: string;
  readonly sealed: Uint8Array;
}

/** The circuit ends here: no way on, or the way is broken. */
export interface RouteEndFrame {
  readonly kind: "routeEnd";
  readonly circuit: string;
}

export interface RumorFrame {
  readonly kind: "rumor";
  /** Links crossed so far, the receiver's included. A hint: it is not signed. */
  readonly hops: number;
  /** True when it answers a `want`: then it is not passed on eagerly unless young. */
  readonly repair: boolean;
  readonly rumor: Rumor;
}

/** What a rumor of a segment says beside its log, its number and the one before it. */
export type SegmentEntry = Pick<Header, "kind" | "low" | "timeMs" | "counter" | "expiryMs" | "keyId"> &
  Pick<Rumor, "body" | "signature">;

/**
 * Rumors of one log in a row, each naming the one before it, as the answer to a `want`. The names do not travel, for they
 * follow from what does: a segment in which the chain is broken cannot be said.
 */
export interface SegmentFrame {
  readonly kind: "segment";
  /** As in a rumor frame, for all of them. */
  readonly hops: number;
  readonly log: LogId;
  /** Number of the first, and what it names. */
  readonly first: number;
  readonly prev: Uint8Array;
  /** At least one. */
  readonly entries: readonly SegmentEntry[];
}

/** One rumor, named by the first 8 bytes of its id as 16 hex digits: enough to tell apart what was spread lately. */
export interface Announced {
  readonly id: string;
  /** Links that the payload would have crossed, the receiver's included, had it been sent. A hint. */
  readonly hops: number;
}

/** Plumtree's lazy push: these rumors are here, and are sent to whoever grafts them. */
export interface IHaveFrame {
  readonly kind: "iHave";
  readonly rumors: readonly Announced[];
}

/** Makes the link eager for the authors of these rumors, and asks for the rumors themselves when `wanted`. */
export interface GraftFrame {
  readonly kind: "graft";
  readonly wanted: boolean;
  readonly ids: readonly string[];
}

/** Rumors of these authors come another way before: the link becomes lazy for them. */
export interface PruneFrame {
  readonly kind: "prune";
  readonly sources: readonly PeerId[];
}

/** A rumor that is hot at the sender, and its counter there. */
export interface HotRumor {
  /** 16 hex digits: the first 8 bytes of the rumor's id. */
  readonly id: string;
  readonly counter: number;
}

/** Rumor mongering: a contact. These rumors are hot here; whoever lacks one answers so, and is sent it. */
export interface TellFrame {
  readonly kind: "tell";
  /** The receiver is to tell what is hot there: a pull. */
  readonly asks: boolean;
  readonly rumors: readonly HotRumor[];
}

/** Where a peer stands with a rumor: its counter where it is infective, at most `counterMax`, or one of these. */
export const STANDING = {
  counterMax: 252,
  /** Susceptible, and waiting for the payload from you. */
  wants: 253,
  /** Susceptible, and waiting for the payload from somebody else. */
  awaits: 254,
  /** It has it, and tells of it no more. */
  removed: 255,
} as const;

export interface Told {
  readonly id: string;
  readonly standing: number;
}

/** Answers a tell, rumor by rumor; or refuses the call, for too many came in this cycle. */
export interface ToldFrame {
  readonly kind: "told";
  readonly refused: boolean;
  readonly answers: readonly Told[];
}

/** What strategies of spreading say to each other beside rumors. */
export type SpreadingFrame = IHaveFrame | GraftFrame | PruneFrame | TellFrame | ToldFrame;

/** Opens a repair round: one salted fingerprint of what the sender holds. */
export interface DigestFrame {
  readonly kind: "digest";
  /** Names the round, and salts it. */
  readonly round: number;
  /**
   * Rumors stamped at this mesh time or later are left out, for they may still be on their way: a mesh that talks all
   * the time would otherwise differ in every round. 0 leaves out none.
   */
  readonly beforeMs: number;
  /** How many logs the sender offers anything of. A hint at the cheapest way to go on. */
  readonly logs: number;
  /** 8 bytes. */
  readonly fingerprint: Uint8Array;
}

/** A log by its 48-bit name under the round's salt, among those who both hold it; else in full. */
export type LogName = number | LogId;

export interface LogHave {
  readonly log: LogName;
  readonly low: number;
  readonly ranges: readonly Range[];
}

/** Names of logs in one of 2^bits equal parts, by their first bits. */
export interface Buckets {
  readonly bits: number;
  readonly buckets: readonly number[];
}

/** Of which of the receiver's logs a `have` wants to hear what the sender lacks of them. */
export type Covers =
  | { readonly kind: "none" | "all" }
  | ({ readonly kind: "buckets" } & Buckets)
  /** Logs of these versions: high word, low word, and so on. */
  | { readonly kind: "versions"; readonly versions: Uint32Array };

/** Logs of which two peers hold something different, as far as the sender knows; named ones first. */
export interface HaveFrame {
  readonly kind: "have";
  readonly round: number;
  readonly covers: Covers;
  readonly logs: readonly LogHave[];
}

/** How two peers that differ find out in which logs: see `repair/comparing.ts`. */
export type ReconcilePart =
  /** Fingerprints of 24 bits of the logs in each of these buckets, cut into 2^bits parts each. `size`: logs in all. */
  | {
      readonly step: "prints";
      readonly size: number;
      readonly within: Buckets;
      readonly bits: number;
      readonly prints: Uint32Array;
    }
  /** The first coded symbols of the versions of all logs. */
  | { readonly step: "symbols"; readonly symbols: CodedSymbols }
  /** Names that mean nothing to the sender: it asks for them in full. */
  | { readonly step: "names"; readonly names: readonly number[] };

export interface ReconcileFrame {
  readonly kind: "reconcile";
  readonly round: number;
  readonly part: ReconcilePart;
}

/** Asks for rumors. `round`: a late one of this link, under which logs are named. */
export interface WantFrame {
  readonly kind: "want";
  readonly round: number;
  readonly wants: readonly { readonly log: LogName; readonly ranges: readonly Range[] }[];
}

/**
 * Compares the entries of all maps. The one that opens a round is one span over everything: the fingerprint of what the
 * sender holds, salted by the round. Equal there, it is answered with no spans at all; else with those of a reconciliation
 * (`repair/reconcile/`) in which the round is the salt and stamps are the order.
 */
export interface MapDigestFrame {
  readonly kind: "mapDigest";
  /** 32 random bits. */
  readonly round: number;
  readonly spans: readonly Span[];
}

/** Entries that the sender lacks: their short ids in that round, high word, low word, and so on. */
export interface MapWantFrame {
  readonly kind: "mapWant";
  readonly round: number;
  readonly ids: Uint32Array;
}

/** What two neighbors say to each other about maps, beside the rumors. */
export type MapFrame = MapDigestFrame | MapWantFrame;

/** A version that its sender holds of somebody's profile. */
export interface NamedVersion {
  /** 48 bits: its author, under the round's salt. */
  readonly name: number;
  readonly incarnation: number;
  readonly seq: number;
  /** The first four bytes of its id: two of one version are evidence. */
  readonly print: number;
}

/**
 * Compares the profiles that two neighbors hold, as Scuttlebutt does. Names lie in 2^`bits` equal parts, 32 at most. The frame that
 * opens a round has a salted sum for each; the answer to it, if some differ, the versions of all that its sender holds in
 * these parts (a set of bits, the lowest for the first part), by name.
 */
export interface ProfileDigestFrame {
  readonly kind: "profileDigest";
  /** 32 random bits. */
  readonly round: number;
  readonly bits: number;
  readonly says:
    | { readonly kind: "prints"; readonly prints: Uint32Array }
    | { readonly kind: "versions"; readonly parts: number; readonly versions: readonly NamedVersion[] };
}

/** Profiles of which the receiver has a later version: their names in that round, ascending. */
export interface ProfileWantFrame {
  readonly kind: "profileWant";
  readonly round: number;
  readonly names: readonly number[];
}

/** What two neighbors say to each other about profiles, beside the rumors. */
export type ProfileFrame = ProfileDigestFrame | ProfileWantFrame;

/** What two neighbors say to each other about rumors. */
export type GossipFrame =
  | RumorFrame
  | SegmentFrame
  | DigestFrame
  | ReconcileFrame
  | HaveFrame
  | WantFrame
  | SpreadingFrame;

/** Ask for the credentials of authors seen for the first time. */
export interface CredentialsWantFrame {
  readonly kind: "credentialsWant";
  readonly peers: readonly PeerId[];
}

export interface CredentialsHaveFrame {
  readonly kind: "credentialsHave";
  readonly credentials: readonly Credential[];
}

/** An accusation that proves itself. Passed on once, by everyone whom it convinced. */
export interface EvidenceFrame {
  readonly kind: "evidence";
  readonly evidence: Evidence;
}

/** Revocations, each of which verifies by itself. Passed on once, by everyone who had not heard of it. */
export interface RevocationsFrame {
  readonly kind: "revocations";
  /** Fingerprint of all that the sender knows, these among them: an answer without a list says that they have come. */
  readonly held: Uint8Array;
  readonly list: readonly Revocation[];
}

/** Ask a neighbor for keys of epochs; with a proof that one was there before, for those that came since. */
export interface KeyWantFrame {
  readonly kind: "keyWant";
  readonly proof: KeyProof | undefined;
  readonly keyIds: readonly string[];
}

/** The answer: keys, sealed for the asker's incarnation; nothing when it has none to give. */
export interface KeyGiveFrame {
  readonly kind: "keyGive";
  readonly sealed: Uint8Array;
}

export type Frame =
  | HelloFrame
  | AuthFrame
  | ByeFrame
  | DepartureFrame
  | PingFrame
  | PongFrame
  | PeersWantFrame
  | PeersHaveFrame
  | ShuffleFrame
  | ShuffleReplyFrame
  | RouteFrame
  | CircuitFrame
  | RouteEndFrame
  | CredentialsWantFrame
  | CredentialsHaveFrame
  | EvidenceFrame
  | MapFrame
  | ProfileFrame
  | RevocationsFrame
  | KeyWantFrame
  | KeyGiveFrame
  | GossipFrame;

/** What a sealed envelope holds once opened; its sender is vouched for by the credential inside and the key that sealed it. */
export interface Envelope {
  readonly sender: Credential;
  readonly body: EnvelopeBody;
}

export type RefuseReason = "full" | "not-assigned" | "busy" | "already-linked" | "left";

export type EnvelopeBody =
  /** "Please offer": sent by the higher id, for the lower one initiates. */
  | {
      readonly type: "request";
      readonly call: string;
      readonly purpose: Purpose;
      readonly ring: number;
      readonly epoch: number;
    }
  | {
      readonly type: "offer";
      readonly call: string;
      readonly purpose: Purpose;
      readonly ring: number;
      readonly epoch: number;
      readonly signal: Uint8Array;
    }
  | { readonly type: "answer"; readonly call: string; readonly signal: Uint8Array }
  | { readonly type: "refuse"; readonly call: string; readonly reason: RefuseReason }
  | { readonly type: "message"; readonly id: string; readonly data: Uint8Array }
  | { readonly type: "ack"; readonly id: string }
  /** A frame of a repair round between peers that are no neighbors. */
  | { readonly type: "gossip"; readonly id: string; readonly frame: Uint8Array }
  /** Answers a call: nobody takes it, for these say that what admits it counts no longer. */
  | { readonly type: "revoked"; readonly call: string; readonly list: readonly Revocation[] }
  /** The same, for it is convicted by this. */
  | { readonly type: "convicted"; readonly call: string; readonly evidence: Evidence };
