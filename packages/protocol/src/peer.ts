/**
 * The sans-IO peer: inputs in, effects out, no clock, no chance and no secret of its own (the manner of str0m and
 * quinn-proto). It composes the rooms, which never call each other, and carries each input through them. A driver owes
 * it three things: every effect carried out in order, every result handed back, and a `deadline` input when the time
 * that `deadlineMs` names has come.
 */
import type { Config } from "./config.ts";
import type { Effect, LinkEndReason, PeerEvent, TrafficClass } from "./effect.ts";
import type { Command, Input } from "./input.ts";
import type { Foundation, Moment, Outbox } from "./room.ts";
import type { Credential, Hash, LinkId, PeerId, Ref } from "./types.ts";
import type { ByeReason, EnvelopeBody, Frame } from "./wire/frames.ts";
import type { Random } from "./random.ts";
import { limits } from "./limits.ts";
import { Directory } from "./membership/directory.ts";
import { Direct } from "./membership/direct.ts";
import { Liveness } from "./membership/liveness.ts";
import { MeshTime } from "./membership/mesh-time.ts";
import { Overlay } from "./overlay.ts";
import type { CredentialUse, PeerState, Pending, Snapshot } from "./peer-state.ts";
import type { MemberView, NeighborView, PeerCounts } from "./peer-view.ts";
import { countsOf, membersOf, neighborsOf } from "./peer-view.ts";
import { Rumors } from "./rumors.ts";
import type { Path } from "./sampling/calls.ts";
import { copyState } from "./state-copy.ts";
import { Admission } from "./trust/admission.ts";
import { Envelopes } from "./trust/envelopes.ts";
import { Handshakes } from "./trust/handshakes.ts";
import { decodeCredential, decodeFrame, encodeCredential, encodeFrame } from "./wire/codec.ts";
import { credentialBytes, departureBytes } from "./wire/statements.ts";

const NOTHING: readonly Effect[] = [];
/** After misbehaviour a peer is neither called nor taken for this long. Guess: a minute is a fair chance after time. */
const SHUN_MS = 60_000;

export class Peer {
  readonly self: PeerId;
  readonly admission: Admission;
  readonly directory: Directory;
  readonly direct: Direct;
  readonly envelopes: Envelopes;
  readonly handshakes: Handshakes;
  readonly liveness: Liveness;
  readonly meshTime: MeshTime;
  readonly overlay: Overlay;
  readonly rumors: Rumors;
  readonly state: PeerState;
  private readonly foundation: Foundation;
  private readonly out: Outbox;
  private effects: Effect[] = [];
  private moment: Moment = { nowMs: 0, meshMs: 0 };
  /** The frame encoded last: a flood sends one frame over many links. */
  private encoded: { frame: Frame; bytes: Uint8Array } | undefined;

