/**
 * Which direct messages were delivered, so that none is delivered twice: neither one whose acknowledgement was lost, nor
 * one that whoever carried it plays again later. Ids of one sender's run ascend, so that what is forgotten of it leaves a
 * floor behind, as in the replay window of IPsec (RFC 4303, section 3.4.3): what lies at or below it is not delivered.
 */
import { limits } from "../limits.ts";
import type { PeerId } from "../types.ts";
import type { Moment } from "../room.ts";

interface Sender {
  /** In the order in which they came. */
  readonly ids: Set<string>;
  floor: string;
}

export interface HeardState {
  /** By `peer/incarnation`; least recently heard first. */
  readonly senders: Map<string, Sender>;
  /** For those who are forgotten, and everybody who is not known. */
  floor: string;
  size: number;
  /** Messages that came below a floor. */
  late: number;
}

export class Heard {
  readonly state: HeardState;

  constructor(state: HeardState = { senders: new Map(), floor: "", size: 0, late: 0 }) {
    this.state = state;
  }

  /** `new`: it counts as delivered now. `late`: nobody can tell whether it was, so it is not. */
  hear(from: PeerId, incarnation: number, id: string, now: Moment): "new" | "seen" | "late" {
    const { state } = this;
    const key = `${from}/${incarnation}`;
    const known = state.senders.get(key);
    if (known?.ids.has(id) === true) return "seen";
    if (id <= (known?.floor ?? state.floor)) {
      state.late++;
      return "late";
    }
    const sender = known ?? { ids: new Set(), floor: state.floor };
    state.senders.delete(key);
    state.senders.set(key, sender);
    sender.ids.add(id);
    state.size++;
    if (state.size > limits.directSeenMax) this.forgetId();
    if (state.senders.size > limits.directSendersMax) this.forgetSender(now);
    return "new";
  }

  /** Of whoever sent most its oldest: nobody makes us forget what others sent. */
  private forgetId(): void {
    let most: Sender | undefined;
    for (const sender of this.state.senders.values()) {
      if (most === undefined || sender.ids.size > most.ids.size) most = sender;
    }
    for (const oldest of most!.ids) {
      most!.ids.delete(oldest);
      if (oldest > most!.floor) most!.floor = oldest;
      this.state.size--;
      return;
    }
  }

  private forgetSender(now: Moment): void {
    const { state } = this;
    for (const [key, { ids, floor }] of state.senders) {
      state.senders.delete(key);
      state.size -= ids.size;
      let highest = floor;
      for (const id of ids) if (id > highest) highest = id;
      // A clock that is ahead must not shut out everybody else.
      const present = Math.floor(now.meshMs).toString(16).padStart(12, "0");
      if (highest > present) highest = present;
      if (highest > state.floor) state.floor = highest;
      return;
    }
  }
}
