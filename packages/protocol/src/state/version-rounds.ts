/**
 * Anti-entropy of profiles, after Scuttlebutt (van Renesse, Dumitriu, Gough, Thomas, "Efficient reconciliation and flow control
 * for anti-entropy protocols", LADIS 2008): two neighbors tell each other up to which version they know each author, and only
 * what is newer travels. Three things are ours. Versions are told of those parts only in which sums differ, so that a round
 * of equals costs one small frame. Authors are named under the round's salt, so that what a bound leaves out is another
 * each time, and none is favored: that is the fair order. And a version without its author's signature is a hint.
 */
import type { Promises } from "../spreading/missing.ts";
import { limits } from "../limits.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { isRouted, type LinkId, type PeerId } from "../types.ts";
import { costOf } from "../repair/serving.ts";
import type { NamedVersion, ProfileDigestFrame, ProfileWantFrame } from "../wire/frames.ts";
import { onward } from "../wire/onward.ts";
import type { MapLines } from "./map-rounds.ts";
import { compareVersions } from "./profile.ts";
import { type Named, type ProfileTable, partOf, printsOf } from "./profile-table.ts";

interface RoundLink {
  /** When a round of ours is due with this link; Infinity for none. */
  dueMs: number;
  /** Ours that was not answered yet. */
  asked: number | undefined;
  /** Theirs in which something differed, the latest last: wants of these are answered. */
  readonly answering: number[];
  /** What was asked for and has not come, and when that is a promise broken. */
  owed: number;
  owedMs: number;
  kept: number;
  broken: number;
  /** Rounds that may still follow at once, until one is whole. */
  soon: number;
  /** Digests that this link may still have looked at, as of `looksMs`. */
  looks: number;
  looksMs: number;
}

export interface VersionRoundsState {
  readonly links: Map<LinkId, RoundLink>;
  /** When the next round with some neighbor is due; Infinity without neighbors. */
  dueMs: number;
  rounds: number;
  /** Rounds in which something differed. */
  differed: number;
  /** Profiles sent to neighbors that had older ones, or none. */
  served: number;
}

/** Of two ends of a new link one begins, the other makes sure. Source: `map-rounds.ts`; a little later, for what is urgent goes first. */
const FIRST_MS = 100;
const SECOND_MS = 1_000;
/** News is passed on by a round with another neighbor, without waiting for the period's end. Source: `map-rounds.ts`. */
const NEWS_MS = 500;
/** Where a bound cut a round short, the next one follows so soon. Guess: what came is verified by then. */
const MORE_MS = 250;
/** So often in a row: whoever never takes what it lacks is told at leisure. Reason: `profilesMax` of some 1 KB. */
const SOON_MAX = 20;
/** Guess: three retransmissions in a row on each of both ways. Source: `map-fetch.ts`. */
const PROMISE_MS = 10_000;
/** A lost packet lets a later round overtake the wants of an earlier one. Source: `map-rounds.ts`. */
const ROUNDS_MAX = 4;
/** Profiles in a part that is to differ as a whole. Guess: a sum is 4 B, a version 17. */
const PART_SIZE = 16;
const PART_BITS_MAX = 5;

export class VersionRounds {
  readonly state: VersionRoundsState;
  private readonly foundation: Foundation;
  private readonly table: ProfileTable;

  constructor(foundation: Foundation, table: ProfileTable, state?: VersionRoundsState) {
    this.foundation = foundation;
    this.table = table;
    this.state = state ?? { links: new Map(), dueMs: Number.POSITIVE_INFINITY, rounds: 0, differed: 0, served: 0 };
  }

  get deadlineMs(): number {
    let dueMs = this.state.dueMs;
    for (const link of this.state.links.values()) dueMs = Math.min(dueMs, link.dueMs);
    return dueMs;
  }

