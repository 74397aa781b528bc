/**
 * A node's network interface: carries out the link effects of its peer, as the links package does over WebRTC, and
 * hands back what happens as inputs. It queues dials, bounds their time, and counts the bytes that wait.
 */
import type { Channel, Input, LinkId } from "@grapevine/protocol";
import { exponential, logUniform } from "../chance.ts";
import type { Place } from "./geography.ts";
import { follow, retransmission } from "./lane.ts";
import type { LinkEnd } from "./link-end.ts";
import type { Network } from "./network.ts";
import {
  datagramBytesMax,
  datagramsBufferedBytesMax,
  frameOverheadBytes,
  packetBytesMax,
  packetOverheadBytes,
} from "./options.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";
import { Uplink } from "./uplink.ts";

export class Adapter {
  readonly place: Place;
  readonly uplink: Uplink;
  readonly ends: Map<LinkId, LinkEnd> = new Map();
  /** Crashed ones neither send nor hear. */
  crashedAtMs: number = Number.POSITIVE_INFINITY;
  /** Nodes on different sides of a partition cannot reach each other. */
  side = 0;
  dials = 0;
  dialsFailed = 0;
  private readonly network: Network;
  private readonly onInput: (input: Input) => void;
  private waiting: (() => void)[] = [];
  private dialing = 0;

  constructor(network: Network, place: Place, onInput: (input: Input) => void) {
    this.network = network;
    this.place = place;
    this.onInput = onInput;
    this.uplink = new Uplink(network.options.uplinkBytesPerMs);
  }

  get isAlive(): boolean {
    return this.crashedAtMs === Number.POSITIVE_INFINITY;
  }

  input(input: Input): void {
    if (this.isAlive) this.onInput(input);
  }

  connect(link: LinkId, role: "offer" | "answer", signal: Uint8Array | undefined): void {
    if (!this.isAlive) return;
    if (this.ends.has(link)) throw new Error(`expected a new link, got ${link} a second time`);
    const end = this.network.newEnd(this, link, role);
    this.ends.set(link, end);
    this.dials++;
    this.waiting.push(() => this.begin(end, signal));
    this.beginNext();
  }

  remoteSignal(link: LinkId, signal: Uint8Array): void {
    const end = this.ends.get(link);
    if (end?.state !== "dialing" || end.role !== "offer" || end.otherFingerprint !== undefined) return;
    const answer = decodeSignal(signal);
    if (answer === undefined || answer.type !== "answer" || answer.answers !== end.attempt) {
      this.fail(end, "bad signal");
      return;
    }
    end.otherAttempt = answer.attempt;
    end.otherFingerprint = answer.fingerprint;
    this.network.meet(end);
  }

  /** Queue frames that leave in one message, or on the unreliable channel in as many packets as it takes. */
  send(link: LinkId, channel: Channel, frames: readonly Uint8Array[]): void {
    const end = this.ends.get(link);
    if (end?.state !== "up" || !this.isAlive) return;
    if (channel === "unreliable") {
      this.sendUnreliably(end, frames);
      return;
    }
    const { network } = this;
    const { nowMs } = network.queue;
    let bytes = 0;
    for (const frame of frames) bytes += frame.length + frameOverheadBytes;
    bytes += Math.ceil(bytes / packetBytesMax) * packetOverheadBytes;
    const departsMs = this.uplink.departs(bytes, channel, nowMs);
    const lane = end.lane(channel);
    lane.unacknowledgedBytes += bytes;
    if (channel === "data" && !end.full && lane.unacknowledgedBytes > network.options.queueHighBytes) {
      end.full = true;
      network.queue.at(nowMs, () => this.tellWritable(end, false));
    }
    const travelMs = end.latencyMs + exponential(network.random, network.options.jitterMs);
    const roundTripMs = 2 * end.latencyMs;
    const { delayMs, timeouts } = retransmission(bytes, roundTripMs, network.random, network.options);
    const arrivesMs = departsMs + travelMs + delayMs;
    const flight = { parcel: { frames, bytes, departsMs }, lane, arrivesMs, followers: 0 };
    lane.flights.push(flight);
    network.queue.at(arrivesMs, () => network.land(end, lane));
    if (timeouts > 0) end.late.push(flight);
    else if (end.late.length > 0) {
      for (const sooner of follow(end.late, arrivesMs, roundTripMs, network.random, network.options.loss)) {
        network.queue.at(sooner.arrivesMs, () => network.land(end, sooner.lane));
      }
    }
  }

