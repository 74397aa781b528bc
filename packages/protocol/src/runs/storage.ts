/**
 * What outlives a run of a peer, and what keeps it: the other end of the `persist` effects. The core knows the effects
 * and the input `restored` alone; drivers hold a `Store`, of which `@grapevine/store` has durable ones.
 */
import type { Effect } from "../effect.ts";
import type { Credential, Evidence, Fork, Hash, LogId, PeerId, Revocation, Rumor, Standing } from "../types.ts";

/** Effects that a store carries out. */
export type StoreEffect = Extract<
  Effect,
  {
    readonly kind:
      | "persist"
      | "forget"
      | "withdraw"
      | "persistEntry"
      | "forgetEntry"
      | "persistFork"
      | "persistCredential"
      | "persistEvidence"
      | "persistRevocation"
      | "forgetRevocation"
      | "persistKey"
      | "forgetKeys"
      | "persistSlot";
  }
>;

/** Where a rumor stood in the full order of its topic, in the run of this peer that delivered it. */
export interface Delivered {
  readonly incarnation: number;
  /** From 1, in each topic and run. */
  readonly position: number;
}

export interface KeptRumor {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
}

/** A part of what earlier runs kept. All of it was verified by them, and is as they left it: a store proves that. */
export interface Restored {
  readonly credentials: readonly Credential[];
  /** What the tickets of `credentials` say, each at its place: read anew by the driver, in a mesh with certificates. */
  readonly standings?: readonly Standing[];
  readonly rumors: readonly KeptRumor[];
  /** Entries of maps, ended ones among them, in any order. */
  readonly entries?: readonly KeptRumor[];
  readonly forks: readonly Fork[];
  readonly evidence: readonly Evidence[];
  readonly revocations?: readonly Revocation[];
  /** What admits whoever made `revocations`, each at its place: read anew by the driver, like `standings`. */
  readonly revokers?: readonly Standing[];
  /** Keys of epochs: as the driver left them with the store; for the core their ids alone. */
  readonly keys?: readonly { readonly keyId: string; readonly sealed?: Uint8Array | undefined }[];
}

/** What earlier runs under this very key reached. */
export interface StoredFacts {
  /** 0 for none. This run's must be greater. */
  readonly lastIncarnation: number;
  /** -1 for none. */
  readonly lastMintSlot: number;
  /** The last neighbors, as `remember` left them: `Config.anchors` of the next run. */
  readonly peers: readonly PeerId[];
}

export interface StoreStats {
  /** Rumors kept, and their bytes with keys and checksums. */
  readonly rumors: number;
  readonly bytes: number;
  /** Operations that wait to be written. */
  readonly waiting: number;
  /** Groups of them that were written at once, each made durable once. */
  readonly commits: number;
  /** Records that were damaged and set aside. */
  readonly damaged: number;
  /** Rumors dropped to stay within the quota. */
  readonly evicted: number;
  /** False while it cannot write, and what is new stays in memory. */
  readonly writing: boolean;
}

/**
 * What one peer keeps of one mesh. Nothing here throws or rejects but `saveIncarnation`: a store that cannot write warns
 * and lets the mesh go on.
 */
export interface Store {
  readonly facts: StoredFacts;
  /** Everything kept, in parts of bounded size; to be read once, before anything is written. */
  load(): AsyncIterable<Restored>;
  /** Where a rumor that was loaded stood, if this very peer delivered it. */
  placeOf(rumor: Rumor): Delivered | undefined;
  write(effect: StoreEffect): void;
  /** Remember where a rumor stands in the order of its topic. */
  place(log: LogId, seq: number, at: Delivered): void;
  /** Resolves once all that was written before this call is durable, or, after a warning, cannot be made so. */
  settled(): Promise<void>;
  /** Resolves once it is durable. Rejects when it cannot be: a run must not begin without it. */
  saveIncarnation(incarnation: number): Promise<void>;
  /** Replaces the list. */
  remember(peers: readonly PeerId[]): void;
  stats(): StoreStats;
  /** Writes what waits and lets go. */
  close(): Promise<void>;
}

/** Whose store is opened. */
export interface StoreOwner {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  readonly hash: Hash;
  /** The wall clock; what has expired by it is not loaded. */
  readonly nowMs: () => number;
  /** Something was damaged, or cannot be written; the store goes on. */
  readonly onWarning: (message: string, cause?: unknown) => void;
}

/** A place where stores are: what `join({ storage })` takes. */
export interface Storage {
  /** Rejects with an Error whose message says what was expected and what was found. */
  open(owner: StoreOwner): Promise<Store>;
}
