/**
 * A modelled seed: a room with seats and the cards shown there, a few random introductions for each newcomer, and a
 * relay of sealed signals. It can die and come back empty, as the real one does that keeps everything in memory; and
 * it counts its load, because a stampede onto the seed is a fault of the mesh.
 */
import type { Input, Random } from "@grapevine/protocol";
import { type Span, uniform } from "./chance.ts";
import type { EventQueue } from "./events.ts";

export interface SeedOptions {
  /** Peers named in the seed's first words. Source: issue "a newcomer gets a few random peers". Guess: 4. */
  readonly introductions: number;
  /** A newcomer hears of whoever came just before it, and of nobody else: what forms is a ring, or rather a line. */
  readonly latestOnly: boolean;
  /** One way to the seed; drawn once for each socket. */
  readonly latencyMs: Span;
  /** Pause before a client knocks again, doubling up to the greatest. Source: links package's seed client. */
  readonly reconnectMs: Span;
  /** How long the seat of a peer that vanished stays taken. Source: the seed pings every 20 s, and cuts after two silent periods. */
  readonly lingerMs: Span;
}

export const DEFAULT_SEED: SeedOptions = {
  introductions: 4,
  latestOnly: false,
  latencyMs: [5, 60],
  reconnectMs: [1_000, 30_000],
  lingerMs: [40_000, 60_000],
};

export interface SeedLoad {
  connections: number;
  asks: number;
  signals: number;
  bytes: number;
  /** Knocks, asks and signals in the busiest second so far. */
  busiestSecond: number;
  socketsMax: number;
}

interface Seat {
  readonly name: string;
  readonly socket: SeedSocket;
  readonly card: Uint8Array;
  /** When it was first asked for a sign of life since it crashed; who lives gives one. */
  probedMs: number | undefined;
}

/** As the seed's own `limits.ts` has them. */
const PROBES = 16;
const DOUBT_MS = 2_000;

export class SeedModel {
  readonly index: number;
  readonly queue: EventQueue;
  readonly random: Random;
  readonly options: SeedOptions;
  isUp = true;
  /** Its side of a partition; see `Adapter`. */
  side = 0;
  readonly load: SeedLoad = { connections: 0, asks: 0, signals: 0, bytes: 0, busiestSecond: 0, socketsMax: 0 };
  private readonly seats = new Map<string, Seat>();
  private readonly sockets = new Set<SeedSocket>();
  private seated = 0;
  private secondsSince = { second: -1, count: 0 };

  constructor(index: number, queue: EventQueue, random: Random, options: Partial<SeedOptions> = {}) {
    this.index = index;
    this.queue = queue;
    this.random = random;
    this.options = { ...DEFAULT_SEED, ...options };
  }

  /** Peers in the room, ghosts included. */
  get size(): number {
    return this.seats.size;
  }

  /** The process is killed: every socket breaks, and the room is forgotten. */
  kill(): void {
    this.isUp = false;
    const broken = [...this.sockets];
    this.sockets.clear();
    this.seats.clear();
    for (const socket of broken) socket.broken();
  }

  restart(): void {
    this.isUp = true;
  }

  accepts(socket: SeedSocket): boolean {
    this.count();
    if (!this.isUp || !socket.isInReach(this.side)) return false;
    this.sockets.add(socket);
    this.load.connections++;
    this.load.socketsMax = Math.max(this.load.socketsMax, this.sockets.size);
    return true;
  }

  leaves(socket: SeedSocket): void {
    this.sockets.delete(socket);
    for (const [name, seat] of this.seats) if (seat.socket === socket) this.seats.delete(name);
  }

  /** Take a seat and hear of a few others. */
  announces(socket: SeedSocket, card: Uint8Array): void {
    if (!this.sockets.has(socket)) return;
    for (const [name, seat] of this.seats) if (seat.socket === socket) this.seats.delete(name);
    const name = `${this.index}.${++this.seated}`;
    socket.seat = name;
    this.seats.set(name, { name, socket, card, probedMs: undefined });
    this.load.bytes += card.length;
    this.introduces(socket, this.options.introductions);
  }

  asks(socket: SeedSocket, count: number): void {
    if (!this.sockets.has(socket)) return;
    this.count();
    this.load.asks++;
    this.introduces(socket, count);
  }

  relays(socket: SeedSocket, seat: string, bytes: Uint8Array): void {
    if (!this.sockets.has(socket) || socket.seat === undefined) return;
    this.count();
    this.load.signals++;
    this.load.bytes += bytes.length;
    const to = this.seats.get(seat);
    if (to === undefined) socket.says({ kind: "seedGone", seed: this.index, seat });
    else to.socket.says({ kind: "seedReceived", seed: this.index, seat: socket.seat, bytes });
  }

