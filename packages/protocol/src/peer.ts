/**
 * The sans-IO peer: inputs in, effects out, no clock, no chance and no secret of its own (the manner of str0m and
 * quinn-proto). It composes the rooms, which never call each other, and carries each input through them. A driver owes
 * it three things: every effect carried out in order, every result handed back, and a `deadline` input when the time
 * that `deadlineMs` names has come.
 */
import { absentKeys, type KeyRoom } from "./parts/absent.ts";
import type { Config } from "./config.ts";
import { Doorway } from "./standing/doorway.ts";
import type { Effect } from "./effect.ts";
import type { Command, Input } from "./input.ts";
import { Mail } from "./overlay/mail.ts";
import type { Host } from "./overlay/host.ts";
import { hostIn } from "./overlay/hosting.ts";
import type { CredentialUse, PeerState } from "./peer-state.ts";
import { Readings } from "./peer-readings.ts";
import type { Parts } from "./parts/parts.ts";
import { introduceSelf, rekey } from "./standing/rekeying.ts";
import type { Random } from "./random.ts";
import { Rooms } from "./rooms.ts";
import type { RoutedRounds } from "./rumors/routed-rounds.ts";
import type { Credential, Hash, LinkId, PeerId, Ref, Standing } from "./types.ts";
import { decodeFrame, encodeCredential, isForLater } from "./wire/codec.ts";
import type { Frame } from "./wire/frames.ts";

export class Peer extends Readings {
  /** The rooms, for views and tests; everything that changes them goes through `handle`. */
  readonly rooms: Rooms;
  private readonly doorway: Doorway;
  private readonly mail: Mail;
  private routed: RoutedRounds | undefined;
  /** The keys of epochs: which stands, and whether it is safe. */
  readonly keys: KeyRoom;
  private readonly parts: Parts;

  /** `state`: that of a snapshot, to go on from there; it is used, not copied (see `restore.ts`). */
  constructor(self: PeerId, config: Config, random: Random, hash: Hash, parts: Parts, state?: PeerState) {
    super();
    this.parts = parts;
    this.rooms = new Rooms(self, config, random, hash, parts, (rooms) => this.overlayHost(rooms), state);
    this.mail = new Mail(this.rooms, (circuit, sender, bytes) => this.routed?.onGossip(circuit, sender, bytes));
    this.keys = config.keys === undefined ? absentKeys : new parts.keys!.Keys(this.rooms);
    this.doorway = new Doorway(this.rooms, {
      onCredential: (credential, use) => this.onCredential(credential, use),
      onShutOut: (sender, { path, envelope }) => {
        const body = this.doorway.revoking.refusal(sender, envelope.body);
        if (body !== undefined) this.mail.post(path, sender.peer, sender.boxKey, body);
      },
      onReceived: (link, bytes) => this.onReceived(link, bytes),
    });
    this.goRound();
  }

  /** Carry one input through the rooms. Never throws on anything that another peer sent. */
  handle(input: Input, nowMs: number): readonly Effect[] {
    const { rooms } = this;
    rooms.now = rooms.meshTime.read(nowMs);
    if (rooms.state.phase !== "left") {
      this.dispatch(input);
      for (const fork of rooms.rumors.takeForks()) this.doorway.onFound({ kind: "fork", ...fork });
      this.keys.settle();
    }
    return rooms.takeEffects();
  }

  /** When, on the driver's clock, to hand in a `deadline`; Infinity when nothing is due. */
  get deadlineMs(): number {
    const { overlay, liveness, handshakes, direct, rumors, scores, routed, meshTime, state } = this.rooms;
    if (state.phase === "new" || state.phase === "left") return Number.POSITIVE_INFINITY;
    // No list of rooms: this is asked after every input.
    const first = Math.min(overlay.deadlineMs, liveness.deadlineMs, handshakes.deadlineMs, direct.deadlineMs);
    const second = Math.min(rumors.deadlineMs, scores.deadlineMs, this.keys.deadlineMs);
    return meshTime.toWallMs(Math.min(first, second, routed?.deadlineMs ?? second));
  }