  constructor(self: PeerId, config: Config, random: Random, hash: Hash, state?: PeerState) {
    this.self = self;
    this.foundation = { self, config, random, hash };
    this.admission = new Admission(state?.admission);
    this.directory = new Directory(state?.directory);
    this.direct = new Direct(this.foundation, state?.direct);
    this.envelopes = new Envelopes(state?.envelopes);
    this.handshakes = new Handshakes(this.foundation, state?.handshakes);
    this.liveness = new Liveness(this.foundation, state?.liveness);
    this.meshTime = new MeshTime(state?.meshTime);
    this.rumors = new Rumors(this.foundation, (author) => this.admission.isAdmitted(author), state?.rumors);
    this.overlay = new Overlay(this.foundation, this.host(), state?.overlay);
    this.state = state ?? {
      admission: this.admission.state,
      directory: this.directory.state,
      direct: this.direct.state,
      envelopes: this.envelopes.state,
      handshakes: this.handshakes.state,
      liveness: this.liveness.state,
      meshTime: this.meshTime.state,
      rumors: this.rumors.state,
      overlay: this.overlay.state,
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
    this.out = {
      frame: (link, frame, traffic) => this.send(link, frame, traffic),
      effect: (effect) => void this.effects.push(effect),
      ref: () => this.state.nextRef++,
    };
  }

  /** Carry one input through the rooms. Never throws on anything that another peer sent. */
  handle(input: Input, nowMs: number): readonly Effect[] {
    this.moment = this.meshTime.read(nowMs);
    if (this.state.phase === "left") return NOTHING;
    this.dispatch(input, this.moment);
    const effects = this.effects;
    if (effects.length === 0) return NOTHING;
    this.effects = [];
    return effects;
  }

  /** When, on the driver's clock, to hand in a `deadline`; Infinity when nothing is due. */
  get deadlineMs(): number {
    if (this.state.phase === "new" || this.state.phase === "left") return Number.POSITIVE_INFINITY;
    return this.meshTime.toWallMs(
      Math.min(
        this.overlay.deadlineMs,
        this.liveness.deadlineMs,
        this.handshakes.deadlineMs,
        this.direct.deadlineMs,
        this.rumors.deadlineMs,
      ),
    );
  }

  /** A copy of all that this peer remembers; it holds no secret. */
  snapshot(): Snapshot {
    const { config, random } = this.foundation;
    return copyState({ self: this.self, config, random: random.state, state: this.state });
  }

  /** Mesh time of the last input. */
  get meshMs(): number {
    return this.moment.meshMs;
  }

  get neighbors(): readonly NeighborView[] {
    return neighborsOf(this);
  }

  get members(): readonly MemberView[] {
    return membersOf(this);
  }

  get counts(): PeerCounts {
    return countsOf(this);
  }

  private dispatch(input: Input, now: Moment): void {
    const { out } = this;
    switch (input.kind) {
      case "start":
        return this.onStart(now);
      case "deadline":
        return this.onDeadline(now);
      case "linkUp":
        return this.onLinkUp(input.link, input.local, input.remote, now);
      case "linkDown":
        return this.endLink(input.link, "lost", now);
      case "received":
        return this.onReceived(input.link, input.bytes, now);
      case "writable":
        return this.rumors.onWritable(input.link, input.writable);
      case "localSignal":
        return this.overlay.onLocalSignal(input.link, input.signal, now);
      case "signed":
        if (this.rumors.onSigned(input.ref, input.signature, now, out)) return;
        if (this.overlay.shuffles.onSigned(input.ref, input.signature, out)) return;
        return this.onSigned(input.ref, input.signature, now);
      case "verified":
        return this.onVerified(input.ref, input.ok, now);
      case "sealed":
        return this.onSealed(input.ref, input.bytes, now);
      case "opened": {
        const opened = this.envelopes.onOpened(input.ref, input.from, input.bytes);
        if (opened === undefined) return;
        const { path, envelope } = opened;
        return this.checkCredential(envelope.sender, { for: "envelope", path, envelope }, now);
      }
      case "seedUp":
        this.overlay.state.seedsUp.add(input.seed);
        return;
      case "seedDown":
        this.overlay.state.seedsUp.delete(input.seed);
        return;
      case "seedPeers":
        return this.onSeedPeers(input, now);
      case "seedReceived":
        return this.envelopes.open({ kind: "seed", seed: input.seed, seat: input.seat }, input.bytes, out);
      case "seedGone": {
        const { seed, seat } = input;
        return this.overlay.onPathLost((path) => path.kind === "seed" && path.seed === seed && path.seat === seat, now);
      }
      default:
        return this.onCommand(input, now);
    }
  }

  // --- life -----------------------------------------------------------------------------------------------------

  private onStart(now: Moment): void {
    if (this.state.phase !== "new") return;
    const { config, hash } = this.foundation;
    this.state.phase = "running";
    this.overlay.onStart(now);
    const { meshId, incarnation, boxKey, ticket } = config;
    this.sign({ for: "own-credential" }, credentialBytes(meshId, this.self, incarnation, boxKey, hash(ticket)));
    // Signed ahead, so that a page that is closing can say goodbye without waiting for a signature.
    this.sign({ for: "own-departure" }, departureBytes(meshId, this.self, incarnation));
  }

  private onSigned(ref: Ref, signature: Uint8Array, _now: Moment): void {
    const pending = this.take(ref);
    const { config } = this.foundation;
    const { incarnation } = config;
    switch (pending?.for) {
      case "own-credential": {
        const credential = { peer: this.self, incarnation, boxKey: config.boxKey, ticket: config.ticket, signature };
        this.state.credential = credential;
        this.admission.admit(credential);
        this.out.effect({ kind: "seedAnnounce", card: encodeCredential(credential) });
        this.emit({ type: "started" });
        return;
      }
      case "own-departure":
        this.state.departure = { kind: "departure", peer: this.self, incarnation, signature };
        return;
      case "auth":
        if (!this.handshakes.has(pending.link)) return;
        this.send(pending.link, { kind: "auth", signature }, "control");
        this.handshakes.onAuthSent(pending.link);
        return this.prove(pending.link, this.moment);
      default:
    }
  }

  private onDeadline(now: Moment): void {
    if (this.state.phase === "new") return;
    for (const link of this.handshakes.onDeadline(now)) this.refuse(link, "timeout", "the handshake took too long");
    for (const link of this.liveness.onDeadline(now, this.out)) this.hangUp(link, "silent", now);
    this.overlay.onDeadline(now, this.out);
    for (const message of this.direct.onDeadline(now, this.out)) this.sendDirect(message);
    this.rumors.onDeadline(now, this.out);
  }

  private onCommand(command: Command, now: Moment): void {
    switch (command.kind) {
      case "publish":
        return this.rumors.onPublish(command, now, this.out);
      case "subscribe":
        return this.rumors.onSubscribe(command.topic, now);
      case "unsubscribe":
        return this.rumors.onUnsubscribe(command.topic);
      case "send": {
        const message = this.direct.begin(command.ref, command.to, command.data, command.timeoutMs, now, this.out);
        if (message !== undefined) this.sendDirect(message);
        return;
      }
      case "pause":
        if (this.state.phase !== "running") return;
        this.state.phase = "paused";
        return this.hangUpAll("paused", now);
      case "resume":
        if (this.state.phase !== "paused") return;
        this.state.phase = "running";
        return this.overlay.urge(now);
      case "leave": {
        const { departure } = this.state;
        if (departure !== undefined) {
          for (const neighbor of this.overlay.neighbors.all()) this.send(neighbor.link, departure, "control");
        }
        this.hangUpAll("left", now);
        this.direct.onLeave(this.out);
        this.state.phase = "left";
      }
    }
  }

  private hangUpAll(reason: "paused" | "left", now: Moment): void {
    this.overlay.dropAll(now);
    for (const link of [...this.handshakes.state.strangers.keys()]) this.hangUp(link, reason, now);
    for (const neighbor of [...this.overlay.neighbors.all()]) this.hangUp(neighbor.link, reason, now);
  }

  // --- links ----------------------------------------------------------------------------------------------------

  private onLinkUp(link: LinkId, local: Uint8Array, remote: Uint8Array, now: Moment): void {
    const own = this.state.credential;
    const call = this.overlay.calls.byLink(link);
    if (own === undefined || call === undefined || this.handshakes.size >= limits.strangersMax) {
      this.out.effect({ kind: "hangUp", link, reason: "refused" });
      return;
    }
    this.send(link, this.handshakes.onLinkUp(link, local, remote, call.peer, own, now), "control");
  }

  private onHandshakeFrame(link: LinkId, frame: Frame, now: Moment): void {
    const own = this.state.credential!;
    if (frame.kind === "hello") {
      const verdict = this.handshakes.onHello(link, frame, own);
      if (!verdict.ok) return this.refuse(link, verdict.reason, verdict.detail);
      this.sign({ for: "auth", link }, verdict.sign);
      return this.checkCredential(verdict.credential, { for: "handshake", link }, now);
    }
    if (frame.kind === "auth") {
      const bytes = this.handshakes.onAuth(link, frame.signature, own);
      const author = this.handshakes.peerOf(link);
      if (bytes === undefined || author === undefined) return this.refuse(link, "misbehaved", "an auth out of turn");
      return this.verify({ for: "auth-check", link }, author, bytes, frame.signature, undefined);
    }
    if (frame.kind === "bye") this.refuse(link, byeEnd(frame.reason), "the other end refused us");
  }

  private prove(link: LinkId, now: Moment): void {
    const proved = this.handshakes.prove(link);
    if (proved === undefined) return;
    const { credential } = proved;
    const call = this.overlay.calls.byLink(link);
    const loser = this.overlay.neighbors.add({
      link,
      peer: credential.peer,
      incarnation: credential.incarnation,
      ours: call?.ours ?? false,
      purpose: call?.purpose ?? "join",
      ring: call?.ring ?? 0,
      epoch: call?.epoch ?? 0,
      sinceMs: now.nowMs,
      version: proved.version,
      capabilities: proved.capabilities,
      tieBreak: proved.tieBreak,
    });
    if (call !== undefined) this.overlay.calls.end(call, "linked", now);
    if (loser === link) {
      this.send(link, { kind: "bye", reason: "duplicate" }, "control");
      this.out.effect({ kind: "hangUp", link, reason: "duplicate" });
      return;
    }
    if (loser !== undefined) this.replaced(loser, credential.peer, now);
    this.liveness.onLinkUp(link, now, this.out);
    this.directory.see(credential.peer, credential.incarnation, now.nowMs, this.out);
    this.emit({ type: "neighbor-up", peer: credential.peer, link, purpose: call?.purpose ?? "join" });
    this.rumors.onLinkUp(link, credential.peer, now, this.out);
    this.overlay.urge(now);
    if (call?.replace !== undefined) this.hangUp(call.replace, "replaced", now);
    for (const bytes of proved.early) this.onReceived(link, bytes, now);
  }

  /** The older of two links to one peer gives way; `neighbors` has dropped it already. */
  private replaced(link: LinkId, peer: PeerId, now: Moment): void {
    this.send(link, { kind: "bye", reason: "duplicate" }, "control");
    this.out.effect({ kind: "hangUp", link, reason: "duplicate" });
    this.forget(link, now);
    this.emit({ type: "neighbor-down", peer, link, reason: "duplicate" });
  }

  /** A handshake that failed: say why, to the other side and to the application. */
  private refuse(link: LinkId, reason: LinkEndReason, detail: string): void {
    const peer = this.handshakes.peerOf(link);
    if (!PEACEFUL.has(reason)) this.emit({ type: "link-refused", peer, reason, detail });
    this.hangUp(link, reason, this.moment);
  }

  /** A peer broke the rules on a link: count it, say bye, and keep away from it for a while. */
  private punish(link: LinkId, what: string, now: Moment): void {
    const peer = this.overlay.neighbors.get(link)?.peer ?? this.handshakes.peerOf(link);
    const { misbehavior } = this.state;
    misbehavior[what] = (misbehavior[what] ?? 0) + 1;
    this.emit({ type: "misbehavior", link, peer, what });
    if (peer !== undefined) this.overlay.calls.shun(peer, SHUN_MS, now);
    this.hangUp(link, "misbehaved", now);
  }

  private hangUp(link: LinkId, reason: LinkEndReason, now: Moment): void {
    if (this.handshakes.has(link) || this.overlay.neighbors.get(link) !== undefined) {
      this.send(link, { kind: "bye", reason: endBye(reason) }, "control");
    }
    this.out.effect({ kind: "hangUp", link, reason });
    this.endLink(link, reason, now);
  }

  /** What stands in the rooms for this link goes; the driver's own `linkDown` for it, later, finds nothing. */
  private endLink(link: LinkId, reason: LinkEndReason, now: Moment): void {
    const neighbor = this.overlay.neighbors.remove(link);
    this.forget(link, now);
    if (neighbor === undefined) return;
    this.emit({ type: "neighbor-down", peer: neighbor.peer, link, reason });
  }

  private forget(link: LinkId, now: Moment): void {
    this.handshakes.onLinkDown(link);
    this.liveness.onLinkDown(link);
    this.meshTime.onLinkDown(link);
    this.rumors.onLinkDown(link, now, this.out);
    this.overlay.onLinkLost(link, now, this.out);
  }

  // --- frames ---------------------------------------------------------------------------------------------------

  private send(link: LinkId, frame: Frame, traffic: TrafficClass): void {
    if (this.encoded?.frame !== frame) this.encoded = { frame, bytes: encodeFrame(frame) };
    const { framesOut } = this.state;
    framesOut[frame.kind] = (framesOut[frame.kind] ?? 0) + 1;
    const channel = traffic === "control" ? "control" : "data";
    this.effects.push({ kind: "send", link, channel, traffic, bytes: this.encoded.bytes });
  }

  private onReceived(link: LinkId, bytes: Uint8Array, now: Moment): void {
    const stranger = this.handshakes.has(link);
    if (!stranger && this.overlay.neighbors.get(link) === undefined) return;
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) return this.punish(link, `a frame that does not decode: ${decoded.reason}`, now);
    const { frame } = decoded;
    if (frame === undefined) {
      this.state.framesUnknown++;
      return;
    }
    if (stranger) {
      if (frame.kind === "hello" || frame.kind === "auth" || frame.kind === "bye") {
        return this.onHandshakeFrame(link, frame, now);
      }
      if (!this.handshakes.hold(link, bytes)) this.refuse(link, "misbehaved", "too much before the handshake");
      return;
    }
    const { framesIn } = this.state;
    framesIn[frame.kind] = (framesIn[frame.kind] ?? 0) + 1;
    this.liveness.onHeard(link, now);
    this.onFrame(link, frame, now);
  }