  private introduces(socket: SeedSocket, count: number): void {
    const others = [...this.seats.values()].filter((seat) => seat.socket !== socket);
    const chosen = this.options.latestOnly ? others.slice(-1) : this.drawn(others, count);
    const peers = chosen.map(({ name, card }) => ({ seat: name, card }));
    for (const { card } of peers) this.load.bytes += card.length;
    socket.says({ kind: "seedPeers", seed: this.index, others: others.length, peers });
  }

  /** As the seed's matchmaker does: those in doubt last, and a look at whether these and some more still answer. */
  private drawn(others: readonly Seat[], count: number): readonly Seat[] {
    const { nowMs } = this.queue;
    const isDoubtful = ({ probedMs }: Seat): boolean => probedMs !== undefined && nowMs - probedMs > DOUBT_MS;
    const trusted = others.filter((seat) => !isDoubtful(seat));
    const chosen = this.random.sample(trusted, count);
    if (chosen.length < count) chosen.push(...this.random.sample(others.filter(isDoubtful), count - chosen.length));
    for (const seat of [...chosen, ...this.random.sample(others, PROBES)]) {
      if (seat.socket.hasCrashed) seat.probedMs ??= nowMs;
    }
    return chosen;
  }

  private count(): void {
    const second = Math.floor(this.queue.nowMs / 1_000);
    if (second !== this.secondsSince.second) this.secondsSince = { second, count: 0 };
    this.load.busiestSecond = Math.max(this.load.busiestSecond, ++this.secondsSince.count);
  }
}

/** A client's WebSocket to one seed, with the reconnection that the seed client does. */
export class SeedSocket {
  seat: string | undefined;
  hasCrashed = false;
  private state: "closed" | "open" | "ended" = "closed";
  private card: Uint8Array | undefined;
  private failures = 0;
  private readonly seed: SeedModel;
  private readonly latencyMs: number;
  private readonly sideOf: () => number;
  private readonly onInput: (input: Input) => void;

  constructor(seed: SeedModel, sideOf: () => number, onInput: (input: Input) => void) {
    this.seed = seed;
    this.sideOf = sideOf;
    this.onInput = onInput;
    this.latencyMs = uniform(seed.random, seed.options.latencyMs);
    this.knock();
  }

  isInReach(side: number): boolean {
    return this.sideOf() === side;
  }

  announce(card: Uint8Array): void {
    this.card = card;
    if (this.state === "open") this.tells(() => this.seed.announces(this, card));
  }

  ask(count: number): void {
    this.tells(() => this.seed.asks(this, count));
  }

  send(seat: string, bytes: Uint8Array): void {
    this.tells(() => this.seed.relays(this, seat, bytes));
  }

  /** Close properly: the seat is free at once. */
  close(): void {
    if (this.state === "open") this.seed.queue.after(this.latencyMs, () => this.seed.leaves(this));
    this.state = "ended";
  }

  /** Vanish without a word: the seed finds out by its pings. */
  crash(): void {
    const { queue, random, options } = this.seed;
    if (this.state === "open") queue.after(uniform(random, options.lingerMs), () => this.seed.leaves(this));
    this.state = "ended";
    this.hasCrashed = true;
  }

  /** The seed's end broke. */
  broken(): void {
    this.seed.queue.after(this.latencyMs, () => {
      if (this.state !== "open") return;
      this.state = "closed";
      this.seat = undefined;
      this.onInput({ kind: "seedDown", seed: this.seed.index });
      this.knockLater();
    });
  }

  says(input: Input): void {
    this.seed.queue.after(this.latencyMs, () => {
      if (this.state === "open" && this.isInReach(this.seed.side)) this.onInput(input);
    });
  }

  private tells(deed: () => void): void {
    if (this.state !== "open") return;
    this.seed.queue.after(this.latencyMs, () => {
      if (this.isInReach(this.seed.side)) deed();
    });
  }

  private knock(): void {
    // TCP's and WebSocket's handshakes: two round trips.
    this.seed.queue.after(4 * this.latencyMs, () => {
      if (this.state === "ended") return;
      if (!this.seed.accepts(this)) {
        this.knockLater();
        return;
      }
      this.failures = 0;
      this.state = "open";
      this.onInput({ kind: "seedUp", seed: this.seed.index });
      if (this.card !== undefined) this.announce(this.card);
    });
  }

  private knockLater(): void {
    const { queue, random, options } = this.seed;
    const [leastMs, mostMs] = options.reconnectMs;
    const pauseMs = Math.min(mostMs, leastMs * 2 ** this.failures++);
    queue.after(random.jitter(pauseMs, 0.5), () => {
      if (this.state === "closed") this.knock();
    });
  }
}