  private dispatch(input: Input): void {
    const { rooms, doorway, mail } = this;
    const { overlay, now } = rooms;
    switch (input.kind) {
      case "restored":
        // Whoever has a store has all parts.
        return this.parts.later!.onRestored(input.restored, rooms, this.keys, doorway);
      case "later":
        return this.onLater();
      case "start":
        return this.onStart();
      case "rekey":
        if (rooms.state.phase === "new") return;
        rekey(rooms, doorway, input);
        return introduceSelf(rooms);
      case "deadline":
        return this.onDeadline();
      case "linkUp":
        return doorway.onLinkUp(input.link, input.local, input.remote);
      case "linkDown":
        return doorway.end(input.link, "lost");
      case "received":
        return this.onReceived(input.link, input.bytes);
      case "writable":
        return rooms.rumors.onWritable(input.link, input.writable);
      case "localSignal":
        return overlay.calling.onLocalSignal(input.link, input.signal, now);
      case "signed":
        return this.onSigned(input.ref, input.signature);
      case "verified":
        return this.onVerified(input.ref, input.ok, input.standing);
      case "validated":
        rooms.rumors.onValidated(input.ref, input.verdict, rooms.now, rooms);
        return;
      case "sealed":
        return mail.onSealed(input.ref, input.bytes);
      case "keyring":
        return this.keys.onAnswer(input.ref, input.answer);
      case "opened": {
        const opened = mail.onOpened(input);
        if (opened !== undefined) doorway.check(opened.envelope.sender, { for: "envelope", ...opened });
        return;
      }
      case "seedUp":
        overlay.islands.state.seedsUp.add(input.seed);
        return;
      case "seedDown":
        overlay.islands.state.seedsUp.delete(input.seed);
        return;
      case "seedPeers":
        return doorway.onSeedPeers(input);
      case "seedReceived":
        return mail.onSeedReceived(input);
      case "seedGone":
        return overlay.calling.onSeatEmpty(input.seed, input.seat, now);
      default:
        return this.onCommand(input);
    }
  }

  private onStart(): void {
    const { rooms } = this;
    if (rooms.state.phase !== "new") return;
    rooms.state.phase = "running";
    rooms.overlay.onStart(rooms.now);
    introduceSelf(rooms);
  }

  /** What comes later is there: what waited for it is read. */
  private onLater(): void {
    const { rooms, parts } = this;
    const frames = rooms.early?.state.frames;
    if (parts.later === undefined || frames === undefined) return;
    parts.later.openLater(rooms, parts.later);
    this.goRound();
    for (const { link, bytes } of frames) this.onReceived(link, bytes);
  }

  private goRound(): void {
    const { rooms, parts } = this;
    const { routed } = rooms;
    if (routed === undefined || parts.later === undefined) return;
    this.routed = new parts.later.RoutedRounds(rooms, routed, this, (link, frame) => this.onFrame(link, frame));
  }

  private onDeadline(): void {
    const { rooms, doorway } = this;
    const { now } = rooms;
    if (rooms.state.phase === "new") return;
    for (const link of rooms.handshakes.onDeadline(now)) {
      doorway.refuse(link, "timeout", "the handshake took too long");
    }
    const { silent, quieter } = rooms.liveness.onDeadline(now, rooms);
    for (const link of silent) doorway.hangUp(link, "silent");
    if (quieter) rooms.overlay.onQuieter(now);
    doorway.onDeadline();
    rooms.overlay.onDeadline(now, rooms);
    for (const message of rooms.direct.onDeadline(now, rooms)) this.mail.sendDirect(message);
    rooms.rumors.onDeadline(now, rooms);
    this.routed?.onDeadline(doorway);
    if (rooms.scores.isDue(now)) doorway.judge();
  }

  private onCommand(command: Command): void {
    const { rooms, doorway } = this;
    const { rumors, direct, state, now } = rooms;
    switch (command.kind) {
      case "publish":
        return rumors.onPublish(command, now, rooms);
      case "write":
        return rumors.maps.onWrite(command, now, rooms);
      case "profile":
        return rumors.profiles.onSay(command, now, rooms);
      case "subscribe":
        this.keys.onSubscribe(command.topic, command.keyId);
        return rumors.onSubscribe(command.topic, now);
      case "unsubscribe":
        return rumors.onUnsubscribe(command.topic);
      case "validate":
        return rumors.onValidators(command.topic, command.on, now, rooms);
      case "send": {
        const message = direct.begin(command.ref, command.to, command.data, command.timeoutMs, now, rooms);
        if (message !== undefined) this.mail.sendDirect(message);
        return;
      }
      case "revoke":
        return doorway.revoking.onCommand(command);
      case "pause":
        if (state.phase !== "running") return;
        state.phase = "paused";
        return doorway.hangUpAll("paused");
      case "resume":
        if (state.phase !== "paused") return;
        state.phase = "running";
        return rooms.overlay.urge(now);
      case "leave": {
        const { departure } = state;
        for (const neighbor of rooms.overlay.neighbors.all()) {
          if (departure !== undefined) rooms.frame(neighbor.link, departure, "control");
        }
        doorway.hangUpAll("left");
        direct.onLeave(rooms);
        state.phase = "left";
      }
    }
  }

