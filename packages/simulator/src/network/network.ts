/**
 * The network between the nodes, behaving as WebRTC does: links are dialled with signals that travel by other ways,
 * are ordered and reliable, and end at different times at their two ends. A blackout or a crash shows as silence, until
 * ICE consent (RFC 7675) runs out at each end for itself.
 */
import type { Input, LinkId, Random } from "@grapevine/protocol";
import { logUniform, uniform } from "../chance.ts";
import type { EventQueue } from "../events.ts";
import { Adapter } from "./adapter.ts";
import { canConnect, latencyMs, type Place, placeAt } from "./geography.ts";
import { type Lane, type Parcel, resumptionMs } from "./lane.ts";
import { LinkEnd } from "./link-end.ts";
import { DEFAULT_NETWORK, type NetworkOptions } from "./options.ts";

/** A goodbye waits no longer than this for what is queued. Source: links package. */
const flushMsMax = 1_000;

export class Network {
  readonly queue: EventQueue;
  readonly random: Random;
  options: NetworkOptions;
  /** Ends whose dial or link is under way, by attempt. */
  private readonly ends = new Map<number, LinkEnd>();
  private attempts = 0;

  constructor(queue: EventQueue, random: Random, options: Partial<NetworkOptions> = {}) {
    this.queue = queue;
    this.random = random;
    this.options = { ...DEFAULT_NETWORK, ...options };
  }

  /** A restarted machine stands where it stood. */
  attach(onInput: (input: Input) => void, place: Place = placeAt(this.random, this.options)): Adapter {
    return new Adapter(this, place, onInput);
  }

  /** Change the weather of a running network. */
  set(options: Partial<Pick<NetworkOptions, "loss" | "jitterMs" | "dialFailure">>): void {
    this.options = { ...this.options, ...options };
  }

  /** From now on only adapters of one side reach each other, but for so many links between the sides, which stand. */
  partition(sideOf: (adapter: Adapter) => number, adapters: Iterable<Adapter>, bridges = 0): void {
    for (const adapter of adapters) adapter.side = sideOf(adapter);
    const crossing = [...this.ends.values()].filter(
      (end) => end.state === "up" && end.other?.state === "up" && end.role === "offer" && this.isBlocked(end),
    );
    for (const end of this.random.sample(crossing, bridges)) {
      end.isBridge = true;
      end.other!.isBridge = true;
    }
    for (const end of this.ends.values()) {
      if (end.state === "up" && end.other !== undefined && this.isBlocked(end)) this.loseConsent(end);
    }
  }

  /** Everybody reaches everybody again; links whose ends have both outlived the blackout go on. */
  heal(adapters: Iterable<Adapter>): void {
    const crossing = [...this.ends.values()].filter((end) => end.other !== undefined && this.isBlocked(end));
    for (const adapter of adapters) adapter.side = 0;
    for (const end of this.ends.values()) end.isBridge = false;
    for (const end of crossing) {
      if (end.state !== "up" || end.other?.state !== "up") continue;
      end.adapter.cancelTimer(end);
      this.resume(end, end.control);
      this.resume(end, end.data);
    }
  }

  newEnd(adapter: Adapter, link: LinkId, role: "offer" | "answer"): LinkEnd {
    const end = new LinkEnd(adapter, link, role, ++this.attempts, this.random.bytes(32));
    this.ends.set(end.attempt, end);
    return end;
  }

  /** The offering end has its answer: ICE and DTLS run, and either both ends open or the dials time out. */
  meet(offering: LinkEnd): void {
    const answering = this.ends.get(offering.otherAttempt);
    if (answering === undefined || answering.otherAttempt !== offering.attempt) return;
    // Whoever relayed the signals put a certificate in: DTLS finds that the one shown is another.
    if (!isSame(offering.otherFingerprint, answering.fingerprint)) return;
    if (!isSame(answering.otherFingerprint, offering.fingerprint)) return;
    if (!canConnect(offering.adapter.place, answering.adapter.place, this.options)) return;
    if (this.random.float() < this.options.dialFailure) return;
    const [first, second] = this.random.float() < 0.5 ? [offering, answering] : [answering, offering];
    this.queue.after(logUniform(this.random, this.options.dialMs), () => {
      if (first.state !== "dialing" || second.state !== "dialing") return;
      first.other = second;
      second.other = first;
      if (this.isBlocked(first)) return;
      first.latencyMs = latencyMs(first.adapter.place, second.adapter.place);
      second.latencyMs = first.latencyMs;
      this.queue.after(first.latencyMs, () => {
        if (second.state === "dialing") second.adapter.opened(second);
      });
      first.adapter.opened(first);
    });
  }

