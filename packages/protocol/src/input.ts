/**
 * Everything that can happen to a peer. A driver turns the world's events into these, hands them in one at a time with
 * its clock, and carries out the effects that come back. No input makes the core throw.
 */
import type { Config } from "./config.ts";
import type { Restored } from "./runs/storage.ts";
import type { Channel, KeyringAnswer, LinkId, PeerId, Ref, Standing, Validation } from "./types.ts";

export type Input =
  /** What earlier runs kept, in as many parts as there are, before `start`. Trusted: the driver's store proves it whole. */
  | { readonly kind: "restored"; readonly restored: Restored }
  /**
   * This peer has another key from now on: its own was convicted, or is known to others. What it heard stays, and what it
   * wrote under the old key stays another's; what it has not signed yet, or what a fork withdrew, it writes anew.
   */
  | {
      readonly kind: "rekey";
      readonly self: PeerId;
      readonly change: Pick<Config, "incarnation" | "boxKey" | "ticket" | "lastMintSlot" | "standing">;
    }
  /** The rooms that may come later have come, and `Parts` has them now. */
  | { readonly kind: "later" }
  /** First input of all but `restored`: the peer signs its credential and its departure, and starts its rounds. */
  | { readonly kind: "start" }
  /** The time named by `deadlineMs` has come. Early ones are no-ops. */
  | { readonly kind: "deadline" }
  /** Both channels of a link are open. `binding` is what the handshake signs: 32-byte DTLS fingerprints, ours and theirs. */
  | { readonly kind: "linkUp"; readonly link: LinkId; readonly local: Uint8Array; readonly remote: Uint8Array }
  /** A link ended or never came to be. Also follows `hangUp`. */
  | { readonly kind: "linkDown"; readonly link: LinkId; readonly reason: string }
  /** One frame, exactly as the other side's `send` effect had it. Untrusted. */
  | { readonly kind: "received"; readonly link: LinkId; readonly channel: Channel; readonly bytes: Uint8Array }
  /** The link's data queue passed its high-water mark (false) or fell below its low one (true). */
  | { readonly kind: "writable"; readonly link: LinkId; readonly writable: boolean }
  /** The engine made its offer or answer for a link begun by `connect`. */
  | { readonly kind: "localSignal"; readonly link: LinkId; readonly signal: Uint8Array }
  | { readonly kind: "signed"; readonly ref: Ref; readonly signature: Uint8Array }
  /** `standing`: what a ticket says, where one was to be checked; without it its author is a member like any other. */
  | { readonly kind: "verified"; readonly ref: Ref; readonly ok: boolean; readonly standing?: Standing | undefined }
  /** The validators' answer; one that comes late, or twice, counts for nothing. */
  | { readonly kind: "validated"; readonly ref: Ref; readonly verdict: Validation }
  | { readonly kind: "sealed"; readonly ref: Ref; readonly bytes: Uint8Array }
  /** `bytes` is undefined when the seal did not open. `from` is the X25519 key that sealed it. */
  | { readonly kind: "opened"; readonly ref: Ref; readonly from: Uint8Array; readonly bytes: Uint8Array | undefined }
  | { readonly kind: "keyring"; readonly ref: Ref; readonly answer: KeyringAnswer }
  /** A seed's socket opened; nothing is known of its room yet. */
  | { readonly kind: "seedUp"; readonly seed: number }
  | { readonly kind: "seedDown"; readonly seed: number }
  /** The seed's answer to `seedAsk`, and its first words: some seats with opened, still untrusted cards. `others` counts the room without us. */
  | {
      readonly kind: "seedPeers";
      readonly seed: number;
      readonly others: number;
      readonly peers: readonly { readonly seat: string; readonly card: Uint8Array }[];
    }
  | { readonly kind: "seedReceived"; readonly seed: number; readonly seat: string; readonly bytes: Uint8Array }
  /** A signal found nobody in that seat. */
  | { readonly kind: "seedGone"; readonly seed: number; readonly seat: string }
  | Command;

/** What the application asks of its own peer. */
export type Command =
  /**
   * Append one rumor to the own log of `topic`. `body` is already encoded, and sealed under the key that `keyId` names.
   * Answered by the event `published` with the rumor's id.
   */
  | {
      readonly kind: "publish";
      readonly ref: Ref;
      readonly topic: string;
      readonly keyId: Uint8Array;
      readonly body: Uint8Array;
      readonly retention: Retention;
      /** One of many that come together, and may give way to others on links. Default false. */
      readonly bulk?: boolean;
    }
  /**
   * Write one entry of a replicated map. `key` is the tag of its key, 64 hex digits; `body` is encoded and sealed as that of
   * `publish`, and answered alike. `lifeMs`: how long it stands; 0 for until another takes its place.
   */
  | {
      readonly kind: "write";
      readonly ref: Ref;
      readonly map: string;
      readonly key: string;
      readonly keyId: Uint8Array;
      readonly body: Uint8Array;
      readonly lifeMs: number;
    }
  /**
   * Say something of this peer to all members, in place of what it said before; `body` is encoded and sealed as that of `publish`, and
   * answered alike, once for what was said in one second. It is renewed as long as this peer runs.
   */
  | { readonly kind: "profile"; readonly ref: Ref; readonly keyId: Uint8Array; readonly body: Uint8Array }
  /**
   * Deliver the rumors of a topic from now on; without it they are stored and forwarded, but no `deliver` effect is made.
   * `keyId`: its bodies are sealed under the mesh's epochs, or under that key before there are any, and wait for their keys.
   */
  | { readonly kind: "subscribe"; readonly topic: string; readonly keyId?: Uint8Array | undefined }
  | { readonly kind: "unsubscribe"; readonly topic: string }
  /** From now on the rumors of others in this topic are shown to validators before they count, or no longer. */
  | { readonly kind: "validate"; readonly topic: string; readonly on: boolean }
  /** Seal `data` for a peer and bring it there. Answered by the event `sent` or `unsent`. */
  | {
      readonly kind: "send";
      readonly ref: Ref;
      readonly to: PeerId;
      readonly data: Uint8Array;
      readonly timeoutMs: number;
    }
  /**
   * Sign that a key counts no longer, and tell everybody. `keep`: which of what its peers wrote stands; all that is held
   * here, nothing, or of each log what comes before the first rumor with such a stamp.
   * Answered by the event `revocation-made` or `revocation-refused`.
   */
  | { readonly kind: "revoke"; readonly ref: Ref; readonly key: PeerId; readonly keep: Keep }
  /** Hang up every link and make none, until `resume`. State is kept. */
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** Say goodbye everywhere, in the effects of this very call, and stop for good. */
  | { readonly kind: "leave" };

/** `beforeMs`: milliseconds of mesh time. */
export type Keep = "all" | "none" | { readonly beforeMs: number };

/** What the author of a log keeps of it; stated in its headers, so that every peer prunes alike. */
export interface Retention {
  /** Rumors kept, counted back from the newest. */
  readonly countMax: number;
  /** Body bytes kept, counted back from the newest. */
  readonly bytesMax: number;
  /** Age at which a rumor expires; 0 for never. */
  readonly ageMs: number;
}
