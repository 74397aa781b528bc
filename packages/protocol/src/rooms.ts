/**
 * All rooms of one peer, their state, and the tray on which effects are laid: what `peer.ts`, `doorway.ts` and
 * `mail.ts` share. It decides nothing.
 */
import type { Config } from "./config.ts";
import type { Effect, PeerEvent, TrafficClass } from "./effect.ts";
import type { Foundation, Moment, Outbox } from "./room.ts";
import { EarlyFrames } from "./parts/early-frames.ts";
import type { LaterRooms } from "./parts/later-rooms.ts";
import { isRouted, type Hash, type LinkId, type PeerId, type Ref } from "./types.ts";
import type { Frame } from "./wire/frames.ts";
import type { Random } from "./random.ts";
import { limits } from "./limits.ts";
import { Directory } from "./membership/directory.ts";
import { Direct } from "./membership/direct.ts";
import { Liveness } from "./membership/liveness.ts";
import { MeshTime } from "./membership/mesh-time.ts";
import type { Host } from "./overlay/host.ts";
import { Overlay } from "./overlay/overlay.ts";
import type { PeerState, Pending } from "./peer-state.ts";
import type { Parts } from "./parts/parts.ts";
import { NO_LIMIT } from "./repair/limit.ts";
import type { Authors } from "./standing/authors.ts";
import { WIRE_OVERHEAD_BYTES } from "./repair/logs.ts";
import type { Routed, RoutedState } from "./repair/routed.ts";
import { Rumors } from "./rumors/rumors.ts";
import { Admission } from "./trust/admission.ts";
import { Answers, isQuestion, isTalk, type Stock } from "./trust/answers.ts";
import { Convictions } from "./trust/convictions.ts";
import { Envelopes } from "./trust/envelopes.ts";
import type { Epochs } from "./trust/epochs.ts";
import type { Handing } from "./trust/handing.ts";
import { Handshakes } from "./trust/handshakes.ts";
import { type Quota, Quotas } from "./trust/quotas.ts";
import { Revocations } from "./trust/revocations.ts";
import { Scores } from "./trust/scores.ts";
import type { Locks } from "./trust/locks.ts";
import { encodeFrame } from "./wire/codec.ts";

/** Measured: 0.2 to 0.6 KB with tickets. */
const CREDENTIAL_BYTES = 384;
/** At its largest, with header and signature. */
const PROFILE_BYTES = 1_280;
const NOTHING: readonly Effect[] = [];

export class Rooms implements Outbox {
  /** Shared by all rooms; changed by a new key alone (`rekeying.ts`). */
  readonly foundation: { -readonly [K in keyof Foundation]: Foundation[K] };
  readonly admission: Admission;
  readonly answers: Answers;
  readonly convictions: Convictions;
  readonly directory: Directory;
  readonly direct: Direct;
  readonly envelopes: Envelopes;
  /** These three where keys change alone; nobody but `keys.ts` looks at them. */
  readonly epochs!: Epochs;
  readonly handing!: Handing;
  readonly handshakes: Handshakes;
  readonly liveness: Liveness;
  readonly locks!: Locks;
  readonly meshTime: MeshTime;
  readonly overlay: Overlay;
  readonly revocations: Revocations;
  /** Undefined until it has come; until then frames of what is to come wait. */
  routed: Routed | undefined;
  early: EarlyFrames | undefined;
  readonly rumors: Rumors;
  readonly quotas: Quotas;
  readonly scores: Scores;
  readonly state: PeerState;
  /** The moment of the input that is being handled. */
  now: Moment = { nowMs: 0, meshMs: 0 };
  /** Whose question is being handled: what is said on its link is an answer, and counted. */
  answering: LinkId | undefined;
  /** Looks at effects as they are laid, and may take some to hand them on later. */
  onEffect: ((effect: Effect) => "taken" | "left") | undefined;
  private effects: Effect[] = [];
  private readonly parts: Parts;
  /** The frame encoded last: a flood sends one frame over many links. */
  private encoded: { frame: Frame; bytes: Uint8Array } | undefined;

