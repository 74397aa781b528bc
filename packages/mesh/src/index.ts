/// <reference lib="esnext.disposable" preserve="true" />
/** A gossip mesh for browser tabs and Node processes: `join` is the way in. */
export { join } from "./join.ts";
export type { JoinOptions } from "./options.ts";
export type { MongeringOptions, PushOptions, SpreadingOption } from "./spreading-options.ts";
export type { Mesh } from "./mesh.ts";
export type {
  Conviction,
  Member,
  MeshEvents,
  MeshState,
  Neighbor,
  RevokedKey,
  Statement,
  Warning,
} from "./mesh-events.ts";
export type {
  Call,
  Gap,
  Invalid,
  Message,
  MessagesOptions,
  Progress,
  Retention,
  Topic,
  TopicEvents,
  TopicHistory,
  TopicOptions,
  Verdict,
} from "./message.ts";
export type {
  Confirmation,
  MapChange,
  MapEvents,
  MapOptions,
  MapValue,
  ReplicatedMap,
  SetOptions,
} from "./replicated-map.ts";
export type { Profile, ProfileFields } from "./profile.ts";
export type { FieldQuery, MemberChange, Query, Scalar } from "./query.ts";
export type { Revoked, RevokeOptions } from "./revoking.ts";
export type { Emitter, ListenOptions } from "./emitter.ts";
export type { RequestContext, Responder } from "./direct.ts";
export type { Issue } from "./schema.ts";
export type { NeighborStats, Stats } from "./stats.ts";
export { MeshError, type MeshErrorCode } from "./errors.ts";

export {
  createIdentity,
  createSecret,
  exportIdentity,
  importIdentity,
  parseInvite,
  type Admission,
  type Identity,
  type Invite,
} from "@grapevine/crypto";
export {
  createMemoryNetwork,
  type IceServer,
  type LinkEngine,
  type MemoryNetwork,
  type WebRtc,
} from "@grapevine/links";
export type { LinkEndReason, PeerId, Score } from "@grapevine/protocol";
export type { StandardSchemaV1 } from "@standard-schema/spec";
