/**
 * The driver of one peer in the world: turns what happens into inputs, carries out effects, and owns what a machine
 * owns: an identity, a clock that is wrong, a disk that remembers, a processor that may sleep. It owes the core what the
 * mesh package's driver owes it, no more.
 */
import {
  type Channel,
  type Command,
  type Config,
  DEFAULT_TUNING,
  type Effect,
  type Input,
  type KeyPolicy,
  type LinkId,
  Peer,
  type PeerId,
  type Random,
  Recorder,
  type RecorderOptions,
  type Ref,
  type Retention,
  type Rumor,
  type Trace,
  type Tuning,
  toHex,
} from "@grapevine/protocol";
import type { WallClock } from "./clock.ts";
import type { EventQueue, Timer } from "./events.ts";
import type { Adapter } from "./network/adapter.ts";
import type { Network } from "./network/network.ts";
import { type SeedModel, SeedSocket } from "./seed-model.ts";
import { type Traffic, countSent } from "./traffic.ts";
import type { Vault } from "./vault.ts";

/** Nothing is forgotten within a run, unless a scenario says so. */
export const KEEP_ALL: Retention = { countMax: 1_000_000, bytesMax: 1_000_000_000, ageMs: 0 };

export interface NodeOptions {
  readonly tuning: Partial<Tuning>;
  /** Record every node, so that `trace` has something to tell. */
  readonly record: RecorderOptions | undefined;
  /** Processor time of one check of a signature; 0 answers in line, as node:crypto does. */
  readonly verifyMs: number;
  /** How the keys of topics change. */
  readonly keys?: KeyPolicy | undefined;
}

/** Names the key that topics have before the first epoch. What is sealed with it is left in clear here. */
const BEFORE_EPOCHS: Uint8Array = new Uint8Array(8).fill(1);

/** Who watches a node. */
export interface Watch {
  /** Before an input is handled. */
  onInput(node: Node, input: Input): void;
  /** Everything that concerns the application or the disk; links and secrets are the node's own business. */
  onEffect(node: Node, effect: Effect): void;
  /** After an input and all that followed from it in line. */
  onSettled(node: Node): void;
  /** A frame leaves the core. */
  onSend?(node: Node, effect: Effect & { readonly kind: "send" }): void;
}

/** Puts somebody before a peer who may deviate; it is given the generator of its own choices. */
export type Disguise = (peer: Peer, random: Random) => Pick<Peer, "handle" | "deadlineMs">;

/** What all nodes of a world share. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly network: Network;
  readonly seeds: readonly SeedModel[];
  readonly watch: Watch;
}

const CHANNELS: readonly Channel[] = ["control", "data", "unreliable"];

/** More deadlines than this without the clock moving, and the core is spinning. */
const spinsMax = 1_000;

export class Node {
  readonly index: number;
  readonly clock: WallClock;
  /** Rises with each restart. */
  session = 0;
  sinceMs = 0;
  state: "off" | "running" | "frozen" = "off";
  readonly neighbors: Map<LinkId, PeerId> = new Map();
  readonly traffic: Traffic = new Map();
  private vault: Vault;
  private peerNow: Peer | undefined;
  private deviant: ReturnType<Disguise> | undefined;
  private recorder: Recorder | undefined;
  private adapterNow: Adapter | undefined;
  private sockets: SeedSocket[] = [];
  private readonly around: Surroundings;
  private readonly options: NodeOptions;
  private readonly randomOf: (session: number) => Random;
  private readonly disguise: Disguise | undefined;
  private onBeforeMs = 0;
  private lastMintSlot = -1;
  private lastIncarnation = 0;
  private timer: Timer | undefined;
  /** The core's deadline after the last input: it changes by inputs alone. */
  private dueMs: number = Number.POSITIVE_INFINITY;
  private spins = 0;
  private processorFreeMs = 0;
  private refs = 0;
  /** Inputs that wait: while one is being handled, or while the node is frozen. */
  private readonly inbox: Input[] = [];
  private isHandling = false;
  /** Frames of this turn, by link and channel, so that they leave together. */
  private readonly outbox = new Map<number, Extract<Effect, { kind: "send" }>[]>();

