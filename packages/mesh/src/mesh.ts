/** One joined mesh, as its application sees it. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Invite } from "@grapevine/crypto";
import type { PeerId } from "@grapevine/protocol";
import type { Responder } from "./direct.ts";
import type { Emitter, ListenOptions } from "./emitter.ts";
import type { Conviction, Member, MeshEvents, MeshState, Neighbor, RevokedKey } from "./mesh-events.ts";
import type { Call, Topic, TopicOptions } from "./message.ts";
import type { Profile } from "./profile.ts";
import type { MemberChange, Query } from "./query.ts";
import type { MapOptions, ReplicatedMap } from "./replicated-map.ts";
import type { Revoked, RevokeOptions } from "./revoking.ts";
import type { Stats } from "./stats.ts";

export interface Mesh extends Emitter<MeshEvents>, AsyncDisposable {
  readonly name: string;
  /** This peer: base58 of its Ed25519 key. Another one after the event `rekeyed`, which an honest peer hardly ever sees. */
  readonly peerId: PeerId;
  readonly state: MeshState;
  /** Peers to whom links stand. An immutable snapshot, the same object until something changed. */
  readonly neighbors: readonly Neighbor[];
  /** The other peers of the mesh that this one knows of; a snapshot as above. */
  readonly members: readonly Member[];
  /**
   * A topic of this mesh. The same name gives the same handle. Throws `invalid-argument` for options that conflict with
   * those that it was first opened with.
   */
  topic<S extends StandardSchemaV1>(
    name: string,
    options: TopicOptions & { schema: S },
  ): Topic<StandardSchemaV1.InferOutput<S>, StandardSchemaV1.InferInput<S>>;
  topic<T = unknown>(name: string, options?: TopicOptions): Topic<T>;
  /**
   * A replicated map of this mesh: every member can read and write it, and of two writes to one key the later one
   * stands everywhere. The same name gives the same handle. Throws `invalid-argument` for options that conflict with
   * those that it was first opened with.
   */
  map<S extends StandardSchemaV1>(
    name: string,
    options: MapOptions & { schema: S },
  ): ReplicatedMap<StandardSchemaV1.InferOutput<S>, StandardSchemaV1.InferInput<S>>;
  map<V = unknown>(name: string, options?: MapOptions): ReplicatedMap<V>;
  /**
   * Sealed for one peer; resolves when it acknowledged. Default time-out 10 s. Rejects with `unreachable`, `timeout`,
   * `too-large` (some 64 KiB), `unsupported-data`, `invalid-argument`, `left`.
   */
  send(to: PeerId, data: unknown, options?: Call): Promise<void>;
  /** Ask a peer and wait for its answer. Rejects as `send` does, and with `no-responder`, `responder-failed`. */
  request<R = unknown>(to: PeerId, method: string, data: unknown, options?: Call): Promise<R>;
  /** Answer the requests of one method, of which there is one responder. Returns a function that ends it. */
  respond(method: string, handler: Responder): () => void;
  /** What this peer says of itself to all members. */
  readonly profile: Profile;
  /** The members that fit now, by what they say of themselves. Throws `invalid-argument`. */
  find(query: Query): readonly Member[];
  /**
   * Calls `listener` whenever a member comes to fit, fits still and is another snapshot, or fits no longer; not for those who
   * fit already: `find` has them, and nothing falls between two calls. Returns a function that ends it.
   */
  watch(query: Query, listener: (change: MemberChange) => void, options?: ListenOptions): () => void;
  /** Keys that were proved to cheat, newest first. */
  readonly evidence: readonly Conviction[];
  /** Keys that count no longer, newest first. */
  readonly revocations: readonly RevokedKey[];
  /**
   * Revoke a key, in a mesh with certificates: a peer's, an invitation's or an account's, by its id; or the key of an
   * invitation, given as its word or link. All that rests on it is shut out everywhere; `keep` says what it wrote stands.
   * Only the root and admins may, and only the root revokes an admin: else `forbidden`. Resolves once all neighbors have
   * it, or with those that do after `timeoutMs` (default 10 s); with `knownBy: []` when there are none, and it spreads
   * when there are some again.
   */
  revoke(key: PeerId | Invite, options?: RevokeOptions): Promise<Revoked>;
  /**
   * One other member by chance: each known one as likely as any other, whoever names itself often. In a mesh of some
   * hundreds and more it is drawn from the few hundred that this peer knows, who are changing all the time. Undefined
   * while nobody else is known.
   */
  sample(): Member | undefined;
  /** A new, plain object of counters. */
  stats(): Stats;
  /** This peer's inputs since a checkpoint, to be replayed. Rejects with `invalid-argument` without the option `trace`. */
  trace(): Promise<Uint8Array>;
  /** Hang up every link, leave the seeds, and make no link until `resume`. What was heard is kept. */
  pause(): void;
  /** Go on. Resolves at the first link, when nobody else is there, or after 10 s at the latest. */
  resume(): Promise<void>;
  /** Say goodbye, in this very call, and stop for good. Resolves when nothing of it keeps the process alive any more. */
  leave(): Promise<void>;
}
