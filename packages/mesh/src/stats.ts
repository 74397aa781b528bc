/** What a mesh counts, for people who measure or wonder. Every call makes a new, plain object. */
import type { BackendReport } from "@grapevine/crypto";
import type { SeedState } from "@grapevine/links";
import type {
  History,
  KeyCounts,
  MapCounts,
  PeerCounts,
  PeerId,
  RumorCounts,
  Score,
  StoreStats,
} from "@grapevine/protocol";
import type { LinkTotals } from "./driver.ts";
import type { EpochInfo } from "./mesh-events.ts";
import type { Ignored } from "./topic.ts";

/** What this peer thinks of a neighbor, and why; see `Score`. Nobody else is told. */
export interface NeighborStats {
  readonly peer: PeerId;
  readonly score: Score;
}

export interface KeyStats extends KeyCounts {
  /** What is written under now; undefined before the first. */
  readonly epoch: (EpochInfo & { readonly history: History }) | undefined;
}

export interface Stats {
  readonly neighbors: readonly NeighborStats[];
  readonly links: LinkTotals;
  readonly seeds: readonly Pick<SeedState, "url" | "state">[];
  /** The overlay: calls, descriptors, shuffles, routes; frames by kind; what others did wrong. */
  readonly peer: PeerCounts;
  readonly rumors: RumorCounts;
  /** Entries of all maps, and what came of those that were received. */
  readonly maps: MapCounts;
  /** Undefined in a mesh whose keys do not change. */
  readonly keys: KeyStats | undefined;
  readonly topics: Readonly<Record<string, Readonly<Ignored>>>;
  /** Direct messages that could not be decoded. */
  readonly directUndecodable: number;
  /** Undefined without the option `storage`. */
  readonly store: StoreStats | undefined;
  readonly signatures: BackendReport;
}
