/**
 * Links within one process, for tests and for the testing package: the same framing, windows and endings as over
 * WebRTC, with a network between the engines that can be slow, held up or cut. Messages pass in microtasks, or under a
 * given clock with a stated latency and rate.
 */
import type { Channel } from "@grapevine/protocol";
import { type Clock, platformClock } from "./clock.ts";
import { type Connection, FramedLink } from "./framed-link.ts";
import { linkLimits } from "./limits.ts";
import { LinkSet } from "./link-set.ts";
import type { Link, LinkBudget, LinkEngine, LinkEvents, LinkRole } from "./link.ts";
import type { ByteChannel } from "./outbox.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";

const FINGERPRINT_BYTES = 32;
const CHANNELS: readonly Channel[] = ["control", "data", "unreliable"];
/** Own id, the id that is answered (0 in an offer), and the fingerprint. */
const BODY_BYTES = 8 + FINGERPRINT_BYTES;

export interface MemoryNetworkOptions {
  /** What time-outs run by; with it, messages too pass in its tasks instead of microtasks. */
  readonly clock?: Clock;
  /** One way. Default 0. */
  readonly latencyMs?: number;
  /** Of each channel in each direction. Default: no bound. */
  readonly bytesPerSecond?: number;
  /** As in `WebRtcEngineOptions`. Default 16 KiB. */
  readonly messageBytesMax?: number;
  readonly connectTimeoutMs?: number;
  /** Share of messages on the unreliable channel that are lost, 0 to 1. Default 0. */
  readonly loss?: number;
  /** Decides what is lost, from 0 to below 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Links of one engine. Default 256, as over WebRTC. */
  readonly linksMax?: number;
}

export interface MemoryNetwork {
  engine(name?: string): LinkEngine;
  /** End every link between two engines with no goodbye ("lost"), and let none come to be until `heal`. */
  cut(a: LinkEngine, b: LinkEngine): void;
  /** Hold up everything between two engines until `heal`, as in a blackout: what was sent arrives then, if its end still lives and it was not sent unreliably. */
  stall(a: LinkEngine, b: LinkEngine): void;
  heal(a: LinkEngine, b: LinkEngine): void;
}

export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new Network(options);
}

class Network implements MemoryNetwork {
  readonly options: MemoryNetworkOptions;
  readonly clock: Clock;
  readonly ends = new Map<number, MemoryEnd>();
  readonly #troubles = new Map<string, "cut" | "stalled">();
  #nextEnd = 1;
  #nextEngine = 1;

  constructor(options: MemoryNetworkOptions) {
    this.options = options;
    this.clock = options.clock ?? platformClock;
  }

  engine(name = `memory ${this.#nextEngine}`): LinkEngine {
    return new MemoryEngine(this, name, this.#nextEngine++);
  }

  endId(): number {
    return this.#nextEnd++;
  }

  cut(a: LinkEngine, b: LinkEngine): void {
    this.#troubles.set(keyOf(a, b), "cut");
    for (const end of this.ends.values()) {
      if (end.remote !== undefined && keyOf(end.engine, end.remote.engine) === keyOf(a, b)) end.link.ended("lost");
    }
  }

  stall(a: LinkEngine, b: LinkEngine): void {
    this.#troubles.set(keyOf(a, b), "stalled");
  }

  heal(a: LinkEngine, b: LinkEngine): void {
    this.#troubles.delete(keyOf(a, b));
    for (const end of this.ends.values()) end.resume();
  }

  /** Does anything pass between the two? */
  passes(a: LinkEngine, b: LinkEngine): boolean {
    return !this.#troubles.has(keyOf(a, b));
  }

  /** Is this message on the unreliable channel lost? */
  loses(): boolean {
    const { loss = 0, random = Math.random } = this.options;
    return loss > 0 && random() < loss;
  }

  /** Run later, after whatever was given before with the same delay. */
  later(delayMs: number, run: () => void): void {
    const { clock, latencyMs, bytesPerSecond } = this.options;
    if (clock === undefined && latencyMs === undefined && bytesPerSecond === undefined) queueMicrotask(run);
    else this.clock.after(delayMs, run);
  }
}

function keyOf(a: LinkEngine, b: LinkEngine): string {
  const ids = [a, b].map((engine) => (engine instanceof MemoryEngine ? engine.id : 0));
  return `${Math.min(...ids)}-${Math.max(...ids)}`;
}

class MemoryEngine implements LinkEngine {
  readonly name: string;
  readonly id: number;
  readonly #network: Network;
  readonly #links = new LinkSet();

