/**
 * Which links are eager and which are lazy: one tree that all sources share, and one of its own for each source that is
 * active enough to be worth a flood, for in the tree that a flood leaves behind every rumor takes the fastest way. A tree
 * is known only by what this peer knows of it: its own links that are not in it.
 *
 * What one flood leaves is a tree; what two leave that cross each other need not even be connected, for each prunes links
 * that the other counts on. So the shared tree is shaped by one source at a time, the least of those who speak at the same
 * time, as bridges agree on a root (Perlman, "An algorithm for distributed computation of a spanning tree", 1985).
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

/** Whose duplicates prune the shared tree, and when it was heard last. */
interface Shaper {
  source: PeerId;
  lastMs: number;
}

interface Source {
  lastMs: number;
  tree: Tree | undefined;
  /** Number of the rumor that its tree began with. Those before it, which may be under way still, keep to the shared one. */
  fromSeq: number;
}

export interface TreesState {
  readonly shared: Tree;
  shaper: Shaper | undefined;
  /** Least recently heard first. */
  readonly sources: Map<PeerId, Source>;
  /** How many of them have a tree of their own. */
  own: number;
}

/**
 * A source is worth a tree of its own, and the flood that makes it, when it publishes more often than this. Measured: its
 * own halves the median latency in a mesh of 10; but each new link costs a copy in each tree, so among 300 that come and go
 * 40 sources that speak every 20 s had 0.9 copies too many with trees of their own, and 0.3 with a shared one.
 */
const ACTIVE_MS = 5_000;
/**
 * Its tree begins with a rumor whose number is a multiple of this, so that peers agree on it, whenever they began to listen:
 * those who disagree about whose tree it is prune each other's. Guess: who said three things will go on.
 */
const ACTIVE_RUMORS = 4;
/**
 * A shaper that is silent for so long gives way to whoever speaks; and links that became lazy so lately, while two floods
 * crossed, are eager again for the lesser source. Guess: several times what a flood and its prunes take.
 */
const SHAPING_MS = 2_000;
/** A source silent for this long gives its tree to another. Guess. */
const IDLE_MS = 30_000;

export class Trees {
  readonly state: TreesState;
  private readonly ownMax: number;

  constructor(ownMax: number, state?: TreesState) {
    this.ownMax = Math.min(ownMax, limits.treesMax);
    this.state = state ?? { shared: newTree(), shaper: undefined, sources: new Map(), own: 0 };
  }

  /** The tree that this source's rumor of that number goes along; without a number, those that it will publish. */
  of(source: PeerId, seq: number = Number.POSITIVE_INFINITY): Tree {
    const known = this.state.sources.get(source);
    return known?.tree === undefined || seq < known.fromSeq ? this.state.shared : known.tree;
  }

  /** This source's rumor of that number goes on; its tree. */
  use(source: PeerId, seq: number, now: Moment): Tree {
    const { sources } = this.state;
    const known = sources.get(source) ?? { lastMs: Number.NEGATIVE_INFINITY, tree: undefined, fromSeq: 0 };
    const active = seq > 0 && seq % ACTIVE_RUMORS === 0 && now.nowMs - known.lastMs < ACTIVE_MS;
    sources.delete(source);
    sources.set(source, known);
    known.lastMs = now.nowMs;
    if (known.tree === undefined && active && this.makeRoom(now)) {
      known.tree = newTree();
      known.fromSeq = seq;
      this.state.own++;
    }
    if (sources.size > limits.sourcesMax) this.forgetOldest();
    if (known.tree === undefined) this.shape(source, now);
    return this.of(source, seq);
  }

  /** Do this source's duplicates say that a link is not needed in this tree? */
  isShapedBy(source: PeerId, tree: Tree): boolean {
    const { shared, shaper } = this.state;
    return tree === this.of(source) && (tree !== shared || shaper === undefined || shaper.source === source);
  }

  private shape(source: PeerId, { nowMs }: Moment): void {
    const { shaper, shared } = this.state;
    if (shaper !== undefined && nowMs - shaper.lastMs <= SHAPING_MS) {
      if (source > shaper.source) return;
      if (source < shaper.source) {
        for (const [link, sinceMs] of shared.lazy) if (nowMs - sinceMs <= SHAPING_MS) shared.lazy.delete(link);
      }
    }
    this.state.shaper = { source, lastMs: nowMs };
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
