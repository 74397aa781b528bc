/**
 * The steady second phase of bimodal multicast (Birman et al. 1999): a rumor whose datagram was lost is sent again to
 * those who ask for it, reliably, within the limits that the paper found to matter. Only what is asked for now is
 * answered, for nothing is kept for later; each link has a cap of bytes a round; what was just sent is not sent again; the
 * newest goes first; and when two ask for the same, the others are sent it once more as well. An answer is passed on by
 * whoever asked, so that a remote asker multicasts it where it stands.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { Lines } from "./lines.ts";
import type { Recent } from "./recent.ts";
import type { Stock } from "./strategy.ts";
import { onward } from "../wire/onward.ts";

interface Round {
  sinceMs: number;
  bytes: number;
}

export interface ResendingState {
  readonly rounds: Map<LinkId, Round>;
  resent: number;
  /** Rumors that all were sent once more. */
  repeated: number;
}

const ROUND_MS = 1_000;
/** A datagram that was sent so lately may still arrive. Guess: a one-way trip, and half of another. */
const JUST_SENT_MS = 150;

export class Resending {
  readonly state: ResendingState;
  private readonly lines: Lines;
  private readonly stock: Stock;

  constructor(lines: Lines, stock: Stock, state?: ResendingState) {
    this.lines = lines;
    this.stock = stock;
    this.state = state ?? { rounds: new Map(), resent: 0, repeated: 0 };
  }

  onLinkDown(link: LinkId): void {
    this.state.rounds.delete(link);
  }

  /** Rumors that a link asks for though it was sent them. */
  answer(link: LinkId, asked: readonly Recent[], now: Moment, out: Outbox): void {
    for (const recent of asked.toSorted((a, b) => b.order - a.order)) {
      if (now.nowMs - recent.urgentMs < JUST_SENT_MS || recent.resent.includes(link)) continue;
      const rumor = this.stock.find(recent.key, recent.seq);
      if (rumor === undefined || !this.charge(link, rumor.body.length, now)) continue;
      const frame = onward({ rumor, hops: recent.hops, repair: false });
      if (!this.lines.send(link, frame, out)) return;
      recent.resent.push(link);
      this.state.resent++;
      if (recent.resent.length !== 2) continue;
      this.state.repeated++;
      for (const other of this.lines.all) {
        const needless = recent.proved.includes(other) || recent.resent.includes(other);
        if (!needless && recent.known.includes(other)) this.lines.send(other, frame, out, "urgent");
      }
    }
  }

  private charge(link: LinkId, bodyBytes: number, now: Moment): boolean {
    const { rounds } = this.state;
    let round = rounds.get(link);
    if (round === undefined || now.nowMs - round.sinceMs >= ROUND_MS) {
      rounds.set(link, (round = { sinceMs: now.nowMs, bytes: 0 }));
    }
    const bytes = bodyBytes + limits.heldOverheadBytes;
    if (round.bytes + bytes > limits.resentBytesMax) return false;
    round.bytes += bytes;
    return true;
  }
}
