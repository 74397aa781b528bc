/**
 * Who stands where a part of a peer is absent (`parts.ts`). Keys that do not change need nobody. Maps that have not come yet
 * let everything go by: whatever is missed is found by the comparing with which they begin, and so does repair.
 */
import type { CatchingUp } from "../rumors/catching-up.ts";
import type { Finding } from "../overlay/finding.ts";
import type { Keys } from "../standing/keys.ts";
import type { MapCounts, Maps } from "../rumors/maps.ts";
import type { ProfileCounts, Profiles } from "../rumors/profiles.ts";
import type { Repairing } from "../rumors/repairing.ts";
import type { Promises } from "../spreading/missing.ts";
import type { Hash } from "../types.ts";

/** What a peer asks of its keys. */
export type KeyRoom = Pick<
  Keys,
  "deadlineMs" | "epoch" | "counts" | "isReady" | "onRestored" | "onSubscribe" | "settle" | "onFrame" | "onAnswer"
>;

/** What a peer asks of its maps. */
export type MapRoom = Omit<Maps, "state">;

/** What a peer asks of its profiles. */
export type ProfileRoom = Omit<Profiles, "state">;

/** What a peer and its overlay ask of the finding of peers among peers. */
export interface FindingRoom extends Pick<
  Finding,
  "onRekey" | "tend" | "keepHouse" | "spare" | "onDeparted" | "onShutOut" | "onRouteEnd" | "onLinkLost" | "counts"
> {
  readonly census: Pick<Finding["census"], "estimate">;
  readonly checks: Pick<Finding["checks"], "onVerified">;
  readonly introductions: Pick<Finding["introductions"], "get">;
  readonly routes: Pick<Finding["routes"], "knowsWay" | "originate" | "reply" | "onRoute" | "onCircuit">;
  readonly shuffles: Pick<Finding["shuffles"], "deadlineMs" | "onStart" | "isDue" | "onSigned">;
  readonly table: Pick<Finding["table"], "get" | "seasoned">;
  readonly exchange: Pick<
    Finding["exchange"],
    "greet" | "shuffle" | "onPeersWant" | "onPeersHave" | "onShuffle" | "onIntroduced" | "onChecked"
  >;
}

/** What the way of a rumor asks of repair. */
export type RepairRoom = Omit<Repairing, "states">;

/** What it asks of catching up. */
export type CatchingUpRoom = Omit<CatchingUp, "state">;

const nothing = (): void => {};
const never = (): false => false;
const nobody = (): undefined => undefined;
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

/** Nobody is known by others yet, and there is no way to anyone but links and the seed. */
export const absentFinding: FindingRoom = {
  census: { estimate: (known) => known },
  checks: { onVerified: nobody },
  introductions: { get: nobody },
  routes: { knowsWay: never, originate: never, reply: never, onRoute: () => "done", onCircuit: () => "done" },
  shuffles: { deadlineMs: Number.POSITIVE_INFINITY, onStart: nothing, isDue: never, onSigned: never },
  table: { get: nobody, seasoned: none },
  exchange: {
    greet: nothing,
    shuffle: nothing,
    onPeersWant: nothing,
    onPeersHave: nothing,
    onShuffle: nobody,
    onIntroduced: nothing,
    onChecked: nothing,
  },
  onRekey: nothing,
  tend: nothing,
  keepHouse: nothing,
  spare: nobody,
  onDeparted: nothing,
  onShutOut: nothing,
  onRouteEnd: nothing,
  onLinkLost: nothing,
  counts: () => ({
    descriptors: { known: 0, owned: 0 },
    shuffles: { started: 0, answered: 0 },
    routes: { circuits: 0, forwarded: 0, deadEnds: 0 },
  }),
};

export const absentRepair: RepairRoom = {
  deadlineMs: Number.POSITIVE_INFINITY,
  onLinkUp: nothing,
  onRoutedUp: nothing,
  onLinkDown: nothing,
  soon: nothing,
  onDigest: nothing,
  onReconcile: never,
  onHave: () => "stale",
  onWant: () => never,
  onArrival: nothing,
  awaits: () => ({ asked: false, top: false }),
  onSegment: nothing,
  prove: nothing,
  onVerified: () => undefined,
  promisesOf: () => NO_PROMISES,
  onGain: nothing,
  isOffered: never,
  onGap: nothing,
  onDeadline: nothing,
  pull: nothing,
  pullAll: nothing,
};

export const absentCatchingUp: CatchingUpRoom = {
  isBusy: false,
  has: never,
  onLinkDown: nothing,
  onSegment: () => "ok",
  onVerified: never,
};

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
    mayStand: never,
    digest: () => hash(new Uint8Array(0)),
    counts: () => MAP_COUNTS,
  };
}

const PROFILE_COUNTS: ProfileCounts = {
  received: 0,
  duplicates: 0,
  older: 0,
  forbidden: 0,
  refused: 0,
  strange: 0,
  held: 0,
  parked: 0,
  rounds: 0,
  differed: 0,
  served: 0,
};

export function absentProfiles(hash: Hash): ProfileRoom {
  return {
    deadlineMs: Number.POSITIVE_INFINITY,
    onLinkUp: nothing,
    onRoutedUp: nothing,
    onLinkDown: nothing,
    onFrame: nothing,
    onRumor: () => "ok",
    onVerified: never,
    onSigned: never,
    onAdmitted: nothing,
    onStanding: nothing,
    onSay: nothing,
    onRekey: nothing,
    onDeadline: nothing,
    promisesOf: () => NO_PROMISES,
    find: () => undefined,
    verifying: none,
    digest: () => hash(new Uint8Array(0)),
    counts: () => PROFILE_COUNTS,
  };
}
