/**
 * Everything that a peer can want done. The core decides, drivers do: an effect names a deed completely, and its
 * result, where there is one, comes back as an input that carries the same link or ref.
 */
import type { RotationReason } from "./wire/epoch-codec.ts";
import type {
  Channel,
  Credential,
  Evidence,
  Fork,
  KeyringAsk,
  LinkId,
  PeerId,
  Range,
  Ref,
  Revocation,
  Rumor,
  Stream,
} from "./types.ts";

/**
 * Classes of traffic with budgets of their own, so that flooding one cannot starve another. Urgent is the best-effort
 * first phase of a rumor's spreading, over the unreliable channel: it arrives soon or not at all.
 */
export type TrafficClass = "control" | "urgent" | "fresh" | "repair" | "bulk";

export type Effect =
  /** Queue one frame on a link that is up. All frames for one link of one `handle` call should leave in one message. */
  | {
      readonly kind: "send";
      readonly link: LinkId;
      readonly channel: Channel;
      readonly traffic: TrafficClass;
      readonly bytes: Uint8Array;
    }
  /**
   * Begin a link. With role "offer" the engine answers with `localSignal`; with "answer" it is given the remote offer
   * here and answers with `localSignal`. Ends in `linkUp` or `linkDown`; the driver bounds the time that takes.
   */
  | {
      readonly kind: "connect";
      readonly link: LinkId;
      readonly role: "offer" | "answer";
      readonly signal: Uint8Array | undefined;
    }
  /** Hand the remote answer to a link begun with role "offer". */
  | { readonly kind: "remoteSignal"; readonly link: LinkId; readonly signal: Uint8Array }
  /** Flush what is queued and close. The driver answers with `linkDown`. */
  | { readonly kind: "hangUp"; readonly link: LinkId; readonly reason: string }
  /** Sign with the identity key. */
  | { readonly kind: "sign"; readonly ref: Ref; readonly bytes: Uint8Array }
  /** Check a signature, and, when `ticket` is given, also that it admits `author` to this mesh. One verdict for both. */
  | {
      readonly kind: "verify";
      readonly ref: Ref;
      readonly author: PeerId;
      readonly bytes: Uint8Array;
      readonly signature: Uint8Array;
      readonly ticket: Uint8Array | undefined;
    }
  /** Seal for the holder of an X25519 key, under the own key of this incarnation. */
  | { readonly kind: "seal"; readonly ref: Ref; readonly to: Uint8Array; readonly bytes: Uint8Array }
  | { readonly kind: "open"; readonly ref: Ref; readonly bytes: Uint8Array }
  /** Show this card (a credential, to be sealed to the mesh key) at every seed, now and after each reconnection. */
  | { readonly kind: "seedAnnounce"; readonly card: Uint8Array }
  | { readonly kind: "seedAsk"; readonly seed: number; readonly count: number }
  | { readonly kind: "seedSend"; readonly seed: number; readonly seat: string; readonly bytes: Uint8Array }
  /** A rumor for the subscribers of its topic, in its author's order. The driver opens it. */
  | {
      readonly kind: "deliver";
      readonly rumor: Rumor;
      readonly id: Uint8Array;
      readonly stream: Stream;
      readonly hops: number;
    }
  /** Ask the validators of this rumor's topic; answered by `validated`. Only for topics that were said to have some. */
  | {
      readonly kind: "validate";
      readonly ref: Ref;
      readonly rumor: Rumor;
      readonly id: Uint8Array;
      readonly hops: number;
    }
  /** Rumors of one log that could not be had in the stated time; delivery goes on behind them. */
  | {
      readonly kind: "gap";
      readonly author: PeerId;
      readonly incarnation: number;
      readonly topic: string;
      readonly range: Range;
    }
  /** Keep this rumor durably, or forget those of a log that lie below `below`. */
  | { readonly kind: "persist"; readonly rumor: Rumor; readonly id: Uint8Array; readonly hops: number }
  | {
      readonly kind: "forget";
      readonly author: PeerId;
      readonly incarnation: number;
      readonly topic: string;
      readonly below: number;
    }
  /**
   * Forget those from `from` on: a slot of the log is contested, or its author was revoked. Should that be forgotten, or
   * taken back, they come again by `persist`.
   */
  | {
      readonly kind: "withdraw";
      readonly author: PeerId;
      readonly incarnation: number;
      readonly topic: string;
      readonly from: number;
    }
  /** Something else stands under a key of a map than before; nothing, when there is no rumor. */
  | {
      readonly kind: "entry";
      readonly map: string;
      /** The tag of the key, 64 hex digits. */
      readonly key: string;
      readonly rumor: Rumor | undefined;
      readonly id: Uint8Array | undefined;
    }
  /** This peer says something else of itself than before; nothing, when there is no rumor. */
  | { readonly kind: "profile"; readonly peer: PeerId; readonly rumor: Rumor | undefined }
  /** Keep this entry durably, or forget it. */
  | { readonly kind: "persistEntry"; readonly rumor: Rumor; readonly id: Uint8Array; readonly hops: number }
  | { readonly kind: "forgetEntry"; readonly rumor: Rumor }
  /** Keep the proof that a slot is contested. */
  | { readonly kind: "persistFork"; readonly fork: Fork }
  /** Keep what admits an author; a later one of the same peer takes its place. */
  | { readonly kind: "persistCredential"; readonly credential: Credential }
  /** Keep what a key was convicted by. */
  | { readonly kind: "persistEvidence"; readonly evidence: Evidence }
  /** Keep who was revoked. */
  | { readonly kind: "persistRevocation"; readonly name: string; readonly revocation: Revocation }
  /** One that counts no longer. */
  | { readonly kind: "forgetRevocation"; readonly name: string }
  /** Remember the last slot in which a descriptor was minted, beside the identity. */
  | { readonly kind: "persistSlot"; readonly slot: number }
  /** Keep the key of an epoch, sealed for the own disk; or keep some no longer. */
  | { readonly kind: "persistKey"; readonly keyId: string; readonly sealed?: Uint8Array | undefined }
  | { readonly kind: "forgetKeys"; readonly keyIds: readonly string[] }
  /** Something to do with the keys of epochs, which the core never sees; answered by `keyring`. */
  | { readonly kind: "keyring"; readonly ref: Ref; readonly ask: KeyringAsk }
  | { readonly kind: "emit"; readonly event: PeerEvent };

