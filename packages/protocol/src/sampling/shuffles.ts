/**
 * Cyclon's enhanced shuffle (Voulgaris, Gavidia and van Steen 2005) as messages over live links, on descriptors that
 * are minted at most once in a slot and change owner by signed transfer (SecureCyclon). Once a period a peer mints a
 * descriptor of itself and swaps it, with a few that it owns, one for one with a neighbor. A transfer is spent once
 * it is signed, even if its frame is lost: an honest peer never signs two.
 */
import type { Descriptor, LinkId, PeerId, Ref } from "../types.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { descriptorBytes } from "../wire/statements.ts";
import { nextTransferBytes } from "./chains.ts";

/** A frame whose descriptors are being signed over to the neighbor. */
interface Parcel {
  readonly id: number;
  readonly link: LinkId;
  readonly reply: boolean;
  readonly to: PeerId;
  readonly descriptors: Descriptor[];
  outstanding: number;
}

export interface ShufflesState {
  /** Never mint in this slot or an earlier one. */
  lastMintSlot: number;
  nextMs: number;
  startedMs: number;
  nextId: number;
  nextParcel: number;
  /** Our shuffle under way, whose reply we await: at most one. */
  asked: { readonly id: number; readonly link: LinkId; readonly count: number; readonly atMs: number } | undefined;
  readonly parcels: Map<number, Parcel>;
  readonly refs: Map<Ref, { readonly parcel: number; readonly index: number; readonly what: "mint" | "transfer" }>;
  /** Counters for stats. */
  started: number;
  answered: number;
}