  onLinkUp(link: LinkId, peer: PeerId, { nowMs }: Moment): void {
    const { random, self, config } = this.foundation;
    this.add(link, nowMs + random.jitter(self < peer ? FIRST_MS : SECOND_MS), nowMs);
    if (this.state.links.size === 1) this.state.dueMs = nowMs + random.jitter(config.tuning.repairPeriodMs);
  }

  /** A peer at the end of a route: compared with once, by whoever holds something. */
  onRoutedUp(link: LinkId, ours: boolean, { nowMs }: Moment): void {
    this.add(link, ours && this.table.size > 0 ? nowMs : Number.POSITIVE_INFINITY, nowMs);
  }

  private add(link: LinkId, dueMs: number, nowMs: number): void {
    this.state.links.set(link, {
      dueMs,
      asked: undefined,
      answering: [],
      owed: 0,
      owedMs: 0,
      kept: 0,
      broken: 0,
      soon: SOON_MAX,
      looks: limits.profileDigestsPerSecondMax,
      looksMs: nowMs,
    });
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
    if (this.state.links.size === 0) this.state.dueMs = Number.POSITIVE_INFINITY;
  }

  /** What became of the versions that this neighbor said it has. */
  promisesOf(link: LinkId): Promises {
    return this.state.links.get(link) ?? { kept: 0, broken: 0 };
  }

  onDeadline(lines: MapLines, { nowMs }: Moment, out: Outbox): void {
    const { random, config } = this.foundation;
    const periodMs = config.tuning.repairPeriodMs;
    const due: LinkId[] = [];
    for (const [link, state] of this.state.links) if (nowMs >= state.dueMs) due.push(link);
    if (nowMs >= this.state.dueMs) {
      this.state.dueMs = nowMs + random.jitter(periodMs);
      const picked = random.pick([...this.state.links.keys()].filter((link) => !isRouted(link)));
      if (picked !== undefined && !due.includes(picked)) due.push(picked);
    }
    for (const link of due) {
      const state = this.state.links.get(link)!;
      state.dueMs = lines.mayServe(link) ? Number.POSITIVE_INFINITY : nowMs + random.jitter(periodMs);
      if (state.dueMs === Number.POSITIVE_INFINITY) this.begin(link, state, nowMs, out);
    }
  }

  /** Not looked at while the link takes no answer: the other side tries again. */
  onDigest(link: LinkId, frame: ProfileDigestFrame, lines: MapLines, { nowMs }: Moment, out: Outbox): void {
    const state = this.state.links.get(link);
    if (state === undefined || !mayLook(state, nowMs) || !lines.mayServe(link)) return;
    const { round, bits, says } = frame;
    if (says.kind === "prints") return this.answer(link, state, round, bits, says.prints, out);
    if (state.asked !== round) return;
    state.asked = undefined;
    const wanted: number[] = [];
    const theirs = new Map(says.versions.map((version) => [version.name, version]));
    const ours = this.table.named(round).filter(({ name }) => (says.parts & (1 << partOf(name, bits))) !== 0);
    const later = ours.filter(({ name, held }) => {
      const version = theirs.get(name);
      if (version === undefined) return true;
      theirs.delete(name);
      const by = compareVersions(version, held.rumor.header);
      if (by > 0) wanted.push(name);
      // Two of one version: whoever has both has a proof.
      return by < 0 || (by === 0 && version.print !== held.print[0]);
    });
    const names = [...wanted, ...theirs.keys()].toSorted((a, b) => a - b);
    if (names.length > 0) {
      out.frame(link, { kind: "profileWant", round, names }, "repair");
      state.owed = names.length;
      state.owedMs = nowMs + PROMISE_MS;
    }
    this.serve(link, state, later, lines, nowMs);
  }

