/** A replicated map as its application sees it: the shapes of the public face. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { PeerId } from "@grapevine/protocol";
import type { Emitter } from "./emitter.ts";
import type { Call } from "./message.ts";
import type { Issue } from "./schema.ts";

export interface MapOptions {
  /**
   * Who can read: `mesh` every member (the default), `public` also whoever merely relays it, `{ key }` who has these 32
   * bytes. All who use a map must agree; what is sealed otherwise is ignored and counted.
   */
  access?: "mesh" | "public" | { readonly key: Uint8Array };
  /** Any Standard Schema that validates synchronously. Its input is what travels, its output what is read. */
  schema?: StandardSchemaV1;
  /** Values that this peer sets end after so many milliseconds, everywhere; 0, the default, for never. */
  expireAfterMs?: number;
}

export interface SetOptions<V> extends Call {
  /**
   * Write only if this says so of the value that stands here now, own writes under way included; undefined for none.
   * Asked in this very call. It is a local matter: another peer may be writing the same key at this moment, and the
   * later write stands.
   */
  if?: (current: V | undefined) => boolean;
}

/** What stands under a key. */
export interface MapValue<V> {
  readonly key: string;
  /** The same object each time; it is everybody's, and not to be changed. */
  readonly value: V;
  readonly author: PeerId;
  /** True for what this very peer wrote, in this run or an earlier one. */
  readonly own: boolean;
  /** When it was written, in milliseconds of mesh time; the author's word, at most 30 s ahead. */
  readonly timeMs: number;
}

export interface MapChange<V> {
  readonly key: string;
  /** Undefined for nothing. */
  readonly value: V | undefined;
  readonly previous: V | undefined;
  /**
   * `set` and `deleted`: by `author`. `ended`: the value's time was over, or what `author` wrote was withdrawn, for it is proved to have
   * told two stories; `value` is what stood before by somebody else, if there is such a thing.
   */
  readonly kind: "set" | "deleted" | "ended";
  readonly author: PeerId;
  readonly own: boolean;
  /** When it was written, in milliseconds of mesh time. */
  readonly timeMs: number;
}

export interface MapEvents<V> {
  /** Something else stands under a key than before. */
  change: MapChange<V>;
  /** A value that does not fit this application's schema; here nothing stands under its key. It was passed on all the same. */
  invalid: { readonly key: string; readonly author: PeerId; readonly issues: readonly Issue[] };
}

/** What other peers say of the entry that stands here. */
export interface Confirmation<V> {
  /** What stands here, as it was asked about; undefined for nothing, and for a deletion. */
  readonly value: V | undefined;
  /** At least `quorum` of the peers asked hold this very entry, and none of them shows a later one that its author signed. */
  readonly confirmed: boolean;
  /** Peers drawn by chance and asked, at most nine; those that answered; those that hold this very entry; a later one. */
  readonly asked: number;
  readonly answered: number;
  readonly holders: number;
  readonly newer: number;
  readonly quorum: number;
}

/**
 * Reads are synchronous and see what has come so far. Iterating goes by keys in the order of their characters, the same
 * at every peer.
 */
export interface ReplicatedMap<V = unknown, In = V> extends Emitter<MapEvents<V>>, Iterable<[string, V]> {
  readonly name: string;
  /**
   * Resolves once a neighbor has said that it holds the same, or nobody else is there; after 10 s in any case. Rejects
   * with `left`.
   */
  readonly ready: Promise<void>;
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  /** The value with its author and time. */
  entry(key: string): MapValue<V> | undefined;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[string, V]>;
  /**
   * Resolves once the entry is signed, stored and queued, and is read here; with false, and nothing is written, when
   * `options.if` says no. Rejects with `unsupported-data`, `invalid-data` (schema), `too-large` (65 000 bytes with its key),
   * `invalid-argument`, `forbidden` (readers), `timeout`, `left`.
   */
  set(key: string, value: In, options?: SetOptions<V>): Promise<boolean>;
  /** The same for nothing. False, and nothing is written, when nothing stands there. */
  delete(key: string, options?: SetOptions<V>): Promise<boolean>;
  /**
   * Ask up to nine peers, drawn by chance, whether they hold what stands here. A peer that lies can deny that it holds an
   * entry, or claim it, but not make one. With the default quorum of 5 of 9, a share f of liars among all peers makes the
   * answer wrong in 0.1% (f = 10%), 2% (20%) or 10% (30%) of the cases.
   */
  confirmed(key: string, options?: Call & { quorum?: number }): Promise<Confirmation<V>>;
  /** A fingerprint of all that stands in this map, deletions included, in hex: equal at two peers exactly when the same stands there. */
  digest(): string;
  /** Entries of this map that could not be used, since it was opened. */
  readonly ignored: Readonly<MapIgnored>;
}

export interface MapIgnored {
  /** Sealed under a key that is not ours. */
  unknownKey: number;
  /** Not what an entry of a map looks like. */
  undecodable: number;
  /** Refused by the schema. */
  invalid: number;
}