  // --- answers to effects ---------------------------------------------------------------------------------------

  private onSigned(ref: Ref, signature: Uint8Array): void {
    const { rooms } = this;
    if (rooms.rumors.onSigned(ref, signature, rooms.now, rooms)) return;
    if (rooms.rumors.maps.onSigned(ref, signature, rooms.now, rooms)) return;
    if (rooms.rumors.profiles.onSigned(ref, signature, rooms.now, rooms)) return;
    if (rooms.overlay.finding.shuffles.onSigned(ref, signature, rooms)) return;
    const pending = rooms.settle(ref);
    const { incarnation, boxKey, ticket } = rooms.foundation.config;
    switch (pending?.for) {
      case "own-credential": {
        const credential = { peer: this.self, incarnation, boxKey, ticket, signature };
        rooms.state.credential = credential;
        rooms.admission.admit(credential, rooms.foundation.config.standing);
        this.doorway.revoking.onStart();
        rooms.effect({ kind: "seedAnnounce", card: encodeCredential(credential) });
        return rooms.emit({ type: "started" });
      }
      case "own-departure":
        rooms.state.departure = { kind: "departure", peer: this.self, incarnation, signature };
        return;
      case "auth":
        return this.doorway.onAuthSigned(pending.link, signature);
      case "revocation":
        return this.doorway.revoking.onSigned(pending, signature);
      default:
    }
  }

  private onVerified(ref: Ref, ok: boolean, standing: Standing | undefined): void {
    const { rooms, doorway } = this;
    const { rumors } = rooms;
    const rumor =
      rumors.onVerified(ref, ok, rooms.now, rooms) ||
      rumors.maps.onVerified(ref, ok, rooms.now, rooms) ||
      rumors.profiles.onVerified(ref, ok, rooms.now, rooms);
    if (rumor !== false) {
      if (rumor !== true) doorway.punish(rumor.link, rumor.what);
      return;
    }
    const { finding } = rooms.overlay;
    const batch = finding.checks.onVerified(ref, ok);
    if (batch !== undefined) {
      if (batch === "waiting") return;
      rooms.answering = batch.purpose.kind === "shuffle" ? batch.link : undefined;
      if (batch.ok) finding.exchange.onChecked(batch, rooms.now, rooms);
      else doorway.punish(batch.link, "a descriptor with a bad signature");
      rooms.answering = undefined;
      return;
    }
    const judgement = rooms.convictions.onVerified(ref, ok);
    if (judgement !== undefined) {
      if (judgement !== "waiting") doorway.onJudgement(judgement);
      return;
    }
    if (doorway.revoking.onVerified(ref, ok, standing)) return;
    const pending = rooms.settle(ref);
    switch (pending?.for) {
      case "auth-check":
        return doorway.onAuthVerified(pending.link, ok);
      case "departure":
        return doorway.onDepartureVerified(pending.link, pending.frame, ok);
      case "credential":
        return doorway.onCredentialVerified(pending.credential, pending.use, ok, standing);
      default:
    }
  }

  /** A credential that holds, and what it was checked for. */
  private onCredential(credential: Credential, use: CredentialUse): void {
    const { rooms } = this;
    switch (use.for) {
      case "envelope":
        this.doorway.revoking.onTold(use.envelope.body);
        return this.mail.onEnvelope(use.path, credential, use.envelope);
      case "card":
        return rooms.overlay.onSeedPeer(credential, use.seed, use.seat, rooms.now, rooms);
      case "introduction":
        return rooms.overlay.finding.exchange.onIntroduced(credential, use.link, rooms.now, rooms);
      default:
    }
  }

  // --- frames ---------------------------------------------------------------------------------------------------

