/**
 * One joined mesh: holds the topics, the maps and the direct messages, and turns the core's events into those of
 * the application.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { backendReport, type Invite, type MeshKeys } from "@grapevine/crypto";
import {
  encodeTrace,
  type Evidence,
  type Peer,
  type PeerEvent,
  type PeerId,
  type Recorder,
  type Store,
  type StoreEffect,
} from "@grapevine/protocol";
import type { Anchors } from "./anchors.ts";
import { Commands } from "./commands.ts";
import { convictionOf } from "./conviction.ts";
import { DirectMessages, type Responder } from "./direct.ts";
import type { Driver, DriverEvents } from "./driver.ts";
import { type MeshEpochs, epochInfo } from "./epoch-keys.ts";
import { Listeners, type ListenOptions } from "./emitter.ts";
import { LINK_PROBLEMS, MeshError, leftError } from "./errors.ts";
import type { Later } from "./later.ts";
import { meshLimits } from "./limits.ts";
import { MeshMaps } from "./mesh-maps.ts";
import { MeshTopics } from "./mesh-topics.ts";
import type { Mesh } from "./mesh.ts";
import { Members } from "./members.ts";
import type { Conviction, Member, MeshEvents, MeshState, Neighbor, RevokedKey, Warning } from "./mesh-events.ts";
import type { Call, Topic, TopicOptions } from "./message.ts";
import { Pressure } from "./pressure.ts";
import { OwnProfile, ProfileSeal, type ProfileFields } from "./profile.ts";
import type { MemberChange, Query } from "./query.ts";
import { rekeying } from "./rekeying.ts";
import { Revocations, type Revoked, type RevokeOptions } from "./revoking.ts";
import type { SeedWatch } from "./seed-watch.ts";
import { Standing } from "./standing.ts";
import type { Stats } from "./stats.ts";
import type { MapOptions, ReplicatedMap } from "./replicated-map.ts";
import { shuffled } from "./chance.ts";

/** What a mesh is made of. */
export interface MeshParts {
  readonly keys: MeshKeys;
  readonly peer: Peer;
  /** Tells this run of the peer from others. */
  readonly incarnation: number;
  readonly seeds: SeedWatch;
  readonly recorder: Recorder | undefined;
  /** Undefined when nothing outlives this peer. */
  readonly store: Store | undefined;
  readonly anchors: Anchors | undefined;
  /** What `join` was given. */
  readonly profile: ProfileFields | undefined;
  /** Undefined where keys do not change. */
  readonly epochs: MeshEpochs | undefined;
  readonly nowMs: () => number;
  readonly saveSlot: (slot: number) => Promise<void>;
  /** Go on under another key. Rejects with a MeshError. */
  readonly rekey: () => Promise<PeerId | undefined>;
  /** When it has come, the core has all its rooms. */
  readonly later: Later;
  /** Let go of everything that `join` opened; resolves when nothing keeps the process alive. */
  readonly release: () => Promise<void>;
}

export class MeshNode implements Mesh {
  readonly name: string;
  private readonly parts: MeshParts;
  private driver!: Driver;
  private readonly listeners = new Listeners<MeshEvents>();
  private readonly commands: Commands;
  private readonly pressure = new Pressure();
  private readonly direct: DirectMessages;
  private readonly topics: MeshTopics;
  private readonly maps: MeshMaps;
  private readonly directory: Members;
  readonly profile: OwnProfile;
  private readonly standing: Standing;
  private readonly revoking: Revocations;
  private readonly rekey: (previous: PeerId) => Promise<void>;
  /** Keys that this peer has, or had. */
  private readonly ids: Set<PeerId>;
  private leaving: Promise<void> | undefined;
  /** Until `announce`. */
  private warnings: Warning[] | undefined = [];

