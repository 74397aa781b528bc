/**
 * Which links are eager and which are lazy: one tree that all sources share, and one of its own for each source that is
 * active enough to be worth a flood, for in the tree that a flood leaves behind every rumor takes the fastest way. A tree
 * is known only by what this peer knows of it: its own links that are not in it.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Moment } from "../room.ts";

export interface Tree {
  /** Links that carry announcements only, and when each became so. All others are eager. */
  readonly lazy: Map<LinkId, number>;
  /** Over which the last rumor came first; undefined while none has come. */
  parent: LinkId | undefined;
  /** A link that promised a shorter way and is tried beside the parent. */
  trial: LinkId | undefined;
  /** No other link is tried before this moment. */
  trialMs: number;
  /** Trials since the last that was won. */
  trialsLost: number;
}

interface Source {
  rumors: number;
  lastMs: number;
  tree: Tree | undefined;
}

export interface TreesState {
  readonly shared: Tree;
  /** Least recently heard first. */
  readonly sources: Map<PeerId, Source>;
  /** How many of them have a tree of their own. */
  own: number;
}

/**
 * Rumors of a source after which a tree of its own is worth the flood that makes it: at 8 links that is 6 copies too many
 * at each peer, so up to then it costs less than a fifth of a copy for each delivery. One number for all peers, for those
 * who disagree about whose tree it is prune each other's.
 */
const ACTIVE_RUMORS = 32;
/** A source silent for this long gives its tree to another. Guess. */
const IDLE_MS = 30_000;

export class Trees {
  readonly state: TreesState;
  private readonly ownMax: number;

  constructor(ownMax: number, state?: TreesState) {
    this.ownMax = Math.min(ownMax, limits.treesMax);
    this.state = state ?? { shared: newTree(), sources: new Map(), own: 0 };
  }

  /** The tree that this source's rumors go along now. */
  of(source: PeerId): Tree {
    return this.state.sources.get(source)?.tree ?? this.state.shared;
  }

  /** A rumor of this source goes on; its tree. */
  use(source: PeerId, now: Moment): Tree {
    const { sources } = this.state;
    const known = sources.get(source) ?? { rumors: 0, lastMs: now.nowMs, tree: undefined };
    sources.delete(source);
    sources.set(source, known);
    known.rumors++;
    known.lastMs = now.nowMs;
    if (known.tree === undefined && known.rumors >= ACTIVE_RUMORS && this.makeRoom(now)) {
      known.tree = newTree();
      this.state.own++;
    }
    if (sources.size > limits.sourcesMax) this.forgetOldest();
    return known.tree ?? this.state.shared;
  }

  onLinkDown(link: LinkId): void {
    for (const tree of this.all()) {
      tree.lazy.delete(link);
      if (tree.parent === link) tree.parent = undefined;
      if (tree.trial === link) tree.trial = undefined;
    }
  }

  *all(): Generator<Tree> {
    yield this.state.shared;
    for (const { tree } of this.state.sources.values()) if (tree !== undefined) yield tree;
  }

  private makeRoom(now: Moment): boolean {
    if (this.state.own < this.ownMax) return true;
    for (const source of this.state.sources.values()) {
      if (now.nowMs - source.lastMs < IDLE_MS) return false;
      if (source.tree === undefined) continue;
      source.tree = undefined;
      source.rumors = 0;
      this.state.own--;
      return this.state.own < this.ownMax;
    }
    return false;
  }

  private forgetOldest(): void {
    for (const [source, { tree }] of this.state.sources) {
      this.state.sources.delete(source);
      if (tree !== undefined) this.state.own--;
      return;
    }
  }
}

function newTree(): Tree {
  return { lazy: new Map(), parent: undefined, trial: undefined, trialMs: 0, trialsLost: 0 };
}