  onWant(link: LinkId, { round, names }: ProfileWantFrame, lines: MapLines, { nowMs }: Moment): void {
    const state = this.state.links.get(link);
    const at = state?.answering.indexOf(round) ?? -1;
    if (state === undefined || at < 0 || !mayLook(state, nowMs)) return;
    // Once for each round.
    state.answering.splice(at, 1);
    const wanted = new Set(names);
    const held = this.table.named(round).filter(({ name }) => wanted.has(name));
    this.serve(link, state, held, lines, nowMs);
  }

  /** A profile came as repair, whatever was made of it. */
  onArrival(link: LinkId): void {
    const state = this.state.links.get(link);
    if (state === undefined || state.owed === 0) return;
    state.owed--;
    state.kept++;
  }

  /** A profile that came as repair is held now. */
  onGain({ nowMs }: Moment): void {
    if (this.state.links.size < 2) return;
    this.state.dueMs = Math.min(this.state.dueMs, nowMs + this.foundation.random.jitter(NEWS_MS));
  }

  private begin(link: LinkId, state: RoundLink, nowMs: number, out: Outbox): void {
    const round = this.foundation.random.uint32();
    this.state.rounds++;
    state.asked = round;
    if (state.owed > 0 && nowMs >= state.owedMs) {
      state.broken += state.owed;
      state.owed = 0;
    }
    const bits = this.bits;
    const says = { kind: "prints", prints: printsOf(this.table.named(round), round, bits) } as const;
    out.frame(link, { kind: "profileDigest", round, bits, says }, "control");
  }

  /** A neighbor's round begins: say which versions are here of what differs, in as many parts as we would make, and have room for. */
  private answer(link: LinkId, state: RoundLink, round: number, asked: number, prints: Uint32Array, out: Outbox): void {
    const all = this.table.named(round);
    const differing = printsOf(all, round, asked).map((print, part) => (print === prints[part] ? 0 : 1));
    if (!differing.includes(1)) return;
    this.state.differed++;
    const bits = Math.max(asked, this.bits);
    const within: Named[][] = Array.from({ length: 2 ** bits }, () => []);
    for (const one of all) within[partOf(one.name, bits)]!.push(one);
    const versions: NamedVersion[] = [];
    let parts = 0;
    for (const [part, named] of within.entries()) {
      if (differing[part >>> (bits - asked)] === 0) continue;
      if (versions.length + named.length > limits.profileVersionsMax) break;
      parts += 2 ** part;
      versions.push(...named.map(versionOf));
    }
    state.answering.push(round);
    if (state.answering.length > ROUNDS_MAX) state.answering.shift();
    out.frame(link, { kind: "profileDigest", round, bits, says: { kind: "versions", parts, versions } }, "repair");
  }

  /** What does not fit is for another round, which follows soon where that does not happen all the time. */
  private serve(link: LinkId, state: RoundLink, all: readonly Named[], lines: MapLines, nowMs: number): void {
    let bytes = 0;
    for (const { held } of all) {
      if (bytes >= limits.profileRoundBytes) {
        if (state.soon-- > 0) state.dueMs = nowMs + this.foundation.random.jitter(MORE_MS);
        return;
      }
      const { rumor, hops } = held;
      lines.answer(link, onward({ rumor, hops, repair: true }));
      bytes += costOf(rumor);
      this.state.served++;
    }
    state.soon = SOON_MAX;
  }

  private get bits(): number {
    return Math.min(PART_BITS_MAX, Math.ceil(Math.log2(Math.max(1, this.table.size / PART_SIZE))));
  }
}

function versionOf({ name, held }: Named): NamedVersion {
  const { incarnation, seq } = held.rumor.header;
  return { name, incarnation, seq, print: held.print[0]! };
}

function mayLook(state: RoundLink, nowMs: number): boolean {
  const max = limits.profileDigestsPerSecondMax;
  state.looks = Math.min(max, state.looks + ((nowMs - state.looksMs) * max) / 1_000);
  state.looksMs = nowMs;
  if (state.looks < 1) return false;
  state.looks--;
  return true;
}