  /** Each packet once: lost, or after its own time. What cannot leave soon is dropped. */
  private sendUnreliably(end: LinkEnd, frames: readonly Uint8Array[]): void {
    const { network, uplink } = this;
    const { options, random, queue } = network;
    for (const packet of packetsOf(frames)) {
      if (uplink.waiting(queue.nowMs) > datagramsBufferedBytesMax) return;
      const departsMs = uplink.departs(packet.bytes + packetOverheadBytes, "unreliable", queue.nowMs);
      if (random.float() < options.loss) continue;
      const arrivalMs = departsMs + end.latencyMs + exponential(random, options.jitterMs);
      queue.at(arrivalMs, () => network.arriveUnreliably(end, packet.frames, departsMs));
    }
  }

  /** The other side got it: there may be room again. */
  acknowledged(end: LinkEnd): void {
    if (end.full && end.state === "up" && end.data.unacknowledgedBytes <= this.network.options.queueLowBytes) {
      end.full = false;
      this.tellWritable(end, true);
    }
  }

  hangUp(link: LinkId): void {
    const end = this.ends.get(link);
    if (end === undefined || !this.isAlive) return;
    if (end.isDialing) this.network.queue.after(0, () => this.down(end, "closed"));
    else if (end.state === "up") this.network.close(end);
  }

  /** The machine is gone: no goodbye, no reset. */
  crash(): void {
    this.crashedAtMs = this.network.queue.nowMs;
    for (const end of this.ends.values()) {
      this.cancelTimer(end);
      end.state = "down";
      end.downAtMs = this.crashedAtMs;
      this.network.forget(end);
    }
    this.ends.clear();
    this.waiting = [];
  }

  opened(end: LinkEnd): void {
    if (end.state !== "dialing") return;
    this.settled(end);
    end.state = "up";
    this.input({ kind: "linkUp", link: end.link, local: end.fingerprint, remote: end.otherFingerprint! });
    for (const { lane, parcel } of end.early.splice(0)) this.network.arrive(end.other!, lane, parcel);
  }

  /** The last that is heard of a link. */
  down(end: LinkEnd, reason: string): void {
    if (end.state === "down") return;
    const wasDialing = end.isDialing;
    if (wasDialing) this.settled(end);
    end.state = "down";
    end.downAtMs = this.network.queue.nowMs;
    this.cancelTimer(end);
    this.ends.delete(end.link);
    this.network.forget(end);
    if (wasDialing) this.dialsFailed++;
    this.input({ kind: "linkDown", link: end.link, reason });
  }

  cancelTimer(end: LinkEnd): void {
    if (end.timer !== undefined) this.network.queue.cancel(end.timer);
    end.timer = undefined;
  }

  private begin(end: LinkEnd, signal: Uint8Array | undefined): void {
    if (end.state !== "queued" || !this.isAlive) return;
    const { network } = this;
    this.dialing++;
    end.state = "dialing";
    end.timer = network.queue.after(network.options.dialTimeoutMs, () => this.fail(end, "timeout"));
    if (end.role === "answer") {
      const offer = signal === undefined ? undefined : decodeSignal(signal);
      if (offer?.type !== "offer") {
        network.queue.after(1, () => this.fail(end, "bad signal"));
        return;
      }
      end.otherAttempt = offer.attempt;
      end.otherFingerprint = offer.fingerprint;
    }
    network.queue.after(logUniform(network.random, network.options.gatherMs), () => {
      if (end.state !== "dialing") return;
      const { role: type, attempt, otherAttempt: answers, fingerprint } = end;
      const own = encodeSignal({ type, attempt, answers, fingerprint }, network.options.signalBytes);
      this.input({ kind: "localSignal", link: end.link, signal: own });
    });
  }

  private fail(end: LinkEnd, reason: string): void {
    if (end.isDialing) this.down(end, reason);
  }

  /** A dial has ended, well or not: the next may begin. */
  private settled(end: LinkEnd): void {
    if (end.state === "dialing") this.dialing--;
    this.cancelTimer(end);
    this.network.queue.after(0, () => this.beginNext());
  }

  private beginNext(): void {
    while (this.dialing < this.network.options.dialsMax) {
      const begin = this.waiting.shift();
      if (begin === undefined) return;
      begin();
    }
  }

  private tellWritable(end: LinkEnd, writable: boolean): void {
    if (end.state === "up") this.input({ kind: "writable", link: end.link, writable });
  }
}

/** Frames packed into packets in turn; one that fits none is dropped, as a link drops it. */
function packetsOf(frames: readonly Uint8Array[]): { frames: Uint8Array[]; bytes: number }[] {
  const packets: { frames: Uint8Array[]; bytes: number }[] = [];
  for (const frame of frames) {
    const bytes = frame.length + frameOverheadBytes;
    if (bytes > datagramBytesMax) continue;
    const last = packets.at(-1);
    if (last === undefined || last.bytes + bytes > datagramBytesMax) packets.push({ frames: [frame], bytes });
    else {
      last.frames.push(frame);
      last.bytes += bytes;
    }
  }
  return packets;
}
