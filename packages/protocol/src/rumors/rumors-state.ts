/**
 * All that the rooms of rumors remember, and the numbers that say how they are doing.
 */
import type { Fork, LinkId, Rumor } from "../types.ts";
import { RUMOR_KIND_PROFILE, RUMOR_KIND_STATE } from "../types.ts";
import type { CatchingUpState } from "./catching-up.ts";
import type { Flaw } from "../spreading/flaws.ts";
import { limits } from "../limits.ts";
import type { MapsState } from "./maps.ts";
import type { ProfilesState } from "./profiles.ts";
import { toHex } from "../wire/hex.ts";
import type { DeliveryState } from "../repair/delivery.ts";
import type { FetchState } from "../repair/fetch.ts";
import type { HolesState } from "../repair/holes.ts";
import { same } from "../repair/ids.ts";
import type { LogsState } from "../repair/logs.ts";
import type { OwnLogsState } from "../repair/own-logs.ts";
import type { BacklogState } from "../repair/backlog.ts";
import type { ProofsState } from "../repair/proofs.ts";
import type { RoundsState } from "../repair/rounds.ts";
import type { ServingState } from "../repair/serving.ts";
import type { CheckingState } from "../spreading/checking.ts";
import type { ParkingState } from "../spreading/parking.ts";
import type { ValidatingState } from "../spreading/validating.ts";
import type { QueueCounts } from "../spreading/lines.ts";
import type { EntryFlaw } from "../state/entry.ts";
import type { ProfileFlaw } from "../state/profile.ts";
import type { SpreadingCounts, SpreadingState } from "../spreading/spreading.ts";

/** `"ok"`, or what the neighbor did that no honest one does. */
export type Verdict = "ok" | Flaw | EntryFlaw | ProfileFlaw | "a have that is out of order";

/** The link that brought a bad signature. */
export interface Blame {
  readonly link: LinkId;
  readonly what: "a rumor with a bad signature";
}

/** A rumor that a subscriber of its topic can have. */
export interface Retained {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  readonly hops: number;
}

export interface RepairState {
  readonly fetch: FetchState;
  readonly holes: HolesState;
  readonly rounds: RoundsState;
  readonly serving: ServingState;
  readonly proofs: ProofsState;
  readonly backlog: BacklogState;
  readonly catchingUp: CatchingUpState;
}

export interface RumorsState {
  readonly logs: LogsState;
  readonly own: OwnLogsState;
  readonly delivery: DeliveryState;
  readonly spreading: SpreadingState;
  readonly checking: CheckingState;
  readonly validating: ValidatingState;
  readonly parking: ParkingState;
  /** These two: undefined until they have come (`parts.ts`). */
  readonly repair: RepairState | undefined;
  readonly maps: MapsState | undefined;
  readonly profiles: ProfilesState | undefined;
  readonly tally: Tally;
}

/** Rumors that came and went no further, by the reason. */
export interface Tally {
  received: number;
  duplicates: number;
  /** Forgotten by all, or expired, or of an incarnation too old. */
  past: number;
  /** Over a limit of ours. */
  refused: number;
  /** Of an author that may read only, or stamped after what admits it runs out. */
  forbidden: number;
  /** In our name and of this incarnation, yet not ours; or of a version that we do not know. */
  strange: number;
  /** `have` frames of no round. */
  stale: number;
}

/** Does it contest a slot of a log? */
export function isOfLog({ a: { header } }: Fork): boolean {
  return header.kind !== RUMOR_KIND_STATE && header.kind !== RUMOR_KIND_PROFILE;
}

export function newTally(): Tally {
  return { received: 0, duplicates: 0, past: 0, refused: 0, forbidden: 0, strange: 0, stale: 0 };
}

/** For stats: what is held now, and what was done since the start. Sizes in bytes, the rest in rumors. */
export interface RumorCounts {
  readonly logs: number;
  readonly rumors: number;
  readonly bodyBytes: number;
  readonly forks: number;
  readonly parked: number;
  readonly verifying: number;
  /** Waiting for the application's validators; and what these said since the start, `late` ones among the ignored. */
  readonly validating: number;
  readonly rejected: number;
  readonly ignored: number;
  readonly late: number;
  /** Own rumors on their way through the signer. */
  readonly unsigned: number;
  readonly received: number;
  readonly duplicates: number;
  /** Signatures that were good; and rumors that were believed without, for one that is names them. */
  readonly verified: number;
  readonly chained: number;
  readonly badSignatures: number;
  readonly past: number;
  readonly refused: number;
  readonly forbidden: number;
  readonly dropped: number;
  readonly strange: number;
  readonly delivered: number;
  readonly gaps: number;
  /** Rumors sent eagerly, and as answers. */
  readonly sent: number;
  readonly served: number;
  readonly rounds: number;
  readonly roundsDiffered: number;
  readonly promisesBroken: number;
  readonly spreading: SpreadingCounts;
  /** What waits for links that are behind. */
  readonly queues: QueueCounts;
}

/** Before repair has come. */
const NONE = {
  fetch: { broken: 0 },
  rounds: { rounds: 0, differed: 0 },
  serving: { served: 0 },
  proofs: { checked: 0, flawed: 0 },
  catchingUp: { rumors: 0, verified: 0, bad: 0, chained: 0 },
};

export function countsOf(state: RumorsState, counts: SpreadingCounts, queues: QueueCounts): RumorCounts {
  const { logs, own, delivery, spreading, checking, validating, parking, tally } = state;
  const { fetch, rounds, serving, proofs, catchingUp } = state.repair ?? NONE;
  return {
    logs: logs.logs.size,
    rumors: logs.rumors,
    bodyBytes: logs.bytes - logs.rumors * limits.heldOverheadBytes,
    forks: logs.forks.length,
    parked: parking.parked.size,
    verifying: checking.checks.size + catchingUp.rumors,
    validating: validating.waiting.size,
    rejected: validating.rejected,
    ignored: validating.ignored,
    late: validating.late,
    unsigned: own.signing.size,
    received: tally.received,
    duplicates: tally.duplicates,
    verified: checking.verified + catchingUp.verified + proofs.checked - proofs.flawed,
    chained: catchingUp.chained,
    badSignatures: checking.bad + catchingUp.bad + proofs.flawed,
    past: tally.past,
    refused: tally.refused,
    forbidden: tally.forbidden,
    dropped: checking.dropped + validating.dropped + parking.dropped,
    strange: tally.strange,
    delivered: delivery.delivered,
    gaps: delivery.gaps,
    sent: spreading.lines.sent,
    served: serving.served,
    rounds: rounds.rounds,
    roundsDiffered: rounds.differed,
    promisesBroken: fetch.broken,
    spreading: counts,
    queues,
  };
}

/** Key ids of everything that is held, as 16 hex digits. */
export function keyIdsInUse({ logs }: Pick<RumorsState, "logs">): ReadonlySet<string> {
  const ids = new Set<string>();
  // Most rumors of a log have the key of the one before.
  let last: Uint8Array | undefined;
  for (const log of logs.logs.values()) {
    for (const { rumor } of log.held.values()) {
      const { keyId } = rumor.header;
      if (last === undefined || !same(last, keyId)) ids.add(toHex(keyId));
      last = keyId;
    }
  }
  return ids;
}
