/**
 * Rounds with peers that are no neighbors, so that neighbors who all withhold something are found out: every fourth round
 * goes to one drawn from the table, in sealed envelopes along a route and back on its circuit (DESIGN, validation of state
 * digests, rule 6). Such a peer is a link of its own to the rooms of repair, with a number below zero; it lasts some
 * seconds, and carries no more bytes than `limits.routedBytesMax` each way. What it brings is checked like anything else.
 */
import { limits } from "../limits.ts";
import { forgetOldest } from "../rumors/oldest.ts";
import type { Credential, LinkId, PeerId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import type { Frame } from "../wire/frames.ts";

interface RoutedLink {
  readonly peer: PeerId;
  readonly boxKey: Uint8Array;
  readonly circuit: string;
  /** We began it. */
  readonly ours: boolean;
  /** Its peer had one not long before: it gives way to who had none. */
  readonly again: boolean;
  /** The first envelope has left: what follows goes on the circuit that it lays. */
  laid: boolean;
  untilMs: number;
  bytesLeft: number;
}

export interface RoutedState {
  readonly links: Map<LinkId, RoutedLink>;
  next: LinkId;
  /** When the next one begins; 0 before the first moment. */
  dueMs: number;
  /** When others had a round with us last. Oldest first. */
  readonly heard: Map<PeerId, number>;
  /** Those begun, and envelopes of others that were not taken. */
  begun: number;
  refused: number;
}

/** Every fourth round. Source: DESIGN. */
const ROUNDS = 4;
/** Guess: as many exchanges as a round takes, at a second each on a busy route. */
const LAST_MS = 10_000;
/** Who had a round so lately gives way. Reason: each peer begins one in 8 s, with one of all: in a mesh of eight or more it is due to nobody sooner. */
const AGAIN_MS = 60_000;
/** What is said in such a round: of repair, of maps and profiles, and of authors whom nobody near has told of. */
const KINDS: ReadonlySet<Frame["kind"]> = new Set<Frame["kind"]>([
  "digest",
  "reconcile",
  "have",
  "want",
  "rumor",
  "segment",
  "mapDigest",
  "mapWant",
  "profileDigest",
  "profileWant",
  "credentialsWant",
  "credentialsHave",
]);

/** Whose word came along a route. */
export interface Heard {
  readonly link: LinkId;
  readonly isNew: boolean;
  readonly instead: LinkId | undefined;
}

export class Routed {
  readonly state: RoutedState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: RoutedState) {
    this.foundation = foundation;
    this.state = state ?? { links: new Map(), next: -1, heard: new Map(), dueMs: 0, begun: 0, refused: 0 };
  }

  get deadlineMs(): number {
    let dueMs = this.isOn ? this.state.dueMs : Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.state.links.values()) dueMs = Math.min(dueMs, untilMs);
    return dueMs;
  }

  get(link: LinkId): RoutedLink | undefined {
    return this.state.links.get(link);
  }

  /** Those that are over now; and whether another is due. */
  onDeadline(now: Moment): { readonly over: readonly LinkId[]; readonly due: boolean } {
    const { state } = this;
    const over = [...state.links].filter(([, { untilMs }]) => now.nowMs >= untilMs).map(([link]) => link);
    const due = this.isOn && now.nowMs >= state.dueMs;
    if (due) {
      state.dueMs = now.nowMs + ROUNDS * this.foundation.config.tuning.repairPeriodMs;
    }
    return { over, due: due && state.dueMs > now.nowMs };
  }

  begin(peer: PeerId, boxKey: Uint8Array, circuit: string, now: Moment): LinkId {
    const { random, config } = this.foundation;
    this.state.begun++;
    this.state.dueMs = now.nowMs + random.jitter(ROUNDS * config.tuning.repairPeriodMs);
    return this.add({ peer, boxKey, circuit, ours: true, again: false, laid: false }, now);
  }

  end(link: LinkId): void {
    this.state.links.delete(link);
  }

  /**
   * Whose word this is. A digest from somebody new begins a round of theirs, when there is room for one more, or another
   * had one lately: few must not keep all others from finding out what is withheld from them. `instead`: what ends for it.
   */
  hear(circuit: string, sender: Credential, frame: Frame, now: Moment): Heard | undefined {
    if (!KINDS.has(frame.kind)) return undefined;
    const { links, heard } = this.state;
    const { peer, boxKey } = sender;
    const theirs = [...links].filter(([, { ours }]) => !ours);
    for (const [link, one] of links) {
      if (one.circuit === circuit && one.peer === peer) return { link, isNew: false, instead: undefined };
    }
    const again = now.nowMs < (heard.get(peer) ?? Number.NEGATIVE_INFINITY) + AGAIN_MS;
    const isFull = theirs.length >= limits.routedMax;
    const instead = isFull && !again ? theirs.find(([, one]) => one.again)?.[0] : undefined;
    const isBusy = (isFull && instead === undefined) || theirs.some(([, one]) => one.peer === peer);
    if (frame.kind !== "digest" || isBusy) {
      this.state.refused++;
      return undefined;
    }
    heard.delete(peer);
    heard.set(peer, now.nowMs);
    forgetOldest(heard, limits.routedHeardMax);
    return { link: this.add({ peer, boxKey, circuit, ours: false, again, laid: true }, now), isNew: true, instead };
  }

  /** Where a frame goes; undefined when it is not for there, or the budget is spent. */
  send(link: LinkId, frame: Frame, bytes: number): { readonly to: RoutedLink; readonly first: boolean } | undefined {
    const to = this.state.links.get(link);
    if (to === undefined || !KINDS.has(frame.kind) || bytes > limits.directBytesMax || bytes > to.bytesLeft) {
      return undefined;
    }
    to.bytesLeft -= bytes;
    const first = !to.laid;
    to.laid = true;
    return { to, first };
  }

  private get isOn(): boolean {
    return this.foundation.config.tuning.routedRounds;
  }

  private add(link: Omit<RoutedLink, "untilMs" | "bytesLeft">, now: Moment): LinkId {
    const id = this.state.next--;
    this.state.links.set(id, { ...link, untilMs: now.nowMs + LAST_MS, bytesLeft: limits.routedBytesMax });
    return id;
  }
}
