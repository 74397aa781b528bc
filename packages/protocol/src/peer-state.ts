/**
 * All that a peer remembers, as plain data: a snapshot is a deep copy of it, and a peer made from a snapshot goes on as
 * the first one would have. Caches that can be derived are not in it.
 */
import type { Config } from "./config.ts";
import type { DirectState } from "./membership/direct.ts";
import type { DirectoryState } from "./membership/directory.ts";
import type { EarlyState } from "./parts/early-frames.ts";
import type { LivenessState } from "./membership/liveness.ts";
import type { MeshTimeState } from "./membership/mesh-time.ts";
import type { OverlayState } from "./overlay/overlay.ts";
import type { RoutedState } from "./repair/routed.ts";
import type { RumorsState } from "./rumors/rumors.ts";
import type { Path } from "./sampling/calls.ts";
import type { AdmissionState } from "./trust/admission.ts";
import type { AnswersState } from "./trust/answers.ts";
import type { ConvictionsState } from "./trust/convictions.ts";
import type { EnvelopesState } from "./trust/envelopes.ts";
import type { EpochsState } from "./trust/epochs.ts";
import type { HandingState } from "./trust/handing.ts";
import type { HandshakesState } from "./trust/handshakes.ts";
import type { QuotasState } from "./trust/quotas.ts";
import type { RevocationsState } from "./trust/revocations.ts";
import type { ScoresState } from "./trust/scores.ts";
import type { LocksState } from "./trust/locks.ts";
import type { Credential, LinkId, PeerId, Ref, Revocation } from "./types.ts";
import type { DepartureFrame, Envelope } from "./wire/frames.ts";
import type { RotationReason } from "./wire/epoch-codec.ts";

/** What to do when the answer to an effect comes back. */
export type Pending =
  | { readonly for: "own-credential" }
  | { readonly for: "own-departure" }
  /** `publisher`: the application's name for it. */
  | {
      readonly for: "revocation";
      readonly publisher: Ref;
      readonly unnamed: number;
      readonly unsigned: Omit<Revocation, "signature">;
    }
  | { readonly for: "auth"; readonly link: LinkId }
  | { readonly for: "auth-check"; readonly link: LinkId }
  | { readonly for: "departure"; readonly link: LinkId; readonly frame: DepartureFrame }
  | { readonly for: "credential"; readonly credential: Credential; readonly use: CredentialUse }
  | { readonly for: "key-made"; readonly reason: RotationReason }
  | { readonly for: "key-proof"; readonly link: LinkId; readonly proof: string; readonly keyIds: readonly string[] }
  | { readonly for: "key-given"; readonly link: LinkId; readonly mayCome: boolean }
  | { readonly for: "key-taken" }
  | CredentialUse;

/** Why a credential is being checked. */
export type CredentialUse =
  | { readonly for: "handshake"; readonly link: LinkId }
  | { readonly for: "envelope"; readonly path: Path; readonly envelope: Envelope }
  | { readonly for: "card"; readonly seed: number; readonly seat: string }
  | { readonly for: "introduction"; readonly link: LinkId }
  | { readonly for: "author"; readonly link: LinkId };

/** The making of epochs, see `keys.ts`. */
export interface MakingState {
  /** Why an epoch is due, and when it is this peer's turn to make it. */
  reason: RotationReason | undefined;
  dueMs: number;
  /** One is in the making until then, at most. */
  busyUntilMs: number;
  /** When to look again. */
  checkMs: number;
  /** Since when there has been a neighbor. */
  linkedMs: number;
  /** A newcomer waits for an epoch that begins after its joining. */
  joiner: boolean;
}

export interface PeerState {
  readonly admission: AdmissionState;
  readonly directory: DirectoryState;
  readonly direct: DirectState;
  readonly convictions: ConvictionsState;
  readonly revocations: RevocationsState;
  readonly envelopes: EnvelopesState;
  /** These three where keys change. */
  readonly epochs: EpochsState | undefined;
  readonly handing: HandingState | undefined;
  readonly handshakes: HandshakesState;
  readonly liveness: LivenessState;
  readonly locks: LocksState | undefined;
  /** When to make an epoch, when that was looked at, and until when one is in the making; see `keys.ts`. */
  readonly making: MakingState;
  readonly meshTime: MeshTimeState;
  readonly rumors: RumorsState;
  readonly answers: AnswersState;
  readonly quotas: QuotasState;
  readonly scores: ScoresState;
  readonly overlay: OverlayState;
  /** Undefined until it has come (`parts.ts`); `early` is what waits for that. */
  routed: RoutedState | undefined;
  early: EarlyState | undefined;
  readonly pending: Map<Ref, Pending>;
  nextRef: Ref;
  phase: "new" | "running" | "paused" | "left";
  /** Own credential, once signed. */
  credential: Credential | undefined;
  /** Own departure, signed ahead. */
  departure: DepartureFrame | undefined;
  /** Frames by kind, for stats. */
  readonly framesIn: Record<string, number>;
  readonly framesOut: Record<string, number>;
  framesUnknown: number;
  /** What other peers did wrong, counted. */
  readonly misbehavior: Record<string, number>;
}

/** A peer at one moment. Holds no secret: it can be shared. */
export interface Snapshot {
  readonly self: PeerId;
  readonly config: Config;
  readonly random: Uint32Array;
  readonly state: PeerState;
}
