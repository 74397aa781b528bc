/**
 * Spreading: how a rumor that was accepted goes on to the neighbors. This room keeps what all strategies share, the lines
 * and the rumors spread lately, and hands everything to the one that the mesh is configured for, or, where it is left to
 * the peer, to the one that the weather is fit for. The tree answers its frames whichever it is, so that peers of
 * different minds understand each other.
 */
import type { SpreadingPolicy } from "../config.ts";
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { RumorFrame, SpreadingFrame } from "../wire/frames.ts";
import { STANDING } from "../wire/frames.ts";
import type { LaterRooms } from "../parts/later-rooms.ts";
import type { BroadcastTree, BroadcastTreeState } from "./broadcast-tree.ts";
import type { Climate, ClimateState } from "./climate.ts";
import { Flood } from "./flood.ts";
import type { LinesState } from "./lines.ts";
import { Lines } from "./lines.ts";
import type { Mongering, MongeringCounts, MongeringState } from "./mongering.ts";
import type { Promises } from "./missing.ts";
import type { Probing, ProbingState, Shows } from "./probing.ts";
import type { RecentState } from "./recent.ts";
import { RecentRumors, shortId } from "./recent.ts";
import type { Accepted, Fresh, Stock, Strategy } from "./strategy.ts";

export interface SpreadingState {
  readonly lines: LinesState;
  readonly recent: RecentState;
  /** These four: undefined until they have come (`parts.ts`). */
  readonly tree: BroadcastTreeState | undefined;
  readonly mongering: MongeringState | undefined;
  readonly climate: ClimateState | undefined;
  readonly probing: ProbingState | undefined;
}

/** For stats. */
export interface SpreadingCounts {
  /** What spreads rumors now, and how often a storm made it a flood. */
  readonly strategy: "flood" | "tree" | "mongering";
  readonly storms: number;
  /** Sources with a tree of their own. */
  readonly trees: number;
  /** Of the shared tree. */
  readonly eagerLinks: number;
  readonly lazyLinks: number;
  /** Rumors announced, grafted from others and by others; prunes sent; shorter ways tried. */
  readonly announced: number;
  readonly grafts: number;
  readonly grafted: number;
  readonly prunes: number;
  readonly trials: number;
  /** Rumors sent again because a datagram was lost. */
  readonly resent: number;
  /** Of the last window in which enough was delivered: grafts and duplicates for each delivery; and links lost, as a share. */
  readonly graftShare: number;
  readonly duplicateShare: number;
  readonly lostShare: number;
  /** Rumors by their state here, and what was done by mongering. */
  readonly mongering: MongeringCounts;
}

/**
 * A repaired rumor is passed on at once only while it is younger than this: then its first spreading may have been cut
 * short, and a mesh that has just been mended hears of it quickly. What is older is for rounds, or every joiner's
 * catching up would be flooded anew. Source: `skewMs`, within which mesh times are taken to agree.
 */
export const YOUNG_MS: number = limits.skewMs;

export class Spreading {
  readonly state: { -readonly [K in keyof SpreadingState]: SpreadingState[K] };
  readonly lines: Lines;
  private readonly policy: SpreadingPolicy;
  private readonly urgent: boolean;
  private readonly recent: RecentRumors;
  private readonly flood: Flood;
  /** Until these have come everything is flooded, to some links more than need be. */
  private tree: BroadcastTree | undefined;
  private mongering: Mongering | undefined;
  private climate: Climate | undefined;
  private probing: Probing | undefined;
  private readonly foundation: Foundation;
  private readonly stock: Stock;

  /** `later`: rooms that are there from the beginning; a state says by itself whether they are. */
  constructor(foundation: Foundation, stock: Stock, state?: SpreadingState, later?: LaterRooms) {
    this.foundation = foundation;
    this.stock = stock;
    this.policy = foundation.config.tuning.spreading;
    this.urgent = foundation.config.tuning.urgent;
    this.lines = new Lines(foundation.self, state?.lines);
    this.recent = new RecentRumors(state?.recent);
    this.flood = new Flood(this.lines);
    this.state = {
      lines: this.lines.state,
      recent: this.recent.state,
      tree: undefined,
      mongering: undefined,
      climate: undefined,
      probing: undefined,
    };
    if (later !== undefined && (state === undefined || state.tree !== undefined)) this.open(later, state);
    else if (this.policy === "mongering") throw new Error("expected the room of mongering, for rumors are mongered");
  }

