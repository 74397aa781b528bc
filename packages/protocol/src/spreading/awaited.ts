/**
 * Rumors that neighbors told us of and that we asked for: a susceptible peer on its way to be infective. Each is asked of
 * one neighbor at a time, so that no payload comes twice, and of the next who tells of it when the first does not
 * deliver. What nobody delivers is for the repair rounds.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Moment } from "../room.ts";

interface Wish {
  readonly untilMs: number;
  /** Where the teller stood; see `firstCounter`. */
  readonly counter: number;
}

/** By link, then by short id: one neighbor takes no place from another. */
export type AwaitedState = Map<LinkId, Map<string, Wish>>;

/** Guess: a round trip, and one resend by SCTP. */
const ANSWER_MS = 1_000;

export class AwaitedRumors {
  readonly state: AwaitedState;

  constructor(state: AwaitedState = new Map()) {
    this.state = state;
  }

  get size(): number {
    let size = 0;
    for (const wishes of this.state.values()) size += wishes.size;
    return size;
  }

  onLinkDown(link: LinkId): void {
    this.state.delete(link);
  }

  /** A neighbor tells of a rumor that is not here. True when it is to send it. */
  ask(link: LinkId, id: string, counter: number, now: Moment): boolean {
    for (const wishes of this.state.values()) if ((wishes.get(id)?.untilMs ?? 0) > now.nowMs) return false;
    let wishes = this.state.get(link);
    if (wishes === undefined) this.state.set(link, (wishes = new Map()));
    if (wishes.size >= limits.awaitedMax) expire(wishes, now);
    if (wishes.size >= limits.awaitedMax) return false;
    wishes.set(id, { untilMs: now.nowMs + ANSWER_MS, counter });
    return true;
  }

  /** It is here. Returns where those who told of it stood, the greatest counter; undefined when nobody did. */
  onArrived(id: string): number | undefined {
    let counter: number | undefined;
    for (const wishes of this.state.values()) {
      const wish = wishes.get(id);
      if (wish === undefined) continue;
      wishes.delete(id);
      counter = Math.max(counter ?? 0, wish.counter);
    }
    return counter;
  }
}

/** Wishes stand in the order of their ends. */
function expire(wishes: Map<string, Wish>, now: Moment): void {
  for (const [id, { untilMs }] of wishes) {
    if (untilMs > now.nowMs) return;
    wishes.delete(id);
  }
}