export type LinkEndReason =
  | "goodbye"
  | "timeout"
  | "silent"
  | "refused"
  | "wrong-mesh"
  | "wrong-version"
  | "handshake-failed"
  | "not-admitted"
  | "misbehaved"
  | "duplicate"
  | "self"
  | "replaced"
  | "convicted"
  /** Its score fell so low that the link was ended, and that it will not be linked to for a time. */
  | "graylisted"
  | "revoked"
  | "paused"
  | "left"
  | "lost";

/** What the core tells its application. A closed union; the mesh package turns it into its own events. */
export type PeerEvent =
  | { readonly type: "started" }
  | { readonly type: "neighbor-up"; readonly peer: PeerId; readonly link: LinkId; readonly purpose: Purpose }
  | { readonly type: "neighbor-down"; readonly peer: PeerId; readonly link: LinkId; readonly reason: LinkEndReason }
  /** Round-trip time or clock offset of a neighbor was measured anew. */
  | { readonly type: "neighbor-changed"; readonly peer: PeerId; readonly link: LinkId }
  | { readonly type: "member-up"; readonly peer: PeerId }
  /** It was started anew. */
  | { readonly type: "member-changed"; readonly peer: PeerId }
  | {
      readonly type: "member-down";
      readonly peer: PeerId;
      readonly reason: "left" | "expired" | "convicted" | "revoked";
    }
  /** A key is proved to have signed twice for one slot; who holds it is shut out. It may be our own. */
  | { readonly type: "convicted"; readonly peer: PeerId; readonly evidence: Evidence }
  /**
   * A key counts no longer, and `peers`, of those that are known, rest on it and on nothing else: they are shut out, and
   * what they wrote beyond the named heads is withdrawn. Our own key may be among them.
   */
  | { readonly type: "revoked"; readonly revocation: Revocation; readonly peers: readonly PeerId[] }
  /** The root revoked an admin, and with it what that admin had said of these peers: they count again. */
  | { readonly type: "reinstated"; readonly peers: readonly PeerId[] }
  /** Answers `revoke`: signed and told; or refused. */
  | {
      readonly type: "revocation-made";
      readonly ref: Ref;
      readonly revocation: Revocation;
      /** Logs for which there was no room in it: nothing of them stands. */
      readonly unnamed: number;
    }
  | { readonly type: "revocation-refused"; readonly ref: Ref; readonly reason: RevokeRefusal }
  /** A neighbor says, upon hearing of some, whether it knows the very revocations that we do. */
  | { readonly type: "revocations-held"; readonly peer: PeerId; readonly same: boolean }
  /** What is written from now on is sealed under this epoch's key. */
  | {
      readonly type: "epoch";
      readonly number: number;
      readonly keyId: string;
      readonly startMs: number;
      readonly maker: PeerId;
      readonly reason: RotationReason;
    }
  /** This peer, perhaps with a few others, hears of far fewer peers than it did, though nobody said goodbye. */
  | { readonly type: "isolated"; readonly heard: number; readonly heardMost: number }
  /** The seed says that nobody else is there, and there is no link. */
  | { readonly type: "alone" }
  /** A link's handshake failed: whoever stands there is not who it should be, or is not admitted. */
  | {
      readonly type: "link-refused";
      readonly peer: PeerId | undefined;
      readonly reason: LinkEndReason;
      readonly detail: string;
    }
  /** What this neighbor and we hold of maps was compared, and is the same. */
  | { readonly type: "maps-equal"; readonly peer: PeerId }
  | { readonly type: "published"; readonly ref: Ref; readonly id: Uint8Array; readonly seq: number }
  /** What this peer publishes begins to outrun most of the links that carry it, or does no longer. */
  | { readonly type: "pressure"; readonly saturated: boolean }
  /**
   * How far catching up has come: of each topic in which something was missing, rumors held, the bytes of their bodies, and how
   * many more neighbors say they have. `complete`: what is held was found to be the same as a neighbor's, so that topics of
   * which nothing is said here are complete as well. Then `missing` may rise again, with what is written while links are down.
   */
  | {
      readonly type: "history";
      readonly topics: readonly {
        readonly topic: string;
        readonly rumors: number;
        readonly bytes: number;
        readonly missing: number;
      }[];
      readonly complete: boolean;
    }
  | { readonly type: "direct"; readonly from: PeerId; readonly data: Uint8Array }
  | { readonly type: "sent"; readonly ref: Ref }
  | { readonly type: "unsent"; readonly ref: Ref; readonly reason: "unreachable" | "timeout" | "left" }
  /** A peer sent what no honest one sends. Counted and bounded; the link may end. */
  | { readonly type: "misbehavior"; readonly link: LinkId; readonly peer: PeerId | undefined; readonly what: string };

/** `"root-key"`: nobody revokes the root. `"admin"`: its key is an admin's, whom the root alone revokes. `"full"`: a bound. */
export type RevokeRefusal = "no-right" | "root-key" | "admin" | "full";

/** Why a link exists: an assigned call on a ring, a filler after a loss, a join, or a routed check. */
export type Purpose = "ring" | "filler" | "join";
