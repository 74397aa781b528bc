/** What a mesh tells its application, and the snapshots that it shows. */
import type { LinkEndReason, PeerId } from "@grapevine/protocol";
import type { ProfileFields } from "./profile.ts";

/**
 * `alone`: no link, and no seed knows of anybody else. `connected`: there are links. `cut-off`: there is no link, though
 * others are, or were, to be had; this peer goes on trying. `paused`: by `pause()`. `left`: for good.
 */
export type MeshState = "alone" | "connected" | "cut-off" | "paused" | "left";

/** A peer to whom a link stands, checked by its key. */
export interface Neighbor {
  readonly peer: PeerId;
  /** Smoothed round-trip time; undefined until it was measured. */
  readonly rttMs: number | undefined;
  /** When the link came to be, in milliseconds of this peer's clock. */
  readonly sinceMs: number;
  /** Assigned by the overlay, filling up after a loss, or from joining. */
  readonly purpose: "ring" | "filler" | "join";
  /** True when this peer made the call. */
  readonly outbound: boolean;
}

/** Another peer of the mesh, as far as this one knows; itself is not among the members it sees. */
export interface Member {
  readonly peer: PeerId;
  /** True while a link to it stands. */
  readonly neighbor: boolean;
  /** What it says of itself; `{}` as long as that is nothing, or has not come. The same object until it says something else. */
  readonly profile: ProfileFields;
}

/**
 * A key that signed two different statements where one is allowed: two rumors for one place of its log, two advertisements
 * of itself in one period, or one advertisement handed to two peers. The proof stands by itself and spreads; whoever holds the key is shut out for good.
 */
export interface Conviction {
  readonly peer: PeerId;
  readonly offence: "double-mint" | "double-transfer" | "fork";
  /** What was proved, in a sentence for people. */
  readonly explanation: string;
  /** What it signed, and what it signed instead. */
  readonly statements: readonly [Statement, Statement];
  /** True for this peer's own key, as after a restored backup or on a cloned machine: it takes a new one, see `rekeyed`. */
  readonly own: boolean;
}

/** One of two that cannot both be true. */
export interface Statement {
  /** In words, without its subject. */
  readonly says: string;
  /** Base58. */
  readonly signature: string;
  /** Of a rumor: what the ids of the messages in it begin with. */
  readonly rumor: string | undefined;
}

/** A key that counts no longer, by the root's or an admin's signed word. What rests on it counts no longer either. */
export interface RevokedKey {
  /** Of a peer, an invitation, an account. */
  readonly key: PeerId;
  /** Who revoked it, by the root's right or an admin's. */
  readonly by: PeerId;
  readonly role: "root" | "admin";
  /** When, by its own word, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Of how many logs something stands; of all others of the key nothing does. */
  readonly logs: number;
  /** In a sentence for people. */
  readonly explanation: string;
}

export interface Warning {
  /**
   * `insecure-context`: signatures are slow, for this page is not from https. `seed`: a seed misbehaves, or refuses us.
   * `link`: connections cannot be made. `identity`: the key cannot be kept. `store-failed`: history cannot be kept, and
   * stays in memory, or some of it was damaged. `responder`: one of ours failed. `internal`.
   */
  readonly code: "insecure-context" | "seed" | "link" | "identity" | "store-failed" | "responder" | "internal";
  readonly message: string;
  readonly cause?: unknown;
}

/** One of the times that a mesh seals its topics under one key. */
export interface EpochInfo {
  /** Counts them, for people: two that were made apart may have the same. */
  readonly number: number;
  /** When it began, in mesh time. */
  readonly startMs: number;
  /** Who made the key and handed it out first. */
  readonly maker: PeerId;
  /** The first of all; the former one's time was over; somebody was removed; or a newcomer may not read what came before. */
  readonly reason: "first" | "schedule" | "removal" | "joining";
}

export interface MeshEvents {
  "neighbor-up": { readonly peer: PeerId };
  /** Its round-trip time was measured, or its link serves another purpose. */
  "neighbor-changed": { readonly peer: PeerId };
  "neighbor-down": { readonly peer: PeerId; readonly reason: LinkEndReason };
  "member-up": { readonly peer: PeerId };
  /** It says something else of itself. What a member says may come before it is known as one: then it comes with `member-up`. */
  "member-changed": { readonly peer: PeerId; readonly profile: ProfileFields; readonly previous: ProfileFields };
  /**
   * `left`: by its own signed word. `expired`: nobody has heard of it for some time. `convicted`: shut out for cheating.
   * `revoked`: by the root's or an admin's word.
   */
  "member-down": { readonly peer: PeerId; readonly reason: "left" | "expired" | "convicted" | "revoked" };
  /**
   * This peer, perhaps with a few others, has been hearing of fewer than an eighth of the peers that it heard of before,
   * though they did not say goodbye: it may be on an island. Links and seeds are tried on; told once for each time.
   */
  isolated: { readonly heard: number; readonly heardMost: number };
  /** A key is proved to have cheated the overlay. Every honest peer comes to the same verdict. */
  convicted: Conviction;
  /**
   * This peer's key was convicted (by another copy of it, if it is honest), and it goes on under a new one: `mesh.peerId` is
   * another, everything else as it was. Its account, if it has one, is untouched.
   */
  rekeyed: { readonly previous: PeerId; readonly peerId: PeerId };
  /**
   * A key was revoked, and with it `peers`, of those that this peer knows. `own`: this peer is one of them; nobody takes
   * what it writes any more, nor links to it.
   */
  revoked: RevokedKey & { readonly peers: readonly PeerId[]; readonly own: boolean };
  /** An admin was revoked, and what it had said of these peers counts no longer: they are members again. */
  reinstated: { readonly peers: readonly PeerId[] };
  /** Topics of this mesh are sealed under another key from now on. */
  epoch: EpochInfo;
  /** Sent to this peer alone, by `send`. */
  direct: { readonly from: PeerId; readonly data: unknown };
  state: { readonly state: MeshState; readonly previous: MeshState };
  seed: { readonly url: string; readonly state: "up" | "down" };
  /** Somebody came who is not who it should be, does not belong here, or stands in the middle; the link is gone. */
  "link-refused": { readonly peer: PeerId | undefined; readonly reason: LinkEndReason; readonly detail: string };
  /** A fault in the background. Nothing waits for it; it goes on without. */
  warning: Warning;
}
