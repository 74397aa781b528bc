/**
 * What follows when a rumor is proved to be its author's: it is appended to its log, kept, delivered and passed on; what its
 * author retains no longer goes, and what contradicts it is evidence. The last station of `rumors.ts` and of `catching-up.ts`.
 */
import type { Fork, LinkId } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { MapRoom, RepairRoom } from "../parts/absent.ts";
import type { Delivery } from "../repair/delivery.ts";
import { type ClockState, witness } from "../repair/hybrid-clock.ts";
import type { Held, Log, Proof } from "../repair/log.ts";
import { endOf, type Logs, slotOf } from "../repair/logs.ts";
import type { Named } from "../repair/segments.ts";
import type { Tally } from "./rumors-state.ts";
import type { Spreading } from "../spreading/spreading.ts";
import type { Origin } from "../spreading/strategy.ts";
import type { Validating } from "../spreading/validating.ts";

/** Where a rumor came from, why it is believed ("signature"), and whether a validator did not accept it. */
export interface Coming extends Origin {
  readonly proof?: Proof | undefined;
  readonly mute?: boolean;
}

interface Rooms {
  readonly clock: ClockState;
  readonly logs: Logs;
  readonly delivery: Delivery;
  readonly spreading: Spreading;
  /** These two may come later. */
  readonly maps: () => MapRoom;
  readonly repairing: () => RepairRoom;
  readonly validating: Validating;
  readonly tally: Tally;
}

export class Appending {
  /** Forks that were found within one input. */
  readonly found: Fork[] = [];
  private readonly rooms: Rooms;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
  }

  /** False when nothing came of it. */
  accept({ rumor, id }: Named, coming: Coming, now: Moment, out: Outbox): boolean {
    const { logs, delivery, maps, tally } = this.rooms;
    const { header } = rumor;
    const { link, hops, repair, mute = false, proof = "signature" } = coming;
    const { cut, forks } = logs.contestedIn(header);
    const appended = logs.append(rumor, id, hops, !repair, now, mute, proof);
    if (appended.log === undefined) {
      tally[appended.outcome]++;
      return false;
    }
    const { log, outcome } = appended;
    witness(this.rooms.clock, header, now.meshMs);
    if (outcome === "visible") {
      if (!mute) out.effect({ kind: "persist", rumor, id, hops });
      delivery.onVisible(log, [header.seq, header.seq], now, out);
    }
    for (const fork of logs.state.forks.slice(forks)) {
      out.effect({ kind: "persistFork", fork });
      this.found.push(fork);
      maps().onFork(fork, out);
    }
    if (log.cut < cut) out.effect({ kind: "withdraw", ...log.id, from: log.cut });
    // What is believed for its chain is old, and for rounds to pass on, with its chain.
    if (proof === "signature") {
      // The second rumor of a slot is passed on as well, once: whoever has the first learns by it where the log ends.
      if (outcome !== "withdrawn") this.spread({ rumor, id }, log, coming, outcome === "visible", now, out);
      if (header.seq > log.low && !log.held.has(header.seq - 1))
        this.rooms.repairing().onGap(log, header.seq, link, now);
    }
    this.trim(log, now, out);
    return true;
  }

  /**
   * The same for rumors in a row of which nothing is held yet, all of them old and believed for their chain. They are the
   * bulk of every history, so what can be done for all of them together is: half the work of one by one.
   */
  acceptRun(named: readonly Named[], hops: number, now: Moment, out: Outbox): boolean {
    const { logs, delivery, tally, clock } = this.rooms;
    const { header } = named[0]!.rumor;
    const { cut } = logs.contestedIn(header);
    const log = logs.appendRun(named, hops, now);
    if (log === undefined) {
      tally.refused += named.length;
      return false;
    }
    const end = Math.min(header.seq + named.length, log.cut);
    for (const { rumor, id } of named) {
      witness(clock, rumor.header, now.meshMs);
      if (rumor.header.seq < end) out.effect({ kind: "persist", rumor, id, hops });
    }
    if (end > header.seq) delivery.onVisible(log, [header.seq, end - 1], now, out);
    if (log.cut < cut) out.effect({ kind: "withdraw", ...log.id, from: log.cut });
    this.trim(log, now, out);
    return true;
  }

  private spread({ rumor, id }: Named, log: Log, coming: Coming, isVisible: boolean, now: Moment, out: Outbox): void {
    const { spreading, validating } = this.rooms;
    const repairing = this.rooms.repairing();
    const { seq, topic } = rumor.header;
    const knows = (other: LinkId): boolean => repairing.isOffered(other, log.key, seq);
    const { link, hops, repair, knownBy } = coming;
    // Spelled out, for a spread costs microseconds and this is done for every rumor.
    const accepted = { rumor, id, key: log.key, slot: slotOf(log.key, seq), link, hops, repair, knownBy, knows };
    if (coming.mute === true && isVisible) spreading.onMute(accepted, now);
    // Validators differ, and who holds a rumor back because of its own is not to blame.
    else spreading.onAccepted(accepted, now, out, !validating.isValidated(topic));
  }

  /** What this log's author, or our limits, say is to go after something was appended. */
  trim(log: Log, now: Moment, out: Outbox): void {
    const { logs } = this.rooms;
    this.forget(log, logs.lowDue(log), now, out);
    for (const old of logs.superseded(log)) {
      this.forget(old, endOf(old), now, out);
      logs.drop(old, out);
    }
    for (let most = logs.excess(); most !== undefined; most = logs.excess()) this.forget(most.log, most.low, now, out);
  }

  /** Everything below `low` goes; subscribers have it before. */
  private forget(log: Log, low: number, now: Moment, out: Outbox): void {
    if (low <= log.low) return;
    this.rooms.delivery.settle(log, low, now, out);
    this.reveal(log, this.rooms.logs.forgetBelow(log, low, out), now, out);
  }

  /** Rumors that a contested slot hid, and hides no more. */
  reveal(log: Log, revealed: readonly Held[], now: Moment, out: Outbox): void {
    for (const { rumor, id, hops, mute } of revealed) {
      if (!mute) out.effect({ kind: "persist", rumor, id, hops });
      this.rooms.delivery.onVisible(log, [rumor.header.seq, rumor.header.seq], now, out);
    }
  }
}
