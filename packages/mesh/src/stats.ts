/** What a mesh counts, for people who measure or wonder. Every call makes a new, plain object. */
import type { BackendReport } from "@grapevine/crypto";
import type { SeedState } from "@grapevine/links";
import type {
  History,
  KeyCounts,
  MapCounts,
  PeerCounts,
  PeerId,
  ProfileCounts,
  RumorCounts,
  Score,
  StoreStats,
} from "@grapevine/protocol";
import type { LinkTotals } from "./driver.ts";
import type { EpochInfo } from "./mesh-events.ts";

/** Rumors that came and were not understood; nobody's fault, so nobody is punished. */
export interface Ignored {
  /** Sealed under a key that this peer does not have for this topic, or public where it should not be. */
  unknownKey: number;
  /** Not sealed or encoded as any version known here does it. */
  undecodable: number;
  /** Messages that do not fit the schema. */
  invalid: number;
  /** Large messages of which some pieces never came, in each of the two orders; and pieces whose beginning did not. */
  incomplete: number;
}

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
  readonly profiles: ProfileCounts;
  /** Undefined in a mesh whose keys do not change. */
  readonly keys: KeyStats | undefined;
  readonly topics: Readonly<Record<string, Readonly<Ignored>>>;
  /** Direct messages that could not be decoded. */
  readonly directUndecodable: number;
  /** Undefined without the option `storage`. */
  readonly store: StoreStats | undefined;
  readonly signatures: BackendReport;
}