  constructor(
    self: PeerId,
    config: Config,
    random: Random,
    hash: Hash,
    parts: Parts,
    overlayHost: (rooms: Rooms) => Host,
    state: PeerState | undefined,
  ) {
    this.parts = parts;
    this.foundation = { self, config, random, hash };
    const revocations = new Revocations(this.foundation, state?.revocations);
    this.revocations = revocations;
    this.admission = new Admission(
      state?.admission,
      (peer, standing) => revocations.hasFallen(peer, standing),
      (peer) => this.worthOf(peer),
    );
    this.answers = new Answers(state?.answers);
    this.convictions = new Convictions(this.foundation, state?.convictions);
    this.directory = new Directory(state?.directory);
    this.direct = new Direct(this.foundation, state?.direct);
    this.envelopes = new Envelopes(state?.envelopes);
    this.handshakes = new Handshakes(this.foundation, state?.handshakes);
    this.liveness = new Liveness(this.foundation, state?.liveness);
    this.meshTime = new MeshTime(state?.meshTime);
    this.quotas = new Quotas(state?.quotas);
    this.rumors = new Rumors(this.foundation, this.authors(), state?.rumors, parts.later);
    this.scores = new Scores(state?.scores);
    this.overlay = new Overlay(this.foundation, overlayHost(this), state?.overlay, parts.later);
    if (config.keys !== undefined) {
      if (parts.keys === undefined) throw new Error("expected the rooms of keys, for config.keys is given");
      const { Epochs, Handing, Locks } = parts.keys;
      this.epochs = new Epochs(state?.epochs);
      this.handing = new Handing(this.foundation, state?.handing);
      this.locks = new Locks(this.foundation, state?.locks);
    }
    // What the rumors remember is one object, which maps may come to later.
    this.state = (state && { ...state, rumors: this.rumors.state }) ?? {
      admission: this.admission.state,
      answers: this.answers.state,
      convictions: this.convictions.state,
      revocations: this.revocations.state,
      directory: this.directory.state,
      direct: this.direct.state,
      envelopes: this.envelopes.state,
      epochs: this.epochs?.state,
      handing: this.handing?.state,
      handshakes: this.handshakes.state,
      liveness: this.liveness.state,
      locks: this.locks?.state,
      making: {
        reason: undefined,
        dueMs: Infinity,
        busyUntilMs: 0,
        checkMs: Infinity,
        linkedMs: Infinity,
        joiner: false,
      },
      meshTime: this.meshTime.state,
      rumors: this.rumors.state,
      quotas: this.quotas.state,
      scores: this.scores.state,
      overlay: this.overlay.state,
      routed: undefined,
      early: undefined,
      pending: new Map(),
      nextRef: 1,
      phase: "new",
      credential: undefined,
      departure: undefined,
      framesIn: {},
      framesOut: {},
      framesUnknown: 0,
      misbehavior: {},
    };
    if (parts.later !== undefined && this.rumors.state.maps !== undefined) this.openRouted(parts.later, state?.routed);
    else this.state.early = (this.early = new EarlyFrames(state?.early)).state;
  }

  /** From now on there are rounds along routes, and no frame waits for anything. Once. */
  openRouted({ Routed }: LaterRooms, state?: RoutedState): void {
    this.routed = new Routed(this.foundation, state);
    this.state.routed = this.routed.state;
    this.early = undefined;
    this.state.early = undefined;
  }

  /** What would be lost if this peer were not known: a neighbor, or what stands by its leave. */
  private worthOf(peer: PeerId): number {
    const { logs, maps, profiles } = this.rumors.state;
    if (peer === this.foundation.self || this.overlay.neighbors.of(peer) !== undefined) return 3;
    if (logs.authors.has(peer)) return 2;
    return maps?.entries.authors.has(peer) === true || profiles?.table.profiles.has(peer) === true ? 1 : 0;
  }

  private authors(): Authors {
    const { admission, convictions, quotas, revocations } = this;
    return {
      isAdmitted: (author) => admission.isAdmitted(author),
      mayWrite: (header) => admission.mayWrite(header),
      isShutOut: (author) => convictions.isConvicted(author) || admission.hasExpired(author, this.now.meshMs),
      evidenceAgainst: (author) => convictions.state.convicted.get(author),
      charge: (author, bodyBytes, chained) => quotas.write(author, bodyBytes, this.now, chained),
      roomFor: (author) => quotas.roomFor(author, this.now),
      leftFor: (link) => {
        const neighbor = this.overlay.neighbors.get(link);
        return neighbor === undefined ? Infinity : this.answers.left(neighbor, this.stock, this.now);
      },
      limitOf: (log) =>
        revocations.size === 0 || admission.isWriter(log.author)
          ? NO_LIMIT
          : revocations.limitOf(log, admission.standings(log.author)),
    };
  }