  constructor(network: Network, name: string, id: number) {
    this.#network = network;
    this.name = name;
    this.id = id;
  }

  get budget(): LinkBudget {
    const linksMax = this.#network.options.linksMax ?? linkLimits.connectionsMax;
    return { links: this.#links.size, linksMax, creatable: linksMax, dialing: 0, waiting: 0 };
  }

  open(role: LinkRole, events: LinkEvents, offer?: Uint8Array): Link {
    const { messageBytesMax = 16 * 1024, connectTimeoutMs = linkLimits.connectMs } = this.#network.options;
    const link = new FramedLink(events, this.#network.clock, messageBytesMax, connectTimeoutMs);
    const { links, linksMax } = this.budget;
    if (this.#links.closed || links >= linksMax) {
      link.ended(this.#links.closed ? "engine-closed" : "link-limit");
      return link;
    }
    this.#links.add(link);
    const end = new MemoryEnd(this.#network, this, link, messageBytesMax, () => this.#links.delete(link));
    link.attach(end);
    if (role === "offer") end.offer();
    else end.answer(offer);
    return link;
  }

  async close(): Promise<void> {
    await this.#links.close();
  }
}

class MemoryEnd implements Connection {
  readonly engine: MemoryEngine;
  readonly link: FramedLink;
  readonly id: number;
  readonly fingerprint: Uint8Array;
  /** The other end, once both signals have passed. */
  remote: MemoryEnd | undefined;
  readonly #network: Network;
  readonly #messageBytesMax: number;
  readonly #released: () => void;
  /** Whose offer this answers. */
  #answering: Claim | undefined;
  #offering = false;
  #destroyed = false;
  #pipes: Pipe[] = [];

  constructor(network: Network, engine: MemoryEngine, link: FramedLink, messageBytesMax: number, released: () => void) {
    this.#network = network;
    this.engine = engine;
    this.link = link;
    this.#messageBytesMax = messageBytesMax;
    this.#released = released;
    this.id = network.endId();
    this.fingerprint = fingerprintFor(this.id);
    network.ends.set(this.id, this);
  }

  offer(): void {
    this.#offering = true;
    this.#signal("offer", 0);
  }

  answer(offer: Uint8Array | undefined): void {
    const claim = offer === undefined ? undefined : claimOf(offer, "offer");
    if (claim === undefined) {
      this.link.ended("bad-signal");
      return;
    }
    this.#answering = claim;
    this.#signal("answer", claim.id);
  }

  signal(remote: Uint8Array): void {
    if (!this.#offering) return;
    this.#offering = false;
    const claim = claimOf(remote, "answer");
    const end = claim === undefined ? undefined : this.#network.ends.get(claim.id);
    if (claim === undefined || claim.answers !== this.id) {
      this.link.ended("bad-signal");
      return;
    }
    // As DTLS would: a fingerprint that is not that of the end behind it never connects, and runs into the time-out.
    if (end === undefined || !equal(claim.fingerprint, end.fingerprint)) return;
    if (end.#answering?.id !== this.id || !equal(end.#answering.fingerprint, this.fingerprint)) return;
    if (!this.#network.passes(this.engine, end.engine)) return;
    this.remote = end;
    end.remote = this;
    for (const side of [end, this]) {
      side.#pipes = CHANNELS.map((channel) => new Pipe(this.#network, side, channel));
      this.#network.later(this.#network.options.latencyMs ?? 0, () => side.#opened());
    }
  }

  destroy(): void {
    this.#destroyed = true;
    this.#network.ends.delete(this.id);
    this.remote?.notice();
    this.#released();
  }

  /** Learn, after a while, that the other end has gone. */
  notice(): void {
    const { remote } = this;
    if (remote === undefined || !remote.#destroyed || !this.#network.passes(this.engine, remote.engine)) return;
    this.#network.later(this.#network.options.latencyMs ?? 0, () => this.link.ended("lost"));
  }

  /** A trouble is over: what was held up goes on. */
  resume(): void {
    for (const pipe of this.#pipes) pipe.resume();
    this.notice();
  }

  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  #signal(role: LinkRole, answers: number): void {
    const body = new Uint8Array(BODY_BYTES);
    const view = new DataView(body.buffer);
    view.setUint32(0, this.id);
    view.setUint32(4, answers);
    body.set(this.fingerprint, 8);
    const signal = encodeSignal({ role, messageBytesMax: this.#messageBytesMax, body });
    this.#network.later(0, () => this.link.signaled(signal));
  }

  #opened(): void {
    const { remote } = this;
    const [control, data, unreliable] = this.#pipes;
    if (remote === undefined || control === undefined || data === undefined || unreliable === undefined) return;
    const binding = { local: this.fingerprint.slice(), remote: remote.fingerprint.slice() };
    this.link.opened({ control, data, unreliable }, binding, remote.#messageBytesMax);
  }
}

/** One direction of one channel. */
class Pipe implements ByteChannel {
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readonly #network: Network;
  readonly #from: MemoryEnd;
  readonly #channel: Channel;
  #messages: Uint8Array[] = [];
  #freeMs = 0;

  constructor(network: Network, from: MemoryEnd, channel: Channel) {
    this.#network = network;
    this.#from = from;
    this.#channel = channel;
  }

  send(message: Uint8Array): void {
    if (this.#from.isDestroyed) throw new Error("expected an open link, got a closed one");
    this.#messages.push(message.slice());
    this.bufferedAmount += message.length;
    this.#schedule(message.length);
  }

  resume(): void {
    // What was sent unreliably was never held up.
    if (this.#channel === "unreliable") return;
    for (const message of this.#messages) this.#schedule(message.length);
  }

  #schedule(bytes: number): void {
    const { latencyMs = 0, bytesPerSecond = Infinity } = this.#network.options;
    const nowMs = this.#network.clock.nowMs();
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (bytes / bytesPerSecond) * 1000;
    this.#network.later(this.#freeMs - nowMs + latencyMs, () => this.#deliver());
  }

  #deliver(): void {
    const to = this.#from.remote;
    if (to === undefined) return;
    const passes = this.#network.passes(this.#from.engine, to.engine);
    if (!passes && this.#channel !== "unreliable") return;
    const message = this.#messages.shift();
    if (message === undefined) return;
    const before = this.bufferedAmount;
    this.bufferedAmount -= message.length;
    if (this.#channel !== "unreliable" || (passes && !this.#network.loses())) to.link.received(this.#channel, message);
    const mark = this.bufferedAmountLowThreshold;
    if (before > mark && this.bufferedAmount <= mark) this.#from.link.drained();
  }
}

interface Claim {
  readonly id: number;
  readonly answers: number;
  readonly fingerprint: Uint8Array;
}

function claimOf(bytes: Uint8Array, role: LinkRole): Claim | undefined {
  const body = decodeSignal(bytes, role)?.body;
  if (body?.length !== BODY_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { id: view.getUint32(0), answers: view.getUint32(4), fingerprint: body.slice(8) };
}

/** Each end's own, and the same in every run. */
function fingerprintFor(id: number): Uint8Array {
  const bytes = new Uint8Array(FINGERPRINT_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(id, 0x9e37_79b1) >>> (8 * (i % 4))) ^ i;
  return bytes;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
