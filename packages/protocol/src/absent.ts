/**
 * Who stands where a part of a peer is absent (`parts.ts`). Keys that do not change need nobody. Maps that have not come yet
 * let everything go by: whatever is missed is found by the comparing with which they begin. Who mongers tells a peer that
 * gives no answer again, or others.
 */
import type { Keys } from "./keys.ts";
import type { MapCounts, Maps } from "./maps.ts";
import type { Promises } from "./spreading/missing.ts";
import type { Mongering, MongeringCounts } from "./spreading/mongering.ts";
import type { Hash } from "./types.ts";

/** What a peer asks of its keys. */
export type KeyRoom = Pick<
  Keys,
  "deadlineMs" | "epoch" | "counts" | "isReady" | "onRestored" | "onSubscribe" | "settle" | "onFrame" | "onAnswer"
>;

/** What a peer asks of its maps. */
export type MapRoom = Omit<Maps, "state">;

/** What spreading asks of its mongering. */
export type MongeringRoom = Omit<Mongering, "state">;

const nothing = (): void => {};
const never = (): false => false;
const none = (): [] => [];

export const absentKeys: KeyRoom = {
  deadlineMs: Number.POSITIVE_INFINITY,
  epoch: undefined,
  counts: { held: 0, waiting: 0, unread: 0, overdue: 0 },
  isReady: true,
  onRestored: nothing,
  onSubscribe: nothing,
  settle: nothing,
  onFrame: nothing,
  onAnswer: nothing,
};

const MONGERING_COUNTS: MongeringCounts = {
  susceptible: 0,
  infective: 0,
  removed: 0,
  calls: 0,
  updates: 0,
  refused: 0,
  hunted: 0,
};

export const absentMongering: MongeringRoom = {
  deadlineMs: Number.POSITIVE_INFINITY,
  onLinkUp: nothing,
  onLinkDown: nothing,
  onWritable: nothing,
  onDuplicate: nothing,
  onAccepted: nothing,
  onArrived: nothing,
  onFrame: nothing,
  onDeadline: nothing,
  counts: () => MONGERING_COUNTS,
};

const MAP_COUNTS: MapCounts = {
  received: 0,
  duplicates: 0,
  older: 0,
  forbidden: 0,
  refused: 0,
  strange: 0,
  keys: 0,
  bytes: 0,
  dormant: 0,
  withdrawn: 0,
  parked: 0,
  rounds: 0,
  differed: 0,
  served: 0,
};

const NO_PROMISES: Promises = { kept: 0, broken: 0 };

export function absentMaps(hash: Hash): MapRoom {
  return {
    deadlineMs: Number.POSITIVE_INFINITY,
    onLinkUp: nothing,
    onRoutedUp: nothing,
    onLinkDown: nothing,
    onFrame: never,
    onRumor: () => "ok",
    onVerified: never,
    onSigned: never,
    onAdmitted: nothing,
    onWrite: nothing,
    onRekey: nothing,
    onRestored: nothing,
    isForkNews: never,
    onFork: never,
    onStanding: nothing,
    onLimits: nothing,
    written: none,
    takeForks: none,
    onDeadline: nothing,
    promisesOf: () => NO_PROMISES,
    find: () => undefined,
    verifying: none,
    entriesOf: none,
    entryAt: () => undefined,
    digest: () => hash(new Uint8Array(0)),
    counts: () => MAP_COUNTS,
  };
}