  constructor(
    index: number,
    around: Surroundings,
    vault: Vault,
    clock: WallClock,
    randomOf: (session: number) => Random,
    options: NodeOptions,
    disguise?: Disguise,
  ) {
    this.index = index;
    this.around = around;
    this.vault = vault;
    this.clock = clock;
    this.randomOf = randomOf;
    this.options = options;
    this.disguise = disguise;
  }

  get id(): PeerId {
    return this.vault.self;
  }

  /** Of the present run, or the last one. */
  get incarnation(): number {
    return this.lastIncarnation;
  }

  get peer(): Peer {
    if (this.peerNow === undefined) throw new Error(`expected node ${this.index} to have been started`);
    return this.peerNow;
  }

  get adapter(): Adapter {
    if (this.adapterNow === undefined) throw new Error(`expected node ${this.index} to have been started`);
    return this.adapterNow;
  }

  /** Did this author sign that? For whoever looks on. */
  verify(author: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.vault.verify(author, bytes, signature, undefined);
  }

  /** How long it has been on, over all sessions. */
  get onMs(): number {
    return this.onBeforeMs + (this.isOn ? this.around.queue.nowMs - this.sinceMs : 0);
  }

  get isOn(): boolean {
    return this.state !== "off";
  }

  /** Switch on: the first time, or again with the same key and a new incarnation. */
  start(): void {
    if (this.state !== "off") throw new Error(`expected node ${this.index} to be off`);
    const { queue, network, seeds } = this.around;
    this.state = "running";
    this.session++;
    this.sinceMs = queue.nowMs;
    this.vault = this.session === 1 ? this.vault : this.vault.renew();
    const { session } = this;
    const mine = (input: Input): void => {
      if (this.session === session) this.input(input);
    };
    const before = this.adapterNow;
    this.adapterNow = network.attach(mine, before?.place);
    this.adapterNow.side = before?.side ?? 0;
    this.peerNow = new Peer(this.id, this.config(), this.randomOf(session), this.vault.hash);
    const { record } = this.options;
    this.recorder = record === undefined ? undefined : new Recorder(this.peerNow, record);
    this.deviant = this.disguise?.(this.peerNow, this.randomOf(-session));
    this.sockets = seeds.map((seed) => new SeedSocket(seed, () => this.adapter.side, mine));
    this.input({ kind: "start" });
  }

  /** The machine dies, or the tab is killed: nobody is told. */
  crash(): void {
    if (!this.isOn) return;
    this.adapter.crash();
    for (const socket of this.sockets) socket.crash();
    this.off();
  }

  /** A clean goodbye. */
  leave(): void {
    this.command({ kind: "leave" });
    for (const socket of this.sockets) socket.close();
    const { adapter } = this;
    // The process lives on just long enough to flush; nothing that comes in is looked at.
    this.around.queue.after(1_500, () => adapter.crash());
    this.off();
  }

  restart(): void {
    if (this.isOn) this.crash();
    this.start();
  }

  /** A tab is put to sleep, or the lid is closed: nothing is handled for so long, then everything at once. */
  freeze(forMs: number): void {
    if (this.state !== "running") return;
    this.state = "frozen";
    const { session } = this;
    this.around.queue.after(forMs, () => {
      if (this.session !== session || this.state !== "frozen") return;
      this.state = "running";
      this.work();
    });
  }

  /** What this run's peer was given, from a checkpoint on; with `record` only. */
  trace(): Trace | undefined {
    return this.recorder?.trace();
  }

  jumpClock(byMs: number): void {
    this.clock.jump(byMs, this.around.queue.nowMs);
    this.arm();
  }

  command(command: Command): void {
    this.input(command);
  }