  private onFrame(link: LinkId, frame: Frame, now: Moment): void {
    const { overlay, out } = this;
    switch (frame.kind) {
      case "rumor":
      case "digest":
      case "have":
      case "want": {
        const verdict = this.rumors.onFrame(link, frame, now, out);
        if (verdict !== "ok") this.punish(link, verdict, now);
        return;
      }
      case "ping":
        // The raw clock, not mesh time: a median over medians could drift away together.
        return this.send(link, { kind: "pong", nonce: frame.nonce, timeMs: this.meshTime.state.lastWallMs }, "control");
      case "pong":
        return this.onPong(link, frame.nonce, frame.timeMs, now);
      case "bye":
        out.effect({ kind: "hangUp", link, reason: frame.reason });
        return this.endLink(link, byeEnd(frame.reason), now);
      case "departure":
        if (frame.peer === this.self || this.directory.hasDeparted(frame.peer, frame.incarnation)) return;
        if (!this.directory.state.members.has(frame.peer)) return;
        return this.verify(
          { for: "departure", link, frame },
          frame.peer,
          departureBytes(this.foundation.config.meshId, frame.peer, frame.incarnation),
          frame.signature,
          undefined,
        );
      case "peersWant":
        return overlay.onPeersWant(link, frame, now, out);
      case "peersHave":
        for (const credential of frame.credentials) this.checkCredential(credential, { for: "introduction", link }, now);
        return overlay.onPeersHave(link, frame, now, out);
      case "shuffle":
      case "shuffleReply": {
        const wrong = overlay.onShuffle(link, frame, now, out);
        if (wrong !== undefined) this.punish(link, wrong, now);
        return;
      }
      case "route":
        return this.onArrival(overlay.routes.onRoute(link, frame, now, out));
      case "circuit":
        return this.onArrival(overlay.routes.onCircuit(link, frame, now, out));
      case "routeEnd":
        if (overlay.routes.onRouteEnd(link, frame.circuit, out)) {
          overlay.onPathLost((path) => path.kind === "circuit" && path.circuit === frame.circuit, now);
        }
        return;
      case "credentialsWant": {
        const credentials = frame.peers.map((peer) => this.admission.get(peer)).filter((known) => known !== undefined);
        if (credentials.length > 0) this.send(link, { kind: "credentialsHave", credentials }, "control");
        return;
      }
      case "credentialsHave":
        for (const credential of frame.credentials) this.checkCredential(credential, { for: "author", link }, now);
        return;
      default:
        return this.punish(link, `a second ${frame.kind}`, now);
    }
  }

