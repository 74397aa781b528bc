/**
 * The epochs of a mesh's keys: which were announced, which of their keys are here, which one to write under, and when
 * another is due. An epoch has a random key that whoever was removed before it is never given (the idea of group re-keying,
 * RFC 4046; here without a key server). Peers that know the same announcements and removals choose the same one, in
 * whatever order these came: two that were made apart both stay readable.
 *
 * The core knows keys by their ids alone.
 */
import { limits } from "../limits.ts";
import type { Header, KeyPolicy, PeerId } from "../types.ts";
import type { Announcement } from "../wire/epoch-codec.ts";

export interface Epoch extends Announcement {
  readonly maker: PeerId;
  /** Stamp of the announcement. */
  readonly startMs: number;
  readonly counter: number;
}

/** What an epoch is judged by. */
export interface Roster {
  /** Everybody who was removed: convicted, or no longer admitted. */
  readonly removed: ReadonlySet<PeerId>;
  isAdmin(peer: PeerId): boolean;
}

export interface EpochsState {
  /** By key id. */
  readonly known: Map<string, Epoch>;
  /** When epochs began of which only a later one tells. */
  readonly former: Map<string, number>;
  /** When epochs ended: another that followed on them began. */
  readonly ended: Map<string, number>;
  /** Of epochs that were heard of long after they are said to have begun: when they were. */
  readonly late: Map<string, number>;
  /** Keys that the driver holds. */
  readonly held: Set<string>;
  /** Key id of the epoch to write under. */
  writing: string | undefined;
}

/** Epochs that may be written under. Reason: what is older than so many was followed by all of them. */
const RANKED_MAX = 32;
/** An announcement takes no longer to whoever is there. Guess: some rounds of repair. */
const LATE_MS = 60_000;
/** From an announcement until its key has come, or another is made. Guess: several times what asking every neighbor takes. */
const COMING_MS = 15_000;

export class Epochs {
  readonly state: EpochsState;

  constructor(state?: EpochsState) {
    this.state = state ?? {
      known: new Map(),
      former: new Map(),
      ended: new Map(),
      late: new Map(),
      held: new Set(),
      writing: undefined,
    };
  }

  get writing(): Epoch | undefined {
    const { known, writing } = this.state;
    return writing === undefined ? undefined : known.get(writing);
  }

  holds(keyId: string): boolean {
    return this.state.held.has(keyId);
  }

  startOf(keyId: string): number | undefined {
    return this.state.known.get(keyId)?.startMs ?? this.state.former.get(keyId);
  }

  /**
   * From when on whoever has its key was a member, by what we know ourselves; undefined for what is no epoch. Anybody may
   * announce one in arrears, and so claim to have been here before.
   */
  provesFrom(keyId: string): number | undefined {
    const startMs = this.startOf(keyId);
    return startMs === undefined ? undefined : Math.max(startMs, this.state.late.get(keyId) ?? startMs);
  }

  /** When it was followed by another; undefined while it stands, and for what is no epoch. */
  endOf(keyId: string): number | undefined {
    return this.state.ended.get(keyId);
  }

  /** The first of all: what came before it was sealed with keys that everybody has who ever was a member. */
  get firstMs(): number {
    const { known, former } = this.state;
    let first = Number.POSITIVE_INFINITY;
    for (const { startMs } of known.values()) first = Math.min(first, startMs);
    for (const startMs of former.values()) first = Math.min(first, startMs);
    return first;
  }

  /** An announcement that is its author's, and whose author might write. False when it is not news. `nowMs`: mesh time. */
  learn(
    announcement: Announcement,
    header: Pick<Header, "author" | "timeMs" | "counter">,
    nowMs: number = header.timeMs,
  ): boolean {
    const { known, former, ended, late } = this.state;
    if (known.has(announcement.keyId)) return false;
    const { author: maker, timeMs: startMs, counter } = header;
    const note = (keyId: string, beganMs: number): void => {
      if (this.startOf(keyId) === undefined && nowMs - beganMs > LATE_MS) late.set(keyId, nowMs);
    };
    note(announcement.keyId, startMs);
    known.set(announcement.keyId, { ...announcement, maker, startMs, counter });
    for (const { keyId, startMs: beganMs } of announcement.former) {
      ended.set(keyId, Math.min(ended.get(keyId) ?? startMs, startMs));
      note(keyId, beganMs);
      if (!former.has(keyId)) former.set(keyId, beganMs);
    }
    for (const map of [former, ended]) {
      // Anybody may say that there were others: when those began whose keys are here is forgotten last.
      for (const isSpared of [(id: string) => this.holds(id), () => false]) {
        for (const oldest of map.keys()) {
          if (map.size <= limits.epochsMax) break;
          if (!isSpared(oldest)) map.delete(oldest);
        }
      }
    }
    if (known.size > limits.epochsMax) this.forgetOne();
    for (const keyId of late.keys()) if (this.startOf(keyId) === undefined) late.delete(keyId);
    return true;
  }