  subscribe(topic: string): void {
    this.command({ kind: "subscribe", topic, ...(this.options.keys !== undefined && { keyId: BEFORE_EPOCHS }) });
  }

  /** The ref that the next `publish` will have: below zero, for those above are the core's. */
  get nextRef(): Ref {
    return this.refs - 1;
  }

  /** Returns the ref under which the event `published` will come. */
  publish(topic: string, body: Uint8Array, retention: Retention = KEEP_ALL): Ref {
    const ref = --this.refs;
    this.command({ kind: "publish", ref, topic, ...this.sealed(topic, body), retention });
    return ref;
  }

  /** What a rumor says, if this node has the key of its epoch, or it has none. */
  opened({ header, body }: Rumor): Uint8Array | undefined {
    if (this.options.keys === undefined || String(header.keyId) === String(BEFORE_EPOCHS)) return body;
    return this.vault.openTopic(toHex(header.keyId), header.topic, body);
  }

  private sealed(topic: string, body: Uint8Array): { readonly keyId: Uint8Array; readonly body: Uint8Array } {
    if (this.options.keys === undefined) return { keyId: new Uint8Array(8), body };
    const { epoch } = this.peer.keys;
    const sealed = epoch === undefined ? undefined : this.vault.sealTopic(epoch.keyId, topic, body);
    if (sealed === undefined) return { keyId: BEFORE_EPOCHS, body };
    const keyId = Uint8Array.from(epoch!.keyId.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    return { keyId, body: sealed };
  }

  input(input: Input): void {
    if (this.state === "off") return;
    this.inbox.push(input);
    this.work();
  }

  private work(): void {
    if (this.isHandling) return;
    this.isHandling = true;
    const { queue, watch } = this.around;
    // The inbox may empty itself in between: a node can be switched off by what it does.
    for (let input = this.next(); input !== undefined; input = this.next()) {
      watch.onInput(this, input);
      this.carryOut((this.deviant ?? this.recorder ?? this.peer).handle(input, this.clock.read(queue.nowMs)));
    }
    this.flush();
    this.isHandling = false;
    if (this.state !== "running") return;
    this.dueMs = (this.deviant ?? this.peer).deadlineMs;
    this.arm();
    watch.onSettled(this);
  }

  private next(): Input | undefined {
    return this.state === "running" ? this.inbox.shift() : undefined;
  }

  private carryOut(effects: readonly Effect[]): void {
    const { watch } = this.around;
    // An own rumor is delivered by the same call that says it was published: that must be known first.
    for (const effect of effects) {
      if (effect.kind === "emit" && effect.event.type === "published") watch.onEffect(this, effect);
    }
    for (const effect of effects) this.carry(effect);
  }

  private carry(effect: Effect): void {
    const { adapter, vault } = this;
    switch (effect.kind) {
      case "send":
        return this.hold(effect);
      case "connect":
        return adapter.connect(effect.link, effect.role, effect.signal);
      case "remoteSignal":
        return adapter.remoteSignal(effect.link, effect.signal);
      case "hangUp":
        this.flush();
        return adapter.hangUp(effect.link);
      case "sign":
        return this.answer({ kind: "signed", ref: effect.ref, signature: vault.sign(effect.bytes) });
      case "verify": {
        const ok = vault.verify(effect.author, effect.bytes, effect.signature, effect.ticket);
        return this.answer({ kind: "verified", ref: effect.ref, ok }, this.options.verifyMs);
      }
      case "seal":
        return this.answer({ kind: "sealed", ref: effect.ref, bytes: vault.seal(effect.to, effect.bytes) });
      case "open":
        return this.answer({ kind: "opened", ref: effect.ref, ...vault.open(effect.bytes) });
      case "keyring":
        return this.answer({ kind: "keyring", ref: effect.ref, answer: vault.keyring(effect.ask) });
      case "seedAnnounce":
        for (const socket of this.sockets) socket.announce(effect.card);
        return;
      case "seedAsk":
        return this.sockets[effect.seed]?.ask(effect.count);
      case "seedSend":
        return this.sockets[effect.seed]?.send(effect.seat, effect.bytes);
      case "persistSlot":
        this.lastMintSlot = effect.slot;
        return;
      case "emit":
        if (effect.event.type === "neighbor-up") this.neighbors.set(effect.event.link, effect.event.peer);
        if (effect.event.type === "neighbor-down") this.neighbors.delete(effect.event.link);
        if (effect.event.type !== "published") this.around.watch.onEffect(this, effect);
        return;
      default:
        this.around.watch.onEffect(this, effect);
    }
  }

  /** A secret's answer: in line, or after the processor has had time for it. */
  private answer(input: Input, costMs = 0): void {
    if (costMs === 0) {
      this.inbox.push(input);
      return;
    }
    const { queue } = this.around;
    const { session } = this;
    this.processorFreeMs = Math.max(queue.nowMs, this.processorFreeMs) + costMs;
    queue.at(this.processorFreeMs, () => {
      if (this.session === session) this.input(input);
    });
  }

  private hold(effect: Extract<Effect, { kind: "send" }>): void {
    countSent(this.traffic, effect);
    this.around.watch.onSend?.(this, effect);
    const key = 3 * effect.link + CHANNELS.indexOf(effect.channel);
    const held = this.outbox.get(key);
    if (held === undefined) this.outbox.set(key, [effect]);
    else held.push(effect);
  }

  private flush(): void {
    if (this.outbox.size === 0) return;
    for (const held of this.outbox.values()) {
      const { link, channel } = held[0]!;
      this.adapter.send(
        link,
        channel,
        held.map((effect) => effect.bytes),
      );
    }
    this.outbox.clear();
  }

  /** Wake in time for the core's deadline. A timer that is early already is left alone: it looks again. */
  private arm(): void {
    if (this.state !== "running") return;
    const { dueMs } = this;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const { queue } = this.around;
    // The clock reads whole milliseconds; and no timer of a real machine fires twice in one.
    const atMs = Math.max(this.clock.when(Math.ceil(dueMs)), queue.nowMs + (this.spins > 0 ? 1 : 0));
    if (this.timer !== undefined) {
      if (this.timer.atMs <= atMs) return;
      queue.cancel(this.timer);
    }
    const { session } = this;
    this.timer = queue.at(atMs, () => {
      if (this.session === session) this.onTimer();
    });
  }

  private onTimer(): void {
    this.timer = undefined;
    if (this.state !== "running") return;
    const wallMs = this.clock.read(this.around.queue.nowMs);
    if (this.dueMs > wallMs) {
      this.arm();
      return;
    }
    this.spins++;
    this.input({ kind: "deadline" });
    if (this.dueMs > wallMs) this.spins = 0;
    if (this.spins > spinsMax) throw new Error(`deadline ${this.dueMs} does not move on at ${wallMs}`);
  }

  private config(): Config {
    const { boxKey, ticket } = this.vault;
    // Strictly increasing, also when the clock was set back in between.
    this.lastIncarnation = Math.max(this.clock.read(this.around.queue.nowMs), this.lastIncarnation + 1);
    return {
      meshId: this.meshId,
      incarnation: this.lastIncarnation,
      boxKey,
      ticket,
      lastMintSlot: this.lastMintSlot,
      keys: this.options.keys,
      tuning: { ...DEFAULT_TUNING, ...this.options.tuning },
    };
  }

  private get meshId(): Uint8Array {
    return this.vault.meshId;
  }

  private off(): void {
    this.onBeforeMs = this.onMs;
    this.state = "off";
    this.inbox.length = 0;
    this.outbox.clear();
    this.neighbors.clear();
    if (this.timer !== undefined) this.around.queue.cancel(this.timer);
    this.timer = undefined;
    this.dueMs = Number.POSITIVE_INFINITY;
    this.spins = 0;
  }
}