  /** From now on there are trees, and whoever mongers is answered. Once. */
  open({ BroadcastTree, Climate, Mongering, Probing }: LaterRooms, state?: SpreadingState): void {
    const { foundation, lines, recent, stock } = this;
    this.tree = new BroadcastTree(foundation, lines, recent, stock, state?.tree);
    this.mongering = new Mongering(foundation, lines, recent, stock, state?.mongering);
    this.climate = new Climate(state?.climate);
    this.probing = new Probing(foundation.random, state?.probing);
    this.state.tree = this.tree.state;
    this.state.mongering = this.mongering.state;
    this.state.climate = this.climate.state;
    this.state.probing = this.probing.state;
  }

  get deadlineMs(): number {
    const { lines, tree, mongering, probing } = this;
    const first = Math.min(lines.deadlineMs, tree?.deadlineMs ?? Number.POSITIVE_INFINITY);
    return tree === undefined ? first : Math.min(first, mongering!.deadlineMs, probing!.deadlineMs);
  }

  /** What became of the rumors that this neighbor announced and that were asked for. */
  promisesOf(link: LinkId): Promises {
    return this.tree?.promisesOf(link) ?? NO_PROMISES;
  }

  /** What this neighbor did for the spreading of rumors. */
  showsOf(link: LinkId): Shows | undefined {
    return this.probing?.showsOf(link);
  }

  onLinkUp(link: LinkId, now: Moment): void {
    this.lines.onLinkUp(link);
    this.onNeighbor(link, now);
  }

  /** Told to what comes later of every link that stands already. */
  onNeighbor(link: LinkId, now: Moment): void {
    this.tree?.onLinkUp(link);
    this.mongering?.onLinkUp();
    this.probing?.onLinkUp(link, now);
  }

  onLinkDown(link: LinkId, now: Moment): void {
    this.lines.onLinkDown(link);
    this.tree?.onLinkDown(link, now);
    this.mongering?.onLinkDown(link);
    this.probing?.onLinkDown(link);
    this.climate?.onLinkLost();
  }

  /** Returns true when the link can be written to again, and has missed something meanwhile. */
  onWritable(link: LinkId, writable: boolean): boolean {
    return this.lines.onWritable(link, writable);
  }

  /** `mayProbe`: whoever has it would pass it on, if it is honest. */
  onAccepted(accepted: Accepted, now: Moment, out: Outbox, mayProbe = true): void {
    this.lines.onMoment(now);
    const { rumor, id, key, slot, link, hops, repair, knownBy } = accepted;
    if (repair && rumor.header.timeMs <= now.meshMs - YOUNG_MS) return;
    const known = link === undefined || knownBy.includes(link) ? [...knownBy] : [link, ...knownBy];
    const traffic = this.isUrgent(accepted) ? "urgent" : "fresh";
    const { author } = rumor.header;
    const isWaiting = (other: LinkId): boolean => this.current === "tree" && this.tree!.isParentOf(other, author);
    const keptFrom = repair || !mayProbe ? undefined : this.probing?.onSpread(accepted, now, isWaiting);
    const knows = (other: LinkId): boolean => known.includes(other) || other === keptFrom || accepted.knows(other);
    const fresh: Fresh = { rumor, id, key, slot, link, hops, repair, knownBy, known, knows, keptFrom, traffic };
    this.recent.add(fresh, now);
    const grafted = this.tree?.onArrived(fresh, now) === true;
    this.mongering?.onArrived(fresh, now);
    this.climate?.onDelivery(grafted);
    const strategy = this.strategy(now);
    strategy.onAccepted(fresh, now, out);
    // In a storm links are about to break, with what is on its way; and datagrams may be lost at any time.
    const stormy = strategy === this.flood && this.policy === "adaptive";
    if (stormy || traffic === "urgent") this.tree?.announce(fresh, now);
  }

  /** It is here, and goes no further: whoever announces it need not be asked for it. */
  onMute(accepted: Accepted, now: Moment): void {
    const { link, knownBy } = accepted;
    const known = link === undefined ? [...knownBy] : [link, ...knownBy];
    const fresh: Fresh = { ...accepted, known, traffic: "fresh" };
    this.recent.add(fresh, now);
    this.tree?.onArrived(fresh, now);
  }