  /** Choose again. True when the choice is another one. */
  choose(roster: Roster): boolean {
    const best = this.ranked(roster).find(({ keyId }) => this.holds(keyId))?.keyId;
    const changed = best !== this.state.writing;
    this.state.writing = best;
    return changed;
  }

  /**
   * Best first: those that shut out everybody who was removed, and of these the latest. Last come those of makers who were
   * removed themselves, for their friends have the keys: better than none.
   */
  ranked(roster: Roster): readonly Epoch[] {
    const latest = [...this.state.known.values()].toSorted((a, b) => compare(b, a));
    const fit = latest.filter(({ maker }) => !roster.removed.has(maker)).slice(0, RANKED_MAX);
    const safe = new Set(fit.filter((epoch) => covers(epoch, roster)));
    return [...new Set([...safe, ...fit, ...latest])];
  }

  /** One that is announced, and better than what is held, is waited for; but of each maker for one at a time. */
  isComing(roster: Roster, meshMs: number): boolean {
    const [best] = this.ranked(roster);
    if (best === undefined || this.holds(best.keyId) || meshMs >= best.startMs + COMING_MS) return false;
    const isMissing = ({ keyId, maker }: Epoch): boolean =>
      maker === best.maker && !this.holds(keyId) && !this.state.ended.has(keyId);
    return [...this.state.known.values()].filter(isMissing).length === 1;
  }

  /** Is what is written now sealed for nobody who was removed? Of more than one epoch can name, since a while ago at most. */
  isSafe(roster: Roster, meshMs: number): boolean {
    const { writing } = this;
    if (writing === undefined || !covers(writing, roster) || roster.removed.has(writing.maker)) return false;
    return !isCrowded(writing, roster) || meshMs < writing.startMs + limits.rotateMsMin || namesAll(writing, roster);
  }

  /** That of the latest epoch that an admin made; where there is none, of the latest. */
  policy(roster: Roster): KeyPolicy | undefined {
    const all = [...this.state.known.values()];
    const admins = all.filter(({ maker }) => roster.isAdmin(maker));
    return (admins.length > 0 ? admins : all).toSorted(compare).at(-1);
  }

  /** What a new epoch says of those before it. */
  following(): Pick<Announcement, "number" | "former"> {
    const { known, former } = this.state;
    const starts = new Map(former);
    let number = 0;
    for (const epoch of known.values()) {
      starts.set(epoch.keyId, epoch.startMs);
      number = Math.max(number, epoch.number);
    }
    const newest = [...starts].toSorted(([, a], [, b]) => b - a).slice(0, limits.keysAtOnceMax);
    // A number is for people; whoever announces an absurd one does not make the next ones fail.
    const next = number < Number.MAX_SAFE_INTEGER ? number + 1 : 1;
    return { number: next, former: newest.map(([keyId, startMs]) => ({ keyId, startMs })) };
  }

  /** Of the maker with most its oldest: nobody pushes out what others made. */
  private forgetOne(): void {
    const byMaker = new Map<PeerId, Epoch[]>();
    for (const epoch of this.state.known.values()) {
      byMaker.set(epoch.maker, [...(byMaker.get(epoch.maker) ?? []), epoch]);
    }
    const most = [...byMaker.values()].toSorted((a, b) => b.length - a.length)[0]!;
    this.state.known.delete(most.toSorted(compare)[0]!.keyId);
  }
}

/** Of a crowd any part is taken for the whole: each peer knows another part of it, and would make an epoch of its own for ever. */
function covers(epoch: Epoch, roster: Roster): boolean {
  return roster.removed.size === 0 || isCrowded(epoch, roster) || namesAll(epoch, roster);
}

/** More were removed than an announcement names. */
function isCrowded({ out }: Epoch, { removed }: Roster): boolean {
  return out.length >= limits.shutOutMax && removed.size >= limits.shutOutMax;
}

function namesAll({ out }: Epoch, { removed }: Roster): boolean {
  const shut = new Set(out);
  for (const peer of removed) if (!shut.has(peer)) return false;
  return true;
}

/** By their stamps; whatever comes last decides between equals, as long as it is the same everywhere. */
function compare(a: Epoch, b: Epoch): number {
  return a.startMs - b.startMs || a.counter - b.counter || (a.keyId < b.keyId ? -1 : 1);
}