  private onReceived(link: LinkId, bytes: Uint8Array): void {
    const { rooms, doorway } = this;
    const stranger = rooms.handshakes.has(link);
    if (!stranger && rooms.overlay.neighbors.get(link) === undefined) return;
    if (rooms.early !== undefined && isForLater(bytes)) {
      if (stranger) return doorway.hold(link, bytes);
      rooms.early.hold(link, bytes);
      return rooms.liveness.onHeard(link, rooms.now);
    }
    const decoded = decodeFrame(bytes, this.parts.later?.codec);
    if (!decoded.ok) {
      if (stranger && decoded.reason === "wrong-version") {
        return doorway.refuse(link, "wrong-version", "the other end speaks no version that we do");
      }
      return doorway.punish(link, `a frame that does not decode: ${decoded.reason}`);
    }
    const { frame } = decoded;
    if (frame === undefined) {
      rooms.state.framesUnknown++;
      return;
    }
    if (stranger) return doorway.onStrangerFrame(link, frame, bytes);
    const { framesIn } = rooms.state;
    framesIn[frame.kind] = (framesIn[frame.kind] ?? 0) + 1;
    rooms.liveness.onHeard(link, rooms.now);
    const charged = rooms.charge(link, frame);
    if (charged === "within") this.onFrame(link, frame);
    else if (charged !== "over") doorway.punish(link, charged);
    rooms.answering = undefined;
  }

  private onFrame(link: LinkId, frame: Frame): void {
    const { rooms, doorway, mail } = this;
    const { overlay, now } = rooms;
    switch (frame.kind) {
      case "rumor":
      case "segment":
      case "digest":
      case "reconcile":
      case "have":
      case "want":
      case "iHave":
      case "graft":
      case "prune":
      case "tell":
      case "told": {
        const verdict = rooms.rumors.onFrame(link, frame, now, rooms);
        if (verdict !== "ok") doorway.punish(link, verdict);
        return;
      }
      case "mapDigest":
      case "mapWant": {
        const neighbor = overlay.neighbors.get(link);
        const isEqual = rooms.rumors.maps.onFrame(link, frame, now, rooms);
        if (isEqual && neighbor !== undefined) rooms.emit({ type: "maps-equal", peer: neighbor.peer });
        return;
      }
      case "profileDigest":
      case "profileWant":
        return rooms.rumors.profiles.onFrame(link, frame, now, rooms);
      case "keyWant":
      case "keyGive":
        return this.keys.onFrame(link, frame);
      case "ping": {
        // The raw clock, not mesh time: a median over medians could drift away together.
        const timeMs = Math.max(0, Math.round(rooms.meshTime.state.lastWallMs));
        return rooms.frame(link, { kind: "pong", nonce: frame.nonce, timeMs }, "control");
      }
      case "pong":
        return doorway.onPong(link, frame.nonce, frame.timeMs);
      case "bye":
        rooms.effect({ kind: "hangUp", link, reason: frame.reason });
        return doorway.end(link, frame.reason);
      case "departure":
        return doorway.onDeparture(link, frame);
      case "peersWant":
        return overlay.finding.exchange.onPeersWant(link, frame, now, rooms);
      case "peersHave":
        for (const credential of frame.credentials) doorway.check(credential, { for: "introduction", link });
        return overlay.finding.exchange.onPeersHave(link, frame, now, rooms);
      case "shuffle":
      case "shuffleReply": {
        const wrong = overlay.finding.exchange.onShuffle(link, frame, now, rooms);
        if (wrong !== undefined) doorway.punish(link, wrong);
        return;
      }
      case "route":
        return mail.onArrival(link, overlay.finding.routes.onRoute(link, frame, now, rooms));
      case "circuit":
        return mail.onArrival(link, overlay.finding.routes.onCircuit(link, frame, now, rooms));
      case "routeEnd":
        return overlay.finding.onRouteEnd(link, frame.circuit, now, rooms);
      case "credentialsWant":
        return doorway.onCredentialsWant(link, frame.peers);
      case "credentialsHave":
        for (const credential of frame.credentials) doorway.check(credential, { for: "author", link });
        return;
      case "evidence":
        return doorway.onEvidence(link, frame.evidence);
      case "revocations":
        return doorway.revoking.onFrame(link, frame);
      default:
        return doorway.punish(link, `a second ${frame.kind}`);
    }
  }

  private overlayHost(rooms: Rooms): Host {
    return hostIn(rooms, {
      onEvidence: (evidence) => this.doorway.onFound(evidence),
      onKnown: (peer) => this.doorway.onKnown(peer),
      post: (path, peer, boxKey, body, circuit) => this.mail.post(path, peer, boxKey, body, circuit),
      hangUp: (link, reason) => this.doorway.hangUp(link, reason),
    });
  }
}
