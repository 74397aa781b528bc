/**
 * Plumtree (Leitao, Pereira and Rodrigues, "Epidemic broadcast trees", 2007): payloads go along eager links, ids along
 * lazy ones. A duplicate prunes the link that it came by, so the eager links become a tree; a rumor that is announced and
 * does not come is grafted back, so the tree heals.
 *
 * What neighbors say of the tree are hints. A prune makes their link lazy and nothing more; a graft is answered with a
 * rumor only if that link was not sent it before; an announced shorter way is only tried beside the old one, and wins if
 * its payload comes first. So a liar can make nobody send more than a flood would, and can take away nothing.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { GraftFrame, IHaveFrame, PruneFrame, RumorFrame, SpreadingFrame } from "../wire/frames.ts";
import { Announcing } from "./announcing.ts";
import type { AnnouncingState } from "./announcing.ts";
import type { Lines } from "./lines.ts";
import { MissingRumors } from "./missing.ts";
import type { MissingState, Promises } from "./missing.ts";
import type { Recent, RecentRumors } from "./recent.ts";
import { shortId } from "./recent.ts";
import type { ResendingState } from "./resending.ts";
import { Resending } from "./resending.ts";
import type { Fresh, Stock, Strategy } from "./strategy.ts";
import { oneFurther, onward } from "../wire/onward.ts";
import type { Tree, TreesState } from "./trees.ts";
import { Trees } from "./trees.ts";

export interface BroadcastTreeState {
  readonly trees: TreesState;
  readonly announcing: AnnouncingState;
  readonly missing: MissingState;
  readonly resending: ResendingState;
  /** Rumors grafted from others, and by others. */
  grafts: number;
  grafted: number;
  prunes: number;
  trials: number;
}

/** Who pushes on after it was pruned is told so again, this much later. Guess: a prune takes a round trip to be felt. */
const PRUNE_AGAIN_MS = 1_000;
/** An announced way that many hops shorter is worth a trial. Measured: at 1 trials cost 0.3 copies a delivery and win nothing. */
const HOPS_GAIN = 3;
/** Between two trials in one tree; doubled for each that was lost. Guess: a trial costs a copy or two. */
const TRIAL_MS = 1_000;
const TRIAL_DOUBLINGS_MAX = 8;

/** Has it become lazy so lately that rumors may still come by it? */
function isYoung(sinceMs: number | undefined, { nowMs }: Moment): boolean {
  return sinceMs !== undefined && nowMs - sinceMs < PRUNE_AGAIN_MS;
}

export class BroadcastTree implements Strategy {
  readonly state: BroadcastTreeState;
  private readonly lines: Lines;
  private readonly recent: RecentRumors;
  private readonly stock: Stock;
  private readonly trees: Trees;
  private readonly announcing: Announcing;
  private readonly missing: MissingRumors;
  private readonly resending: Resending;

  constructor(foundation: Foundation, lines: Lines, recent: RecentRumors, stock: Stock, state?: BroadcastTreeState) {
    this.lines = lines;
    this.recent = recent;
    this.stock = stock;
    this.trees = new Trees(foundation.config.tuning.sourceTreesMax, state?.trees);
    this.announcing = new Announcing(foundation, lines, state?.announcing);
    this.missing = new MissingRumors(state?.missing);
    this.resending = new Resending(lines, stock, state?.resending);
    this.state = state ?? {
      trees: this.trees.state,
      announcing: this.announcing.state,
      missing: this.missing.state,
      resending: this.resending.state,
      grafts: 0,
      grafted: 0,
      prunes: 0,
      trials: 0,
    };
  }

  get deadlineMs(): number {
    return Math.min(this.announcing.deadlineMs, this.missing.deadlineMs);
  }

  promisesOf(link: LinkId): Promises {
    return this.missing.promisesOf(link);
  }

  /** Neighbors start eager, in every tree. */
  onLinkUp(link: LinkId): void {
    this.missing.onLinkUp(link);
  }

  onLinkDown(link: LinkId, now: Moment): void {
    this.trees.onLinkDown(link);
    this.announcing.onLinkDown(link);
    this.missing.onLinkDown(link, now);
    this.resending.onLinkDown(link);
  }

  onWritable(): void {}

  /** Whatever spreads it: it is here, and its tree learns by which way it came. True when it had to be grafted. */
  onArrived({ rumor, id, link, repair }: Fresh, now: Moment): boolean {
    const grafted = this.missing.onArrived(shortId(id), link, now);
    if (link === undefined || repair) return grafted;
    const tree = this.trees.use(rumor.header.author, rumor.header.seq, now);
    // Sent before our prune arrived, and first by chance: the tree is as it was.
    if (!grafted && isYoung(tree.lazy.get(link), now)) return grafted;
    tree.lazy.delete(link);
    if (tree.trial === link) {
      tree.trial = undefined;
      tree.trialsLost = 0;
    }
    tree.parent = link;
    return grafted;
  }

  onAccepted(fresh: Fresh, now: Moment, out: Outbox): void {
    const { rumor, id, link } = fresh;
    const { author, seq } = rumor.header;
    const tree = link === undefined ? this.trees.use(author, seq, now) : this.trees.of(author, seq);
    const frame = onward(fresh);
    const name = shortId(id);
    // Copies that came while its signature was checked, when it was not known yet which tree it belongs to.
    for (const other of fresh.knownBy) if (other !== link) this.prune(other, tree, author, now, out);
    for (const other of this.lines.all) {
      if (fresh.knows(other)) continue;
      // Most neighbors of whoever catches up have had it long ago.
      if (fresh.repair || tree.lazy.has(other)) this.announcing.add(other, name, frame.hops, now);
      else if (this.lines.send(other, frame, out, fresh.traffic)) fresh.known.push(other);
    }
  }