  frame(link: LinkId, frame: Frame, traffic: TrafficClass): void {
    if (this.encoded?.frame !== frame) this.encoded = { frame, bytes: encodeFrame(frame, this.parts.later?.codec) };
    if (isRouted(link)) return this.route(link, frame, this.encoded.bytes);
    const { framesOut } = this.state;
    framesOut[frame.kind] = (framesOut[frame.kind] ?? 0) + 1;
    const { bytes } = this.encoded;
    if (link === this.answering || frame.kind === "segment" || (frame.kind === "rumor" && frame.repair)) {
      const peer = this.overlay.neighbors.get(link)?.peer;
      if (peer !== undefined) this.answers.spend(peer, bytes.length, this.stock, this.now);
    }
    const datagram = traffic === "urgent" && bytes.length <= limits.unreliableFrameBytesMax;
    const channel = traffic === "control" ? "control" : datagram ? "unreliable" : "data";
    this.effects.push({ kind: "send", link, channel, traffic, bytes });
  }

  /** All that a newcomer could ask for, about. */
  get stock(): Stock {
    const { admission, rumors } = this;
    const { logs, maps, profiles } = rumors.state;
    const spared = logs.rumors * (limits.heldOverheadBytes - WIRE_OVERHEAD_BYTES);
    return {
      bytes:
        logs.bytes -
        spared +
        (maps?.entries.bytes ?? 0) +
        (profiles?.table.profiles.size ?? 0) * PROFILE_BYTES +
        admission.state.admitted.size * CREDENTIAL_BYTES,
      added: logs.added,
    };
  }

  /** May this frame be heard? Its answers are counted, as long as `answering`. Else "over": not now; or why the link is to end. */
  charge(
    link: LinkId,
    frame: Frame,
  ): "within" | "over" | `far more than its quota of ${Quota}` | "questions without end" {
    const { answers, now } = this;
    const charged = this.quotas.charge(link, frame, now);
    if (charged === "over") return charged;
    if (charged !== "within") return `far more than its quota of ${charged}`;
    const neighbor = isQuestion(frame) ? this.overlay.neighbors.get(link) : undefined;
    if (neighbor !== undefined && answers.left(neighbor, this.stock, now) === 0) {
      if (answers.refuse(neighbor.peer, this.stock, now)) return "questions without end";
      // Wants can wait.
      if (frame.kind !== "want") return "over";
    }
    if (isTalk(frame)) this.answering = link;
    return "within";
  }

  /** To a peer that is no neighbor: sealed, along a route, and then on the circuit that this lays. */
  private route(link: LinkId, frame: Frame, bytes: Uint8Array): void {
    const way = this.routed?.send(link, frame, bytes.length);
    const own = this.state.credential;
    if (way === undefined || own === undefined) return;
    const { peer, boxKey, circuit } = way.to;
    const path = way.first ? ({ kind: "route" } as const) : ({ kind: "circuit", circuit } as const);
    const body = { type: "gossip", id: circuit, frame: bytes } as const;
    this.envelopes.seal(own, { path, to: peer, circuit, message: undefined }, boxKey, body, this);
  }

  effect(effect: Effect): void {
    if (this.onEffect?.(effect) !== "taken") this.effects.push(effect);
  }

  /** Past whoever looks at effects. */
  handOn(effects: readonly Effect[]): void {
    this.effects.push(...effects);
  }

  ref(): Ref {
    return this.state.nextRef++;
  }

  emit(event: PeerEvent): void {
    this.effect({ kind: "emit", event });
  }

  /** Everything laid on the tray since the last time. */
  takeEffects(): readonly Effect[] {
    const { effects } = this;
    if (effects.length === 0) return NOTHING;
    this.effects = [];
    return effects;
  }

  /** Have something signed; `pending` says what for when the signature comes back. */
  sign(pending: Pending, bytes: Uint8Array): void {
    const ref = this.ref();
    this.state.pending.set(ref, pending);
    this.effects.push({ kind: "sign", ref, bytes });
  }

  /** Have a signature checked, and the author's ticket with it where one is given. */
  verify(
    pending: Pending,
    author: PeerId,
    bytes: Uint8Array,
    signature: Uint8Array,
    ticket: Uint8Array | undefined,
  ): void {
    if (this.state.pending.size >= limits.pendingMax) return;
    const ref = this.ref();
    this.state.pending.set(ref, pending);
    this.effects.push({ kind: "verify", ref, author, bytes, signature, ticket });
  }

  /** What an answer was awaited for; undefined when it is not ours, or came twice. */
  settle(ref: Ref): Pending | undefined {
    const pending = this.state.pending.get(ref);
    this.state.pending.delete(ref);
    return pending;
  }
}
