/**
 * What a driver and an application may read of a peer, at any time and without an effect. What takes part in what happens is in
 * `peer.ts`.
 */
import type { ProfileRoom } from "./parts/absent.ts";
import type { MapCounts, MapEntry } from "./rumors/maps.ts";
import type { Snapshot } from "./peer-state.ts";
import type { MemberView, NeighborView, PeerCounts } from "./peer-view.ts";
import { countsOf, membersOf, neighborsOf } from "./peer-view.ts";
import type { Rooms } from "./rooms.ts";
import type { Retained, RumorCounts } from "./rumors/rumors-state.ts";
import { copyState } from "./runs/state-copy.ts";
import type { KnownRevocation } from "./trust/revocations.ts";
import type { Evidence, Header, PeerId } from "./types.ts";

/** Measured by `simulate attack --kind hub`: cloners and over-minters are convicted within some five cycles of their offence. */
const QUARANTINE_SLOTS = 5;

export abstract class Readings {
  /** The rooms, for views and tests; everything that changes them goes through `handle`. */
  abstract readonly rooms: Rooms;

  /** Another one after the input `rekey`. */
  get self(): PeerId {
    return this.rooms.foundation.self;
  }

  /** A copy of all that this peer remembers; it holds no secret. */
  snapshot(): Snapshot {
    const { self, config, random } = this.rooms.foundation;
    return copyState({ self, config, random: random.state, state: this.rooms.state });
  }

  /** Mesh time of the last input. */
  get meshMs(): number {
    return this.rooms.now.meshMs;
  }

  get neighbors(): readonly NeighborView[] {
    return neighborsOf(this.rooms);
  }

  get members(): readonly MemberView[] {
    return membersOf(this.rooms);
  }

  /**
   * Everyone of whom an unexpired descriptor is known: a sample of the mesh in which each creator stands once, however
   * often it is named. Ourselves excluded.
   */
  get sampled(): readonly PeerId[] {
    return this.rooms.overlay.finding.table.seasoned(QUARANTINE_SLOTS, this.rooms.now);
  }

  get counts(): PeerCounts {
    return countsOf(this.rooms);
  }

  get rumorCounts(): RumorCounts {
    return this.rooms.rumors.counts();
  }

  /** Would what this peer writes now be taken by others, by its role? */
  get mayWrite(): boolean {
    const { admission } = this.rooms;
    return admission.isWriter(this.self) && admission.mayWrite({ author: this.self, timeMs: this.meshMs });
  }

  /** Everything of a topic that is deliverable so far, in the order in which it became so. */
  retained(topic: string): readonly Retained[] {
    return this.rooms.rumors.retained(topic);
  }

  /** What stands under the keys of a map, by its tag. */
  entriesOf(map: string): readonly MapEntry[] {
    return this.rooms.rumors.maps.entriesOf(map);
  }

  /** What stands under one key of a map, by their tags. */
  entryAt(map: string, key: string): MapEntry | undefined {
    return this.rooms.rumors.maps.entryAt(map, key);
  }

  /** Would an entry with this header stand, if it is its author's? */
  mayStand(header: Header): boolean {
    return this.rooms.rumors.maps.mayStand(header, this.rooms.now);
  }

  /** 32 bytes over what stands in a map, or in all maps: equal at two peers exactly when the same stands there. */
  mapDigest(map?: string): Uint8Array {
    return this.rooms.rumors.maps.digest(map);
  }

  get mapCounts(): MapCounts {
    return this.rooms.rumors.maps.counts();
  }

  /** What everybody says of themselves: counts, and one digest over all of it. */
  get profiles(): Pick<ProfileRoom, "counts" | "digest"> {
    return this.rooms.rumors.profiles;
  }

  /** Who was revoked, newest first. */
  get revocations(): readonly KnownRevocation[] {
    return this.rooms.revocations.all();
  }

  /** What keys were convicted by, newest first. */
  get evidence(): readonly Evidence[] {
    return this.rooms.convictions.all();
  }

  /** One fingerprint of all rumors held: equal at two peers exactly when they hold the same. */
  digest(): Uint8Array {
    return this.rooms.rumors.digest();
  }
}
