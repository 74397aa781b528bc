/** Neighbors, the other members, and what these say of themselves: the snapshots that an application sees, and who of them fits a query. */
import type { Effect, Peer, PeerId, Rumor } from "@grapevine/protocol";
import { randomShare } from "./chance.ts";
import { Listeners, type ListenOptions } from "./emitter.ts";
import type { Member, MeshEvents, Neighbor } from "./mesh-events.ts";
import { NO_FIELDS, type ProfileFields, type ProfileSeal } from "./profile.ts";
import { matcher, type MemberChange, type Query } from "./query.ts";

export interface MembersHost {
  readonly peer: Pick<Peer, "neighbors" | "members" | "sampled">;
  readonly nowMs: () => number;
  readonly seal: Pick<ProfileSeal, "open" | "nextKey">;
  onChanged(event: MeshEvents["member-changed"]): void;
}

interface Said {
  readonly incarnation: number;
  readonly fields: ProfileFields;
}

interface Watch {
  readonly fits: (member: Member) => boolean;
  readonly listeners: Listeners<{ change: MemberChange }>;
  fitting: Map<PeerId, Member>;
}

export class Members {
  private readonly host: MembersHost;
  private readonly said = new Map<PeerId, Said>();
  /** Sealed under keys that have not come. */
  private readonly locked = new Map<PeerId, Rumor>();
  private isWaiting = false;
  private shown: ReadonlyMap<PeerId, Member> = new Map();
  private list: readonly Member[] | undefined;
  private near: readonly Neighbor[] | undefined;
  private readonly linkedSinceMs = new Map<PeerId, number>();
  private readonly watches = new Set<Watch>();

  constructor(host: MembersHost) {
    this.host = host;
  }

  get neighbors(): readonly Neighbor[] {
    this.near ??= Object.freeze(
      this.host.peer.neighbors.map(({ peer, rttMs, purpose, ours: outbound }) => {
        const sinceMs = this.linkedSinceMs.get(peer) ?? this.host.nowMs();
        return Object.freeze({ peer, rttMs, sinceMs, purpose, outbound });
      }),
    );
    return this.near;
  }

  get all(): readonly Member[] {
    if (this.list === undefined) {
      const now = this.host.peer.members.map(({ peer, neighbor, incarnation }) => {
        const said = this.said.get(peer);
        // What an earlier run said of itself is said no longer.
        const profile = said === undefined || said.incarnation < incarnation ? NO_FIELDS : said.fields;
        const before = this.shown.get(peer);
        const isSame = before?.neighbor === neighbor && before.profile === profile;
        return isSame ? before : Object.freeze({ peer, neighbor, profile });
      });
      this.shown = new Map(now.map((member) => [member.peer, member]));
      this.list = Object.freeze(now);
    }
    return this.list;
  }

  find(query: Query): readonly Member[] {
    return Object.freeze(this.all.filter(matcher(query)));
  }

  watch(query: Query, listener: (change: MemberChange) => void, options?: ListenOptions): () => void {
    const fits = matcher(query);
    const listeners = new Listeners<{ change: MemberChange }>();
    const off = listeners.on("change", listener, options);
    const watch = { fits, listeners, fitting: mapOf(this.all.filter(fits)) };
    this.watches.add(watch);
    return () => {
      off();
      this.watches.delete(watch);
    };
  }

  /** One of them by chance. Before any descriptor came, neighbors and their neighbors are all there is to draw from. */
  sample(): Member | undefined {
    const { known } = this;
    const drawn = known[Math.floor(randomShare() * known.length)];
    if (drawn === undefined) return undefined;
    const member = this.all.find(({ peer }) => peer === drawn);
    return member ?? Object.freeze({ peer: drawn, neighbor: false, profile: NO_FIELDS });
  }

  get known(): readonly PeerId[] {
    const { sampled, members } = this.host.peer;
    return sampled.length > 0 ? sampled : members.map((member) => member.peer);
  }

  onLinked(peer: PeerId): void {
    this.linkedSinceMs.set(peer, this.host.nowMs());
  }

  /** Something is known anew of a link. */
  onNeighbor(): void {
    this.near = undefined;
  }

  /** Somebody came, went, is a neighbor or is none any more. Told of by events of their own. */
  onMembers(): void {
    this.list = undefined;
    this.near = undefined;
    const linked = new Set(this.host.peer.neighbors.map(({ peer }) => peer));
    for (const peer of this.linkedSinceMs.keys()) if (!linked.has(peer)) this.linkedSinceMs.delete(peer);
  }

  /** Those who watch hear of it after the events. */
  settle(): void {
    // What is shown now is what the next change is from, whether anybody looks at it or not.
    void this.all;
    for (const watch of this.watches) this.look(watch);
  }

  /** A member was started anew. */
  onRestarted(peer: PeerId): void {
    this.refresh(peer);
  }

  onProfile({ peer, rumor }: Pick<Effect & { kind: "profile" }, "peer" | "rumor">): void {
    this.locked.delete(peer);
    const fields = rumor === undefined ? undefined : this.host.seal.open(rumor);
    if (fields === "unknownKey") {
      this.locked.set(peer, rumor!);
      return this.awaitKeys();
    }
    if (fields === undefined) this.said.delete(peer);
    else this.said.set(peer, { incarnation: rumor!.header.incarnation, fields: this.sameOr(peer, fields) });
    this.refresh(peer);
  }

  /** It was left. */
  end(): void {
    this.watches.clear();
    this.locked.clear();
    this.onMembers();
  }

  private refresh(peer: PeerId): void {
    const previous = this.shown.get(peer);
    this.list = undefined;
    const now = this.all.find((member) => member.peer === peer);
    if (now === undefined || previous === undefined || now.profile === previous.profile) return;
    this.host.onChanged({ peer, profile: now.profile, previous: previous.profile });
    this.settle();
  }

  /** A profile that was renewed is the same object still. */
  private sameOr(peer: PeerId, fields: ProfileFields): ProfileFields {
    const before = this.said.get(peer)?.fields;
    return before !== undefined && same(before, fields) ? before : fields;
  }

  private awaitKeys(): void {
    const next = this.host.seal.nextKey();
    if (this.isWaiting || next === undefined) return;
    this.isWaiting = true;
    void this.unlock(next);
  }

  private async unlock(next: Promise<void>): Promise<void> {
    await next;
    this.isWaiting = false;
    for (const [peer, rumor] of [...this.locked]) this.onProfile({ peer, rumor });
  }

  private look(watch: Watch): void {
    const before = watch.fitting;
    watch.fitting = mapOf(this.all.filter(watch.fits));
    const emit = (change: MemberChange): void => watch.listeners.emit("change", Object.freeze(change));
    for (const [peer, member] of before) if (!watch.fitting.has(peer)) emit({ type: "removed", member });
    for (const [peer, member] of watch.fitting) {
      const previous = before.get(peer);
      if (previous === undefined) emit({ type: "added", member });
      else if (previous !== member) emit({ type: "changed", member, previous });
    }
  }
}

function mapOf(members: readonly Member[]): Map<PeerId, Member> {
  return new Map(members.map((member) => [member.peer, member]));
}

/** Plain data, at any depth. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    a instanceof Uint8Array === b instanceof Uint8Array &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key as keyof typeof a], b[key as keyof typeof b]))
  );
}