  private onPong(link: LinkId, nonce: number, timeMs: number, now: Moment): void {
    const rttMs = this.liveness.onPong(link, nonce, now);
    const neighbor = this.overlay.neighbors.get(link);
    if (rttMs === undefined || neighbor === undefined) return;
    this.meshTime.onPong(link, timeMs, rttMs);
    this.emit({ type: "neighbor-changed", peer: neighbor.peer, link });
  }

  private onArrival(arrival: "done" | { readonly circuit: string; readonly sealed: Uint8Array }): void {
    if (arrival === "done") return;
    this.envelopes.open({ kind: "circuit", circuit: arrival.circuit }, arrival.sealed, this.out);
  }

  // --- envelopes ------------------------------------------------------------------------------------------------

  private host(): ConstructorParameters<typeof Overlay>[1] {
    const peer = this;
    return {
      admission: this.admission,
      directory: this.directory,
      post: (path, to, boxKey, body, circuit) => peer.post(path, to, boxKey, body, circuit, undefined),
      hangUp: (link, reason) => peer.hangUp(link, reason, peer.moment),
      get paused() {
        return peer.state.phase !== "running" || peer.state.credential === undefined;
      },
    };
  }

  private post(
    path: Path,
    to: PeerId,
    boxKey: Uint8Array,
    body: EnvelopeBody,
    circuit: string,
    message: string | undefined,
  ): void {
    const own = this.state.credential;
    if (own !== undefined) this.envelopes.seal(own, { path, to, circuit, message }, boxKey, body, this.out);
  }