export class Shuffles {
  readonly state: ShufflesState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: ShufflesState) {
    this.foundation = foundation;
    this.state = state ?? {
      lastMintSlot: foundation.config.lastMintSlot,
      nextMs: Number.POSITIVE_INFINITY,
      startedMs: 0,
      nextId: 1,
      nextParcel: 1,
      asked: undefined,
      parcels: new Map(),
      refs: new Map(),
      started: 0,
      answered: 0,
    };
  }

  onStart(now: Moment): void {
    this.state.startedMs = now.nowMs;
    // The first mint comes one period after a start: a run before this one, under the same key, may have minted in
    // this slot without living to write that down.
    this.state.nextMs = now.nowMs + this.foundation.random.jitter(this.foundation.config.tuning.mintPeriodMs * 1.3);
  }

  /** What another key minted and signed over is its own affair. */
  onRekey(now: Moment): void {
    const { state, foundation } = this;
    state.lastMintSlot = foundation.config.lastMintSlot;
    state.asked = undefined;
    state.parcels.clear();
    state.refs.clear();
    this.onStart(now);
  }

  onLinkDown(link: LinkId): void {
    if (this.state.asked?.link === link) this.state.asked = undefined;
    for (const [id, parcel] of this.state.parcels) if (parcel.link === link) this.state.parcels.delete(id);
  }

  get deadlineMs(): number {
    return this.state.nextMs;
  }

  /** True when it is time to begin a shuffle; the next one is set. */
  isDue(now: Moment): boolean {
    if (now.nowMs < this.state.nextMs) return false;
    this.state.nextMs = now.nowMs + this.untilNextMs(now);
    return true;
  }

  /**
   * To about the same place in the next mint slot: one shuffle falls in each, so that none goes by without a mint and every
   * creator is known to as many. The place wanders a little, so that peers do not march in step, and keeps off the ends
   * of the slot, where a small change of the clock would carry it over.
   */
  private untilNextMs({ meshMs }: Moment): number {
    const { random, config } = this.foundation;
    const { mintPeriodMs } = config.tuning;
    const place = (meshMs % mintPeriodMs) / mintPeriodMs;
    const step = WANDER * (2 * random.float() - 1);
    const isNearEnd = place + step < SLOT_END || place + step > 1 - SLOT_END;
    const next = isNearEnd ? place - step : place + step;
    return mintPeriodMs * (1 - place + Math.min(Math.max(next, SLOT_END), 1 - SLOT_END));
  }

  /** May a descriptor be minted in this slot? */
  mayMint(slot: number): boolean {
    return slot > this.state.lastMintSlot;
  }

  /** Begin a shuffle with a neighbor: a fresh descriptor of ours and `spent`, which the table has given up. */
  begin(link: LinkId, to: PeerId, slot: number, spent: readonly Descriptor[], now: Moment, out: Outbox): void {
    const { state } = this;
    const descriptors = [...spent];
    let mint = -1;
    if (this.mayMint(slot)) {
      state.lastMintSlot = slot;
      out.effect({ kind: "persistSlot", slot });
      mint = descriptors.length;
      descriptors.push(this.blank(slot));
    }
    if (descriptors.length === 0) return;
    const id = state.nextId++;
    state.asked = { id, link, count: descriptors.length, atMs: now.nowMs };
    state.started++;
    this.sign({ id, link, to, reply: false, descriptors, outstanding: 0 }, mint, out);
  }

  /** Answer a neighbor's shuffle with as many as it gave, at most. */
  answer(link: LinkId, to: PeerId, id: number, spent: readonly Descriptor[], out: Outbox): void {
    this.state.answered++;
    const parcel: Parcel = { id, link, to, reply: true, descriptors: [...spent], outstanding: 0 };
    if (spent.length === 0) this.dispatch(parcel, out);
    else this.sign(parcel, -1, out);
  }

  /** Does this reply answer our shuffle? At most once, and with no more than was given. */
  onReply(link: LinkId, id: number, count: number): boolean {
    const { asked } = this.state;
    if (asked === undefined || asked.link !== link || asked.id !== id || count > asked.count) return false;
    this.state.asked = undefined;
    return true;
  }

  onSigned(ref: Ref, signature: Uint8Array, out: Outbox): boolean {
    const { state } = this;
    const job = state.refs.get(ref);
    if (job === undefined) return false;
    state.refs.delete(ref);
    const parcel = state.parcels.get(job.parcel);
    if (parcel === undefined) return true;
    const descriptor = parcel.descriptors[job.index]!;
    parcel.descriptors[job.index] =
      job.what === "mint"
        ? { ...descriptor, signature }
        : { ...descriptor, hops: [...descriptor.hops, { to: parcel.to, signature }] };
    parcel.outstanding--;
    if (parcel.outstanding === 0) {
      state.parcels.delete(job.parcel);
      this.dispatch(parcel, out);
    }
    return true;
  }

  private blank(slot: number): Descriptor {
    const { self, config } = this.foundation;
    return {
      creator: self,
      incarnation: config.incarnation,
      boxKey: config.boxKey,
      ticket: config.ticket,
      slot,
      signature: new Uint8Array(64),
      hops: [],
    };
  }

  private sign(parcel: Parcel, mint: number, out: Outbox): void {
    const { state, foundation } = this;
    const id = state.nextParcel++;
    state.parcels.set(id, parcel);
    const ask = (index: number, what: "mint" | "transfer", bytes: Uint8Array): void => {
      const ref = out.ref();
      parcel.outstanding++;
      state.refs.set(ref, { parcel: id, index, what });
      out.effect({ kind: "sign", ref, bytes });
    };
    for (let index = 0; index < parcel.descriptors.length; index++) {
      const descriptor = parcel.descriptors[index]!;
      if (index === mint) {
        ask(index, "mint", descriptorBytes(foundation.config.meshId, descriptor, foundation.hash));
      }
      ask(index, "transfer", nextTransferBytes(foundation, descriptor, parcel.to));
    }
  }

  private dispatch(parcel: Parcel, out: Outbox): void {
    const { id, link, reply, descriptors } = parcel;
    out.frame(link, { kind: reply ? "shuffleReply" : "shuffle", id, descriptors }, "control");
  }
}

/** Of a slot, how far the place of a shuffle moves from one to the next at most. Guess: enough to part peers in step. */
const WANDER = 0.1;
/** Of a slot, how far a shuffle keeps from its ends. Guess: half a second, more than clocks that agree are set by. */
const SLOT_END = 0.1;