  constructor(parts: MeshParts) {
    this.parts = parts;
    this.name = parts.keys.name;
    this.ids = new Set([parts.peer.self]);
    this.commands = new Commands((command) => this.driver.handle(command));
    this.revoking = new Revocations({
      peer: parts.peer,
      handle: (command) => this.driver.handle(command),
      emit: (name, event) => this.listeners.emit(name, event),
      refuse: (error) => this.standing.refuse(error),
    });
    this.rekey = rekeying(parts.rekey, {
      emit: (peerId, previous) => this.ids.add(peerId) && this.listeners.emit("rekeyed", { previous, peerId }),
      refuse: (error) => this.standing.refuse(error),
      warn: (warning) => this.warn(warning),
    });
    this.standing = new Standing(parts.seeds.client !== undefined, (state, previous) => this.onState(state, previous));
    this.direct = new DirectMessages({
      isSelf: (peer) => peer === this.peerId,
      send: (to, bytes, timeoutMs) => this.commands.send(to, bytes, timeoutMs),
      random: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
      onMessage: (from, data) => this.listeners.emit("direct", { from, data }),
      onResponderFailed: (method, cause) =>
        this.warn({ code: "responder", message: `the responder for ${JSON.stringify(method)} failed`, cause }),
    });
    this.topics = new MeshTopics({
      ...parts,
      commands: this.commands,
      pressure: this.pressure,
      isOwn: (author) => this.ids.has(author),
      requireWriter: () => this.requireWriter(),
      handle: (command) => this.driver.handle(command),
      handleAtOnce: (command) => this.driver.handleAtOnce(command),
    });
    this.maps = new MeshMaps({
      ...parts,
      commands: this.commands,
      direct: this.direct,
      requireWriter: () => this.requireWriter(),
      isAlone: () => this.state === "alone",
      drawn: () => shuffled(this.directory.known),
    });
    const seal = new ProfileSeal(parts.keys, parts.epochs);
    const onChanged = (event: MeshEvents["member-changed"]): void => this.listeners.emit("member-changed", event);
    this.directory = new Members({ ...parts, seal, onChanged });
    this.profile = new OwnProfile(
      { seal, load: () => parts.later.load(), say: (sealed) => this.commands.say(sealed) },
      parts.profile,
    );
  }

  // --- the application's side -----------------------------------------------------------------------------------

  on<K extends keyof MeshEvents>(event: K, listener: (e: MeshEvents[K]) => void, options?: ListenOptions): () => void {
    return this.listeners.on(event, listener, options);
  }

  get peerId(): PeerId {
    return this.parts.peer.self;
  }

  get state(): MeshState {
    return this.standing.state;
  }

  get neighbors(): readonly Neighbor[] {
    return this.directory.neighbors;
  }

  get members(): readonly Member[] {
    return this.directory.all;
  }

  topic<S extends StandardSchemaV1>(
    name: string,
    options: TopicOptions & { schema: S },
  ): Topic<StandardSchemaV1.InferOutput<S>, StandardSchemaV1.InferInput<S>>;
  topic<T = unknown>(name: string, options?: TopicOptions): Topic<T>;
  topic(name: string, options?: TopicOptions): Topic {
    if (this.leaving !== undefined) throw leftError();
    return this.topics.open(name, options);
  }

  map<S extends StandardSchemaV1>(
    name: string,
    options: MapOptions & { schema: S },
  ): ReplicatedMap<StandardSchemaV1.InferOutput<S>, StandardSchemaV1.InferInput<S>>;
  map<V = unknown>(name: string, options?: MapOptions): ReplicatedMap<V>;
  map(name: string, options?: MapOptions): ReplicatedMap {
    if (this.leaving !== undefined) throw leftError();
    return this.maps.open(name, options);
  }

  async send(to: PeerId, data: unknown, options?: Call): Promise<void> {
    if (this.leaving !== undefined) throw leftError();
    return this.direct.send(to, data, options);
  }

  async request<R = unknown>(to: PeerId, method: string, data: unknown, options?: Call): Promise<R> {
    if (this.leaving !== undefined) throw leftError();
    return (await this.direct.request(to, method, data, options)) as R;
  }

  respond(method: string, handler: Responder): () => void {
    if (this.leaving !== undefined) throw leftError();
    return this.direct.respond(method, handler);
  }

  sample(): Member | undefined {
    return this.directory.sample();
  }

  find(query: Query): readonly Member[] {
    return this.directory.find(query);
  }

  watch(query: Query, listener: (change: MemberChange) => void, options?: ListenOptions): () => void {
    if (this.leaving !== undefined) throw leftError();
    return this.directory.watch(query, listener, options);
  }