  /** `id`: of the rumor that is held in this slot; undefined while it is being verified. */
  onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox, id?: Uint8Array): void {
    if (!frame.repair) {
      this.climate?.onDuplicate();
      this.noteCopy(link, frame, slot, id, now);
    }
    // What is being verified is in no tree yet; when it is, whoever brought copies is known to have it.
    if (id === undefined) return;
    const strategy = this.strategy(now);
    // Nobody who mongers sends a payload that was not asked for: it came along a neighbor's tree, which wants to know.
    (strategy === this.mongering ? this.tree! : strategy).onDuplicate(link, frame, slot, now, out);
  }

  onFrame(link: LinkId, frame: SpreadingFrame, now: Moment, out: Outbox): void {
    this.noteWord(link, frame);
    if (frame.kind === "prune") this.climate?.onPruned();
    this.tree?.onFrame(link, frame, now, out);
    this.mongering?.onFrame(link, frame, now, out);
  }

  onDeadline(now: Moment, out: Outbox): void {
    if (now.nowMs < this.deadlineMs) return;
    this.lines.onMoment(now);
    this.lines.drain(out);
    for (const { link, id, hops } of this.probing?.onDeadline(now) ?? []) {
      const recent = this.recent.get(id);
      if (recent === undefined) continue;
      recent.keptFrom = undefined;
      if (!recent.proved.includes(link)) this.tree?.tell(link, id, hops, now);
    }
    this.tree?.onDeadline(now, out);
    this.mongering?.onDeadline(now, out);
  }

  counts(): SpreadingCounts {
    const { tree, climate } = this.state;
    const { storms = 0, graftShare = 0, duplicateShare = 0, lostShare = 0 } = climate ?? {};
    const lazyLinks = tree?.trees.shared.lazy.size ?? 0;
    return {
      strategy: this.current,
      storms,
      trees: tree?.trees.own ?? 0,
      eagerLinks: this.lines.size - lazyLinks,
      lazyLinks,
      announced: tree?.announcing.announced ?? 0,
      grafts: tree?.grafts ?? 0,
      grafted: tree?.grafted ?? 0,
      prunes: tree?.prunes ?? 0,
      trials: tree?.trials ?? 0,
      resent: tree?.resending.resent ?? 0,
      graftShare,
      duplicateShare,
      lostShare,
      mongering: this.mongering?.counts() ?? NO_MONGERING,
    };
  }

  /** What is asked for by a round was not kept from us either. */
  onWanted(link: LinkId, isWanted: (slot: string) => boolean): void {
    this.probing?.onAsked(link, ({ slot }) => isWanted(slot));
  }

  private noteCopy(link: LinkId, { rumor }: RumorFrame, slot: string, id: Uint8Array | undefined, now: Moment): void {
    const name = id === undefined ? undefined : shortId(id);
    if (name !== undefined) this.tree?.onCopy(name, link, now);
    const recent = name === undefined ? undefined : this.recent.get(name);
    const before = recent?.brought.includes(link);
    const isEcho = recent?.known.includes(link) === true;
    this.probing?.onCopy(link, slot, rumor.header.timeMs, before, isEcho, now);
    if (recent !== undefined && !recent.brought.includes(link)) recent.brought.push(link);
  }

  /** What a frame says of rumors: which a neighbor has, and which it lacks. */
  private noteWord(link: LinkId, frame: SpreadingFrame): void {
    const { recent, tree, probing } = this;
    if (tree === undefined || probing === undefined) return;
    if (frame.kind === "iHave" || frame.kind === "tell") {
      for (const { id } of frame.rumors) {
        const known = recent.get(id);
        if (known?.proved.includes(link) === true) continue;
        const isTold = frame.kind === "tell";
        const wasTold = isTold ? known?.told.includes(link) : !tree.isUntold(link, id);
        const isEcho = known !== undefined && (known.known.includes(link) || wasTold === true);
        probing.onNamed(link, id, known !== undefined, isEcho, isTold);
        if (isTold) known?.proved.push(link);
      }
    } else if (frame.kind === "graft") probing.onAsked(link, ({ id }) => frame.ids.includes(id));
    else if (frame.kind === "told") {
      probing.onAsked(link, (probe) =>
        frame.answers.some(({ id, standing }) => id === probe.id && isLacking(standing)),
      );
    }
  }

  private isUrgent({ repair, rumor }: Accepted): boolean {
    return this.urgent && this.policy !== "mongering" && !repair && rumor.body.length <= limits.urgentBodyBytesMax;
  }

  private get current(): SpreadingCounts["strategy"] {
    if (this.climate === undefined) return "flood";
    if (this.policy !== "adaptive") return this.policy;
    return this.climate.state.stormy ? "flood" : "tree";
  }

  private strategy(now: Moment): Strategy {
    this.climate?.judge(this.lines.size, now);
    return this[this.current]!;
  }
}

const NO_PROMISES: Promises = { kept: 0, broken: 0 };
const NO_MONGERING: MongeringCounts = {
  susceptible: 0,
  infective: 0,
  removed: 0,
  calls: 0,
  updates: 0,
  refused: 0,
  hunted: 0,
};

function isLacking(standing: number): boolean {
  return standing === STANDING.wants || standing === STANDING.awaits;
}
