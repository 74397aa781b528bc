/**
 * What a peer is told once, at its making. Periods and sizes that a mesh may tune stand here with the source of their
 * default; bounds that protect a peer stand in `limits.ts` and are nobody's to tune.
 */
import type { MongeringRules } from "./spreading/mongering-rules.ts";
import type { KeyPolicy, PeerId, Standing } from "./types.ts";

export interface Config {
  /** H(name, policy, root key), 32 bytes: the same name under a weaker policy is another mesh. */
  readonly meshId: Uint8Array;
  /** Start time in milliseconds, greater than that of any earlier run under this key. */
  readonly incarnation: number;
  /** X25519 public key of this incarnation, 32 bytes. */
  readonly boxKey: Uint8Array;
  readonly ticket: Uint8Array;
  /** What the ticket admits to; without it to what everybody may. */
  readonly standing?: Standing | undefined;
  /** The last slot minted by an earlier run under this key; -1 for none. */
  readonly lastMintSlot: number;
  /**
   * Neighbors of an earlier run: of several who could fill an empty place they come first. Whoever is met first after a
   * restart, perhaps by a seed that lies, then has to hide them all to surround us ("anchor connections", Heilman et al.
   * 2015).
   */
  readonly anchors?: readonly PeerId[];
  /** How the keys of topics change; without it they do not, and follow from the mesh's own. All members must agree which. */
  readonly keys?: KeyPolicy | undefined;
  readonly tuning: Tuning;
}

/**
 * How fresh rumors are spread. `adaptive` is the tree, and a flood while the tree fails more than it saves. All of them
 * understand each other, so a mesh may mix them.
 */
/** What mongering may do (`spreading/mongering-rules.ts`): who is told in a contact, and how interest is lost. */
export const DIRECTIONS = ["push", "pull", "push-pull", "push-then-pull"] as const;
export const MEMORIES = ["blind", "feedback"] as const;

export type SpreadingPolicy = "flood" | "tree" | "mongering" | "adaptive";