  /** Will this neighbor hear of it from us, and has not yet? */
  isUntold(link: LinkId, id: string): boolean {
    return this.announcing.isPending(link, id);
  }

  /** Are we this neighbor's parent in the tree of that source, as far as we know? */
  isParentOf(link: LinkId, author: PeerId): boolean {
    return !this.trees.of(author).lazy.has(link);
  }

  /** A copy of a rumor that is here. */
  onCopy(id: string, link: LinkId, now: Moment): void {
    this.missing.onLate(id, link, now);
  }

  /** Say that it is here to all who did not bring it, whether or not they are sent it: what is lost on the way is grafted. */
  announce({ id, hops, link, knownBy, keptFrom }: Fresh, now: Moment): void {
    const name = shortId(id);
    for (const other of this.lines.all) {
      if (other !== link && other !== keptFrom && !knownBy.includes(other)) this.tell(other, name, hops, now);
    }
  }

  /** Announce one rumor to one neighbor, `hops` links from its source. */
  tell(link: LinkId, id: string, hops: number, now: Moment): void {
    this.announcing.add(link, id, oneFurther(hops), now);
  }

  /** What answers a question of ours says nothing about the tree. */
  onDuplicate(link: LinkId, { rumor, repair }: RumorFrame, _slot: string, now: Moment, out: Outbox): void {
    if (repair) return;
    const { author, seq } = rumor.header;
    this.prune(link, this.trees.of(author, seq), author, now, out);
  }

  /** This link brought a copy too many of the author's. */
  private prune(link: LinkId, tree: Tree, author: PeerId, now: Moment, out: Outbox): void {
    // From the parent it is one only because a copy came first that had been sent before our prune.
    if (!this.trees.isShapedBy(author, tree) || link === tree.parent || isYoung(tree.lazy.get(link), now)) return;
    tree.lazy.set(link, now.nowMs);
    if (tree.trial === link) tree.trial = undefined;
    this.state.prunes++;
    out.frame(link, { kind: "prune", sources: [author] }, "control");
  }

  onFrame(link: LinkId, frame: SpreadingFrame, now: Moment, out: Outbox): void {
    switch (frame.kind) {
      case "iHave":
        return this.onIHave(link, frame, now, out);
      case "graft":
        return this.onGraft(link, frame, now, out);
      case "prune":
        return this.onPrune(link, frame, now);
      default:
        // Of rumor mongering.
        return;
    }
  }

  onDeadline(now: Moment, out: Outbox): void {
    this.announcing.onDeadline(now, out);
    let coming: Set<string> | undefined;
    const isComing = (id: string): boolean => (coming ??= new Set(Array.from(this.stock.verifying(), shortId))).has(id);
    for (const [link, ids] of this.missing.onDeadline(now, isComing)) this.graft(link, true, ids, out);
  }

  private onIHave(link: LinkId, { rumors }: IHaveFrame, now: Moment, out: Outbox): void {
    for (const { id, hops } of rumors) {
      const recent = this.recent.get(id);
      if (recent === undefined) {
        this.missing.onAnnounced(link, id, now);
        continue;
      }
      this.announcing.drop(link, id);
      if (!recent.proved.includes(link)) recent.proved.push(link);
      if (recent.from !== undefined && recent.from !== link && recent.hops - hops >= HOPS_GAIN) {
        this.tryWay(this.trees.of(recent.author, recent.seq), link, id, now, out);
      }
    }
  }

  /** The shared tree is nobody's to make shorter: what suits one source is a detour for the next. */
  private tryWay(tree: Tree, link: LinkId, id: string, now: Moment, out: Outbox): void {
    if (tree === this.state.trees.shared || !tree.lazy.has(link) || now.nowMs < tree.trialMs) return;
    tree.trial = link;
    tree.trialMs = now.nowMs + TRIAL_MS * 2 ** Math.min(tree.trialsLost, TRIAL_DOUBLINGS_MAX);
    tree.trialsLost++;
    tree.lazy.delete(link);
    this.state.trials++;
    this.graft(link, false, [id], out);
  }

  private onGraft(link: LinkId, { wanted, ids }: GraftFrame, now: Moment, out: Outbox): void {
    const again: Recent[] = [];
    for (const id of ids) {
      const recent = this.recent.get(id);
      if (recent === undefined) continue;
      this.trees.of(recent.author, recent.seq).lazy.delete(link);
      if (!wanted) continue;
      if (recent.known.includes(link)) {
        if (recent.urgentMs !== Number.POSITIVE_INFINITY) again.push(recent);
        continue;
      }
      const rumor = this.stock.find(recent.key, recent.seq);
      if (rumor === undefined) continue;
      const frame = onward({ rumor, hops: recent.hops, repair: false });
      if (!this.lines.send(link, frame, out)) return;
      recent.known.push(link);
      recent.resent.push(link);
      this.state.grafted++;
    }
    this.resending.answer(link, again, now, out);
  }

  private onPrune(link: LinkId, { sources }: PruneFrame, now: Moment): void {
    for (const source of sources) {
      // Whoever is pruned in another's name has heard of a lesser source, or will.
      const tree = this.trees.of(source);
      if (this.trees.isShapedBy(source, tree)) tree.lazy.set(link, now.nowMs);
    }
  }

  private graft(link: LinkId, wanted: boolean, ids: readonly string[], out: Outbox): void {
    if (wanted) this.state.grafts += ids.length;
    for (let at = 0; at < ids.length; at += limits.announcedMax) {
      out.frame(link, { kind: "graft", wanted, ids: ids.slice(at, at + limits.announcedMax) }, "control");
    }
  }
}