  stats(): Stats {
    const { peer, seeds, store } = this.parts;
    return {
      neighbors: peer.neighbors.map(({ peer, score }) => ({ peer, score })),
      links: this.driver.linkStats(),
      seeds: seeds.states.map(({ url, state }) => ({ url, state })),
      peer: peer.counts,
      rumors: peer.rumorCounts,
      maps: peer.mapCounts,
      profiles: peer.profiles.counts(),
      keys: this.parts.epochs?.stats(),
      topics: this.topics.ignored,
      directUndecodable: this.direct.undecodable,
      store: store?.stats(),
      signatures: backendReport(),
    };
  }

  async trace(): Promise<Uint8Array> {
    const { recorder } = this.parts;
    if (recorder === undefined) {
      throw new MeshError("invalid-argument", "expected a mesh joined with the option trace, got one without");
    }
    return encodeTrace(recorder.trace());
  }

  pause(): void {
    if (this.state === "paused" || this.leaving !== undefined) return;
    this.standing.pause();
    // At once: a page that is being put to sleep may have no next task.
    this.driver.handle({ kind: "pause" });
    this.driver.flush();
    this.parts.seeds.client?.pause();
  }

  async resume(): Promise<void> {
    if (this.leaving !== undefined) throw leftError();
    if (this.state !== "paused") return;
    this.standing.resume();
    this.parts.seeds.client?.resume();
    this.driver.handle({ kind: "resume" });
    await this.standing.settled(meshLimits.joinMs);
  }

