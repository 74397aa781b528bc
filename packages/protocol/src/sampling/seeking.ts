/**
 * Finding the peer nearest to our place on a ring. Nobody knows the whole mesh, but whoever knows a fifth of it, its
 * neighbors' tables included, is hard to surround (reference simulation "links under attack"): so before a ring turns
 * its neighbors are asked whom they know nearest, and the call waits for their answers. What an answer costs is
 * bounded for whoever gives it.
 */
import type { LinkId } from "../types.ts";
import type { Foundation, Moment } from "../room.ts";
import type { Turn } from "./neighbors.ts";

export interface SeekingState {
  /** For each ring, the epoch for which neighbors were asked, and when. */
  readonly asked: Map<number, { readonly epoch: number; readonly atMs: number }>;
  /** For each link, until when its questions are paid off. */
  readonly paidMs: Map<LinkId, number>;
}

/** Guess: answers of neighbors half a world away, with a signature to check in each. */
const ANSWER_MS = 1_500;
/** Guess: by then a shuffle with everyone has brought others to light. */
const ASK_AGAIN_MS = 30_000;
/** One answer costs a hash for each known peer, some 2 ms of 1 000: at most a thousandth of a processor for each link. */
const ANSWER_PERIOD_MS = 2_000;
/** A newcomer asks for all rings at once. */
const ANSWERS_AT_ONCE = 8;

export class Seeking {
  readonly state: SeekingState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state: SeekingState = { asked: new Map(), paidMs: new Map() }) {
    this.foundation = foundation;
    this.state = state;
  }

  /** Of the rings that want a link, those for which neighbors are to be asked now. */
  due(open: readonly Turn[], now: Moment): readonly Turn[] {
    const due = open.filter(({ ring, epoch }) => {
      const asked = this.state.asked.get(ring);
      return asked?.epoch !== epoch || now.nowMs - asked.atMs >= ASK_AGAIN_MS;
    });
    for (const { ring, epoch } of due) this.state.asked.set(ring, { epoch, atMs: now.nowMs });
    return due;
  }

  /** Those for which the answers are in. */
  answered(open: readonly Turn[], now: Moment): readonly Turn[] {
    return open.filter(({ ring, epoch }) => {
      const asked = this.state.asked.get(ring);
      return asked?.epoch === epoch && now.nowMs - asked.atMs >= ANSWER_MS;
    });
  }

  /** May a neighbor's question be answered, or has it asked too much lately? */
  mayAnswer(link: LinkId, ring: number, now: Moment): boolean {
    if (ring >= this.foundation.config.tuning.rings) return false;
    const paidMs = Math.max(this.state.paidMs.get(link) ?? 0, now.nowMs);
    if (paidMs - now.nowMs > (ANSWERS_AT_ONCE - 1) * ANSWER_PERIOD_MS) return false;
    this.state.paidMs.set(link, paidMs + ANSWER_PERIOD_MS);
    return true;
  }

  onLinkDown(link: LinkId): void {
    this.state.paidMs.delete(link);
  }
}