export interface Tuning {
  readonly spreading: SpreadingPolicy;
  /**
   * Send small fresh rumors over the unreliable channel first, and resend what is asked for: sooner where packets are
   * lost, for nothing waits for a retransmission before it (Birman et al. 1999). Not for mongering, which asks first.
   */
  readonly urgent: boolean;
  /** Sources that get a broadcast tree of their own, at most `limits.treesMax`; others share one. Measured, see ARCHITECTURE.md. */
  readonly sourceTreesMax: number;
  /** By which rules rumors are mongered. Source: Demers et al.; k measured, see ARCHITECTURE.md. */
  readonly mongering: MongeringRules;
  /** From one call of a mongering peer to its next. Guess: several round trips, so that answers come within a cycle. */
  readonly mongerPeriodMs: number;
  /** Calls a peer makes by assignment: one on each ring. Source: DESIGN, mean degree 8 with as many callers. */
  readonly rings: number;
  /**
   * Of these rings, how many keep the nearest in round-trip time of several assigned. None by default: it brings 2% of the way
   * between two peers, and colluders who stand near eclipse two to three times as many. See ARCHITECTURE.md.
   */
  readonly nearRings: number;
  /** Further peers that a near ring tries in an epoch. */
  readonly nearTrials: number;
  /** Callers a peer keeps; 12 in Node, 8 in a tab. Source: reference simulation "links under attack", 12 callers. */
  readonly callersMax: number;
  /** Places kept beyond these for fillers and joiners. Source: DESIGN ("two places are kept"). */
  readonly reservedMax: number;
  /** Fewer links than this and neighbors are asked to introduce theirs. Source: DESIGN. */
  readonly linksMin: number;
  /** Fewer than this and the seed is asked too. Source: DESIGN ("whenever fewer than three links are left"). */
  readonly seedLinksMin: number;
  /** One random introduction by the seed this often, to merge islands. Source: DESIGN, 5 minutes. */
  readonly seedAskPeriodMs: number;
  /** Length of a ring's epoch; the rings turn at staggered times. Guess: a captured place lasts no longer than this. */
  readonly epochMs: number;
  /** Callee's tolerance in expected gaps. Source: reference simulation "tolerance 4 gaps". */
  readonly toleranceGaps: number;
  /** In a mesh up to this size everyone is within tolerance of everyone. Source: DESIGN ("less than some 30"). */
  readonly toleranceMembersMin: number;
  /** One descriptor is minted and one shuffle started in each period. Guess: 100 s of life at 20 slots. */
  readonly mintPeriodMs: number;
  /** Slots a descriptor lives. Source: SecureCyclon, a view's worth (20). */
  readonly lifeSlots: number;
  /** Descriptors swapped in a shuffle. Source: SecureCyclon, swap 3. */
  readonly swapLength: number;
  /** Copies of descriptors shown beside each shuffle. Guess: a mesh of 60 knows itself whole within a descriptor's life. */
  readonly samplesLength: number;
  /** A ring keeps the link that it was assigned for at least this long, though a nearer peer becomes known. Guess. */
  readonly ringHoldMs: number;
  /** Creators known at most, some 0.5 KiB each. Source: reference simulation, a fifth of 10 000 is known. */
  readonly tableMax: number;
  readonly pingPeriodMs: number;
  /** A neighbor unheard for this long is hung up. Guess: three lost pings; SCTP recovers a lost packet in 1 s, then doubling. */
  readonly silenceMs: number;
  /** Handshake must end this long after `linkUp`. Guess. */
  readonly handshakeMs: number;
  /** A call must end in a link this long after it began. Guess: relayed offer 1 s, ICE and DTLS 5 s, twice that. */
  readonly callMs: number;
  /** An offer or request is answered within this time, or nobody is there. Guess: a relay or a few hops, and gathering. */
  readonly answerMs: number;
  /** Every fourth round goes to a peer from the table, along a route: found so is what all neighbors withhold. Source: DESIGN. */
  readonly routedRounds: boolean;
  /** Anti-entropy round with one neighbor. Guess: "every few seconds" (DESIGN). */
  readonly repairPeriodMs: number;
  /** Wait before a missing predecessor is asked for. Guess: one round trip, for it may be on its way. */
  readonly gapFetchMs: number;
  /** A gap that cannot be filled is announced and passed after this time. Guess: several repair rounds. */
  readonly gapMs: number;
  /**
   * For so long an author that lags behind is delivered under an epoch that has ended. Guess: minutes, for its announcement
   * and key come within seconds wherever a link does.
   */
  readonly keyOverlapMs: number;
}

export const DEFAULT_TUNING: Tuning = {
  spreading: "adaptive",
  urgent: false,
  sourceTreesMax: 64,
  mongering: {
    direction: "push-pull",
    memory: "feedback",
    removal: "counter",
    k: 2,
    minimize: true,
    connectionLimit: 0,
    hunt: 0,
    pushCycles: 8,
  },
  mongerPeriodMs: 200,
  rings: 5,
  nearRings: 0,
  nearTrials: 3,
  callersMax: 12,
  reservedMax: 2,
  linksMin: 5,
  seedLinksMin: 3,
  seedAskPeriodMs: 300_000,
  epochMs: 600_000,
  toleranceGaps: 4,
  toleranceMembersMin: 30,
  mintPeriodMs: 5_000,
  lifeSlots: 20,
  swapLength: 3,
  samplesLength: 16,
  ringHoldMs: 30_000,
  tableMax: 2048,
  pingPeriodMs: 3_000,
  silenceMs: 12_000,
  handshakeMs: 8_000,
  callMs: 12_000,
  answerMs: 3_000,
  routedRounds: true,
  repairPeriodMs: 2_000,
  gapFetchMs: 150,
  gapMs: 30_000,
  keyOverlapMs: 300_000,
};