  /** Hand over what has arrived, up to what is still under way. */
  land(from: LinkEnd, lane: Lane): void {
    while (lane.flights.length > 0 && lane.flights[0]!.arrivesMs <= this.queue.nowMs) {
      this.arrive(from, lane, lane.flights.shift()!.parcel);
    }
  }

  arrive(from: LinkEnd, lane: Lane, parcel: Parcel): void {
    if (parcel.departsMs > from.downAtMs || this.queue.nowMs > from.downAtMs + from.latencyMs + flushMsMax) return;
    if (this.isBlocked(from) || lane.stalled.length > 0) {
      if (lane.stalled.length === 0) lane.stalledSinceMs = this.queue.nowMs;
      lane.stalled.push(parcel);
      return;
    }
    this.deliver(from, lane, parcel);
  }

  /** In no order, and never held up: on the other side it is there or lost. */
  arriveUnreliably(from: LinkEnd, frames: readonly Uint8Array[], departsMs: number): void {
    if (departsMs > from.downAtMs || this.isBlocked(from)) return;
    for (const bytes of frames) {
      const to = from.other!;
      if (to.state !== "up") return;
      to.adapter.input({ kind: "received", link: to.link, channel: "unreliable", bytes });
    }
  }

  /** Say goodbye at one end: what is queued goes first, within limits, and the other end hears of it, unless it is lost. */
  close(end: LinkEnd): void {
    end.state = "closing";
    const { nowMs } = this.queue;
    const lastMs = Math.max(
      nowMs,
      ...[end.control, end.data].flatMap(({ flights }) => flights.map((one) => one.arrivesMs)),
    );
    this.queue.at(Math.min(lastMs, nowMs + flushMsMax), () => {
      const { other } = end;
      end.adapter.down(end, "closed");
      this.queue.after(end.latencyMs, () => {
        if (other?.state !== "up" || this.isBlocked(end) || this.random.float() < this.options.loss) return;
        other.adapter.down(other, "closed");
      });
    });
  }

  /** An end is gone for good. What it was connected to finds out in its own time. */
  forget(end: LinkEnd): void {
    this.ends.delete(end.attempt);
    if (end.other?.state === "up" && end.other.timer === undefined) this.loseConsent(end.other);
  }

  private deliver(from: LinkEnd, lane: Lane, parcel: Parcel): void {
    const to = from.other!;
    if (to.state === "dialing") {
      to.early.push({ lane, parcel });
      return;
    }
    if (to.state !== "up") return;
    lane.unacknowledgedBytes -= parcel.bytes;
    const channel = lane === from.control ? "control" : "data";
    for (const bytes of parcel.frames) {
      // A frame may have made its receiver hang up.
      if ((to.state as LinkEnd["state"]) !== "up") return;
      to.adapter.input({ kind: "received", link: to.link, channel, bytes });
    }
    from.adapter.acknowledged(from);
  }

  private resume(end: LinkEnd, lane: Lane): void {
    if (lane.stalled.length === 0) return;
    const restMs = resumptionMs(this.queue.nowMs - lane.stalledSinceMs, this.options);
    this.queue.at(this.queue.nowMs + restMs + end.latencyMs, () => {
      if (this.isBlocked(end)) return;
      for (const parcel of lane.stalled.splice(0)) this.deliver(end, lane, parcel);
    });
  }

  private loseConsent(end: LinkEnd): void {
    end.adapter.cancelTimer(end);
    end.timer = this.queue.after(uniform(this.random, this.options.consentMs), () => end.adapter.down(end, "lost"));
  }

  private isBlocked(end: LinkEnd): boolean {
    return !end.isBridge && end.adapter.side !== end.other!.adapter.side;
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