  private onSealed(ref: Ref, sealed: Uint8Array, now: Moment): void {
    const sealing = this.envelopes.onSealed(ref);
    if (sealing === undefined || this.state.phase !== "running") return;
    const { path, to, circuit, message } = sealing;
    const { routes } = this.overlay;
    switch (path.kind) {
      case "seed":
        this.out.effect({ kind: "seedSend", seed: path.seed, seat: path.seat, bytes: sealed });
        return;
      case "route":
        if (routes.originate(to, circuit, sealed, now, this.out)) {
          if (message !== undefined) this.direct.onTravelled(message);
        } else this.overlay.onPathLost((other) => other.kind === "circuit" && other.circuit === circuit, now);
        return;
      case "circuit":
        if (!routes.reply(path.circuit, sealed, now, this.out)) {
          this.overlay.onPathLost((other) => other.kind === "circuit" && other.circuit === path.circuit, now);
        }
    }
  }

  private sendDirect(message: { readonly id: string; readonly to: PeerId; readonly data: Uint8Array }): void {
    const boxKey = this.overlay.boxKeyOf(message.to);
    if (boxKey === undefined || !this.overlay.routes.knowsWay(message.to)) return;
    const circuit = [...this.foundation.random.bytes(8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const body = { type: "message", id: message.id, data: message.data } as const;
    this.post({ kind: "route" }, message.to, boxKey, body, circuit, message.id);
  }

  private onEnvelope(path: Path, sender: Credential, body: EnvelopeBody, now: Moment): void {
    if (body.type === "ack") return this.direct.onAck(body.id, sender.peer, this.out);
    if (body.type !== "message") return this.overlay.onSignal(path, sender, body, now, this.out);
    if (this.state.phase !== "running") return;
    if (this.direct.isNew(sender.peer, sender.incarnation, body.id)) {
      this.emit({ type: "direct", from: sender.peer, data: body.data });
    }
    this.post(path, sender.peer, sender.boxKey, { type: "ack", id: body.id }, "", undefined);
  }

  private onSeedPeers(input: Input & { kind: "seedPeers" }, now: Moment): void {
    const { seed } = input;
    if (input.others === 0 && this.overlay.neighbors.size === 0) this.emit({ type: "alone" });
    for (const { seat, card } of input.peers.slice(0, limits.credentialsMax)) {
      const decoded = decodeCredential(card);
      if (decoded.ok) this.checkCredential(decoded.credential, { for: "card", seed, seat }, now);
    }
  }

  // --- checks ---------------------------------------------------------------------------------------------------

  /** Every credential passes here: one check of signature and ticket, once for each statement. */
  private checkCredential(credential: Credential, then: CredentialUse, now: Moment): void {
    if (this.admission.isKnown(credential)) return this.onCredential(credential, then, now);
    if (credential.peer === this.self) return;
    const { meshId } = this.foundation.config;
    const { peer, incarnation, boxKey, ticket } = credential;
    const bytes = credentialBytes(meshId, peer, incarnation, boxKey, this.foundation.hash(ticket));
    this.verify({ for: "credential", credential, then }, peer, bytes, credential.signature, ticket);
  }

  private onCredential(credential: Credential, then: CredentialUse, now: Moment): void {
    switch (then.for) {
      case "handshake":
        this.handshakes.onChecked(then.link, "credential");
        return this.prove(then.link, now);
      case "envelope":
        return this.onEnvelope(then.path, credential, then.envelope.body, now);
      case "card":
        return this.overlay.onSeedPeer(credential, then.seed, then.seat, now, this.out);
      case "introduction":
        return this.overlay.onIntroduced(credential, then.link, now);
      default:
    }
  }

  private onVerified(ref: Ref, ok: boolean, now: Moment): void {
    const rumor = this.rumors.onVerified(ref, ok, now, this.out);
    if (rumor !== false) {
      if (rumor !== true) this.punish(rumor.link, rumor.what, now);
      return;
    }
    const batch = this.overlay.checks.onVerified(ref, ok);
    if (batch !== undefined) {
      if (batch === "waiting") return;
      if (batch.ok) this.overlay.onChecked(batch, now, this.out);
      else this.punish(batch.link, "a descriptor with a bad signature", now);
      return;
    }
    const pending = this.take(ref);
    switch (pending?.for) {
      case "auth-check":
        if (!this.handshakes.has(pending.link)) return;
        if (!ok) return this.refuse(pending.link, "handshake-failed", "the signature over the handshake does not hold: somebody stands between");
        this.handshakes.onChecked(pending.link, "auth");
        return this.prove(pending.link, now);
      case "departure":
        if (ok) this.onDeparted(pending.frame, pending.link);
        else this.punish(pending.link, "a departure with a bad signature", now);
        return;
      case "credential": {
        const { credential, then } = pending;
        if (ok) {
          this.admission.admit(credential);
          this.rumors.onAdmitted(credential.peer, now, this.out);
          this.onCredential(credential, then, now);
        } else if (then.for === "handshake") {
          this.refuse(then.link, "not-admitted", "its credential does not hold in this mesh");
        } else if (then.for === "introduction" || then.for === "author") {
          this.punish(then.link, "a credential that does not hold", now);
        }
        return;
      }
      default:
    }
  }

  private onDeparted(frame: Frame & { kind: "departure" }, from: LinkId): void {
    const { peer, incarnation } = frame;
    if (!this.directory.depart(peer, incarnation, this.out)) return;
    const entry = this.overlay.table.get(peer);
    if (entry !== undefined && entry.descriptor.incarnation <= incarnation) this.overlay.table.remove(peer);
    this.overlay.state.introduced.delete(peer);
    for (const neighbor of this.overlay.neighbors.all()) {
      if (neighbor.link !== from && neighbor.peer !== peer) this.send(neighbor.link, frame, "control");
    }
  }

  private emit(event: PeerEvent): void {
    this.effects.push({ kind: "emit", event });
  }

  private sign(pending: Pending, bytes: Uint8Array): void {
    const ref = this.out.ref();
    this.state.pending.set(ref, pending);
    this.effects.push({ kind: "sign", ref, bytes });
  }

  private verify(pending: Pending, author: PeerId, bytes: Uint8Array, signature: Uint8Array, ticket: Uint8Array | undefined): void {
    if (this.state.pending.size >= limits.pendingMax) return;
    const ref = this.out.ref();
    this.state.pending.set(ref, pending);
    this.effects.push({ kind: "verify", ref, author, bytes, signature, ticket });
  }

  private take(ref: Ref): Pending | undefined {
    const pending = this.state.pending.get(ref);
    this.state.pending.delete(ref);
    return pending;
  }
}

/** Ends of a handshake that say nothing against anybody. */
const PEACEFUL = new Set<LinkEndReason>(["goodbye", "duplicate", "replaced", "paused", "left"]);

const BYE_REASONS = new Set<string>([
  "goodbye", "refused", "wrong-mesh", "wrong-version", "handshake-failed", "timeout", "not-admitted", "misbehaved", "duplicate", "self", "replaced", "paused", "left",
] satisfies ByeReason[]);

function endBye(reason: LinkEndReason): ByeReason {
  return BYE_REASONS.has(reason) ? (reason as ByeReason) : "goodbye";
}

function byeEnd(reason: ByeReason): LinkEndReason {
  return reason;
}