  leave(): Promise<void> {
    if (this.leaving !== undefined) return this.leaving;
    let settle!: (released: Promise<void>) => void;
    // Set before anything happens, for listeners are called on the way.
    this.leaving = new Promise((resolve) => (settle = resolve));
    // The driver's goodbye is the first of what is released, and is said in this call.
    settle(this.parts.release());
    this.end();
    return this.leaving;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  // --- the way in -------------------------------------------------------------------------------------------------

  /** The driver tells this mesh what happens, so it is made after it. */
  drivenBy(driver: Driver): void {
    this.driver = driver;
  }

  /** `join` is through: what to warn of is told, once its caller had time to listen. */
  announce(): void {
    setTimeout(() => {
      if (this.leaving === undefined) this.profile.repeat();
      const warnings = this.warnings ?? [];
      this.warnings = undefined;
      for (const warning of warnings) this.warn(warning);
    }, 0);
  }

  /** True once there is a link, or nobody to link to; false when that took too long. */
  settled(timeoutMs: number): Promise<boolean> {
    return this.standing.settled(timeoutMs);
  }

  /** Why nobody takes this peer, if that is so. */
  get refusal(): MeshError | undefined {
    return this.standing.refusal;
  }

  onSeed(url: string, state: "up" | "down"): void {
    this.listeners.emit("seed", { url, state });
  }

  warn(warning: Warning): void {
    if (this.warnings === undefined) this.listeners.emit("warning", warning);
    else this.warnings.push(warning);
  }

  get driverEvents(): DriverEvents {
    return {
      onEvent: (event) => this.onEvent(event),
      ...this.topics.events,
      onEntry: (effect) => this.maps.onEntry(effect),
      onProfile: (effect) => this.directory.onProfile(effect),
      onKeep: (effect) => this.onKeep(effect),
      onLinkLost: (reason) => {
        const message = LINK_PROBLEMS[reason];
        if (message !== undefined) this.warn({ code: "link", message });
      },
      onProblem: (message, cause) => this.warn({ code: "internal", message, cause }),
    };
  }

  /** The slot is kept with the key, whatever else is. */
  private onKeep(effect: StoreEffect): void {
    const { store, saveSlot } = this.parts;
    store?.write(this.parts.epochs?.onKeep(effect) ?? effect);
    if (effect.kind !== "persistSlot") return;
    saveSlot(effect.slot).catch((cause: unknown) => {
      this.warn({ code: "identity", message: "what belongs to this peer's key could not be kept", cause });
    });
  }

  // --- the core's side --------------------------------------------------------------------------------------------

  private onEvent(event: PeerEvent): void {
    switch (event.type) {
      case "neighbor-up":
        this.directory.onLinked(event.peer);
        return this.onNeighbors("neighbor-up", { peer: event.peer });
      case "neighbor-down":
        return this.onNeighbors("neighbor-down", { peer: event.peer, reason: event.reason });
      case "neighbor-changed":
        this.directory.onNeighbor();
        return this.listeners.emit("neighbor-changed", { peer: event.peer });
      case "member-up":
        return this.onMembers("member-up", { peer: event.peer });
      case "member-changed":
        return this.directory.onRestarted(event.peer);
      case "member-down":
        return this.onMembers("member-down", { peer: event.peer, reason: event.reason });
      case "convicted":
        this.listeners.emit("convicted", this.convictionOf(event.evidence));
        return event.peer === this.peerId ? void this.rekey(event.peer) : undefined;
      case "revoked":
      case "reinstated":
      case "revocation-made":
      case "revocation-refused":
      case "revocations-held":
        return this.revoking.onEvent(event);
      case "isolated":
        return this.listeners.emit("isolated", { heard: event.heard, heardMost: event.heardMost });
      case "epoch":
        this.parts.epochs?.onChanged();
        // Who came since may not have the key that it was sealed with.
        this.profile.repeat();
        return this.listeners.emit("epoch", epochInfo(event));
      case "alone":
        return this.standing.onAlone();
      case "link-refused":
        return this.listeners.emit(event.type, { peer: event.peer, reason: event.reason, detail: event.detail });
      case "history":
        return this.topics.onHistory(event);
      case "pressure":
        return this.pressure.onPressure(event.saturated);
      case "published":
        // Acknowledged is durable.
        if (this.parts.store !== undefined) {
          return void this.parts.store.settled().then(() => this.commands.onEvent(event));
        }
        return this.commands.onEvent(event);
      case "sent":
      case "unsent":
        return this.commands.onEvent(event);
      case "direct":
        return this.direct.onDirect(event.from, event.data);
      case "maps-equal":
        return this.maps.onReady();
      case "started":
      case "misbehavior":
        // Counted by the core; what comes of it has events of its own.
        return;
    }
  }

  private onState(state: MeshState, previous: MeshState): void {
    if (state === "alone") this.maps.onReady();
    this.listeners.emit("state", { state, previous });
  }

  get evidence(): readonly Conviction[] {
    return this.parts.peer.evidence.map((evidence) => this.convictionOf(evidence));
  }

  private convictionOf(evidence: Evidence): Conviction {
    return convictionOf(evidence, this.peerId, this.parts.keys.meshId);
  }

  get revocations(): readonly RevokedKey[] {
    return this.revoking.all;
  }

  async revoke(key: PeerId | Invite, options?: RevokeOptions): Promise<Revoked> {
    if (this.leaving !== undefined) throw leftError();
    return this.revoking.revoke(key, options);
  }

  private onNeighbors<K extends "neighbor-up" | "neighbor-down">(name: K, event: MeshEvents[K]): void {
    const { neighbors, members } = this.parts.peer;
    this.parts.anchors?.onNeighbors(neighbors.map(({ peer }) => peer));
    this.onMembers(name, event);
    this.standing.onNeighbors(neighbors.length);
    // Everybody who was there has said goodbye.
    const goodbye = name === "neighbor-down" && (event as MeshEvents["neighbor-down"]).reason === "left";
    if (goodbye && neighbors.length === 0 && members.length === 0) this.standing.onAlone();
  }

  private onMembers<K extends keyof MeshEvents>(name: K, event: MeshEvents[K]): void {
    this.directory.onMembers();
    this.listeners.emit(name, event);
    this.directory.settle();
  }

  /** What a reader writes would be refused by everybody. */
  private requireWriter(): void {
    if (this.parts.peer.mayWrite) return;
    if (this.refusal !== undefined) throw new MeshError("forbidden", this.refusal.message);
    throw new MeshError("forbidden", "expected a member that may write, got one whose invitation is for reading only");
  }

  /** Everything that waits for this mesh is told that it was left. */
  private end(): void {
    const error = leftError();
    this.topics.end(error);
    this.parts.later.end();
    this.maps.end();
    this.pressure.end();
    this.revoking.end(error);
    this.commands.end(error);
    this.direct.end(error);
    this.directory.end();
    this.standing.leave();
  }
}
