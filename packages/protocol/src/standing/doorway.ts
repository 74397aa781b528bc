/**
 * Who comes in and who goes: the life of a link from `linkUp` through the handshake to the end, and the checks of
 * credentials on which it rests. Whatever the reason that a link ends, it ends here, in every room at once.
 */
import type { LinkEndReason } from "../effect.ts";
import type { Input } from "../input.ts";
import { limits } from "../limits.ts";
import type { CredentialUse } from "../peer-state.ts";
import { Revoking } from "./revoking.ts";
import { isRouted } from "../types.ts";
import type { Rooms } from "../rooms.ts";
import { deedsOf } from "./deeds.ts";
import { accusedIn } from "../trust/evidence.ts";
import type { Judgement } from "../trust/convictions.ts";
import type { Credential, Evidence, LinkId, PeerId, Standing } from "../types.ts";
import { decodeCredential } from "../wire/codec.ts";
import type { ByeReason, DepartureFrame, Frame } from "../wire/frames.ts";
import { BYE_REASONS } from "../wire/frames.ts";
import { credentialBytes, departureBytes } from "../wire/statements.ts";

/** After misbehaviour a peer is neither called nor taken for this long. Guess: a minute is a fair chance after time. */
const SHUN_MS = 60_000;

/** What the doorway leads to. */
export interface Inside {
  /** A credential held; go on with what it was checked for. */
  onCredential(credential: Credential, use: CredentialUse): void;
  /** One that was revoked, or convicted, wrote to us. */
  onShutOut(credential: Credential, use: CredentialUse & { readonly for: "envelope" }): void;
  /** Frames that came while the handshake was being checked. */
  onReceived(link: LinkId, bytes: Uint8Array): void;
}

export class Doorway {
  readonly revoking: Revoking;
  private readonly rooms: Rooms;
  private readonly inside: Inside;

  constructor(rooms: Rooms, inside: Inside) {
    this.rooms = rooms;
    this.inside = inside;
    this.revoking = new Revoking(rooms, this);
  }

  onLinkUp(link: LinkId, local: Uint8Array, remote: Uint8Array): void {
    const { rooms } = this;
    const own = rooms.state.credential;
    const call = rooms.overlay.calls.byLink(link);
    // Calls of ours are few, and strangers who take their time must not keep us from them.
    const isCrowded = call?.ours === false && this.callers() >= limits.strangersMax;
    if (own === undefined || call === undefined || isCrowded) {
      rooms.effect({ kind: "hangUp", link, reason: "refused" });
      return;
    }
    const hello = rooms.handshakes.onLinkUp(link, local, remote, call.peer, own, rooms.now);
    rooms.frame(link, { ...hello, revocations: rooms.revocations.fingerprint }, "control");
  }

  private callers(): number {
    const { handshakes, overlay } = this.rooms;
    return [...handshakes.state.strangers.keys()].filter((link) => overlay.calls.byLink(link)?.ours !== true).length;
  }

  /** A frame on a link whose other end is not proved yet. */
  onStrangerFrame(link: LinkId, frame: Frame, bytes: Uint8Array): void {
    const { rooms } = this;
    const own = rooms.state.credential!;
    switch (frame.kind) {
      case "hello": {
        const verdict = rooms.handshakes.onHello(link, frame, own);
        if (!verdict.ok) return this.refuse(link, verdict.reason, verdict.detail);
        if (this.accuse(link, verdict.credential.peer)) return this.refuse(link, "convicted", "its key is convicted");
        rooms.sign({ for: "auth", link }, verdict.sign);
        return this.check(verdict.credential, { for: "handshake", link });
      }
      case "auth": {
        const claim = rooms.handshakes.onAuth(link, frame.signature, own);
        const author = rooms.handshakes.peerOf(link);
        if (claim === undefined || author === undefined) return this.refuse(link, "misbehaved", "an auth out of turn");
        return rooms.verify({ for: "auth-check", link }, author, claim, frame.signature, undefined);
      }
      case "bye":
        return this.refuse(link, frame.reason, "the other end refused us");
      case "evidence":
        // Before any other word, what is said against ourselves; the rest is for when we know who says it.
        return accusedIn(frame.evidence) === rooms.foundation.self
          ? this.onEvidence(link, frame.evidence)
          : this.hold(link, bytes);
      case "revocations":
        if (this.revoking.onStranger(link, frame)) return;
        return this.hold(link, bytes);
      default:
        this.hold(link, bytes);
    }
  }

  /** It comes before the handshake is through. */
  hold(link: LinkId, bytes: Uint8Array): void {
    if (!this.rooms.handshakes.hold(link, bytes)) this.refuse(link, "misbehaved", "too much before the handshake");
  }

  onAuthSigned(link: LinkId, signature: Uint8Array): void {
    const { rooms } = this;
    if (!rooms.handshakes.has(link)) return;
    rooms.frame(link, { kind: "auth", signature }, "control");
    rooms.handshakes.onAuthSent(link);
    this.prove(link);
  }

  onAuthVerified(link: LinkId, ok: boolean): void {
    const { handshakes } = this.rooms;
    if (!handshakes.has(link)) return;
    if (!ok) {
      const detail = "the signature over the handshake does not hold: somebody stands between";
      return this.refuse(link, "handshake-failed", detail);
    }
    handshakes.onChecked(link, "auth");
    this.prove(link);
  }

  /** When every check is through, a stranger is a neighbor. */
  prove(link: LinkId): void {
    const { rooms } = this;
    const { overlay, now } = rooms;
    const proved = rooms.handshakes.prove(link);
    if (proved === undefined) return;
    const { peer, incarnation } = proved.credential;
    // It may have been while the handshake went on.
    const convicted = this.accuse(link, peer);
    if (convicted || rooms.admission.isRevoked(peer)) {
      if (!convicted) this.revoking.explain(link, peer);
      rooms.frame(link, { kind: "bye", reason: convicted ? "convicted" : "revoked" }, "control");
      return this.refuse(link, convicted ? "convicted" : "revoked", "it was shut out during its handshake", peer);
    }
    const call = overlay.calls.byLink(link);
    const loser = overlay.neighbors.add({
      link,
      peer,
      incarnation,
      ours: call?.ours ?? false,
      purpose: call?.purpose ?? "join",
      ring: call?.ring ?? 0,
      epoch: call?.epoch ?? 0,
      sinceMs: now.nowMs,
      version: proved.version,
      capabilities: proved.capabilities,
      tieBreak: proved.tieBreak,
    });
    if (call !== undefined) overlay.calls.end(call, "linked", now);
    if (loser !== undefined) {
      rooms.frame(loser, { kind: "bye", reason: "duplicate" }, "control");
      rooms.effect({ kind: "hangUp", link: loser, reason: "duplicate" });
      if (loser === link) return;
      rooms.scores.onNeighborGone(peer, deedsOf(rooms, loser), rooms.liveness.isQuiet(loser), now);
      // `neighbors` has put the new link in its place already.
      this.forget(loser);
      rooms.emit({ type: "neighbor-down", peer, link: loser, reason: "duplicate" });
    }
    this.revoking.greet(link, proved.revocations);
    // Before anything else, so that a newcomer is not drawn in by those whom everyone else knows.
    for (const evidence of rooms.convictions.all().slice(0, limits.evidenceAtOnceMax)) {
      rooms.frame(link, { kind: "evidence", evidence }, "control");
    }
    rooms.scores.onNeighbor(peer, now);
    rooms.liveness.onLinkUp(link, now, rooms);
    rooms.directory.see(peer, incarnation, Number.POSITIVE_INFINITY, now.nowMs, rooms);
    rooms.emit({ type: "neighbor-up", peer, link, purpose: call?.purpose ?? "join" });
    rooms.rumors.onLinkUp(link, peer, now);
    overlay.finding.exchange.greet(link, peer, now, rooms);
    overlay.urge(now);
    const replaced = call?.replace === undefined ? undefined : overlay.neighbors.get(call.replace);
    // Decided when the call came: a great loss may have been noticed since.
    if (replaced !== undefined && !overlay.islands.mustKeep(replaced.sinceMs, now)) {
      this.hangUp(replaced.link, "replaced");
    }
    for (const bytes of proved.early) this.inside.onReceived(link, bytes);
  }

  /** A handshake that failed: say why, to the other side and to the application. */
  refuse(
    link: LinkId,
    reason: LinkEndReason,
    detail: string,
    peer: PeerId | undefined = this.rooms.handshakes.peerOf(link),
  ): void {
    if (!PEACEFUL.has(reason)) this.rooms.emit({ type: "link-refused", peer, reason, detail });
    this.hangUp(link, reason);
  }

  /** A peer broke the rules on a link: count it, say bye, and keep away from it for a while. */
  punish(link: LinkId, what: string): void {
    const { rooms } = this;
    const peer = rooms.overlay.neighbors.get(link)?.peer ?? rooms.handshakes.peerOf(link);
    const { misbehavior } = rooms.state;
    misbehavior[what] = (misbehavior[what] ?? 0) + 1;
    rooms.emit({ type: "misbehavior", link, peer, what });
    if (peer !== undefined) {
      rooms.overlay.calls.shun(peer, SHUN_MS, rooms.now);
      rooms.scores.onOffence(peer, rooms.now);
    }
    this.hangUp(link, "misbehaved");
  }

  /** A round along a route is over. To the overlay it was no link. */
  endRouted(link: LinkId): void {
    const { rooms } = this;
    rooms.routed?.end(link);
    rooms.quotas.onLinkDown(link);
    rooms.rumors.onRoutedDown(link, rooms.now, rooms);
  }

  hangUp(link: LinkId, reason: LinkEndReason): void {
    const { rooms } = this;
    if (isRouted(link)) return this.endRouted(link);
    if (rooms.handshakes.has(link) || rooms.overlay.neighbors.get(link) !== undefined) {
      rooms.frame(link, { kind: "bye", reason: byeOf(reason) }, "control");
    }
    rooms.effect({ kind: "hangUp", link, reason });
    this.end(link, reason);
  }

  hangUpAll(reason: "paused" | "left"): void {
    const { rooms } = this;
    rooms.overlay.calling.dropAll(rooms.now);
    for (const link of [...rooms.handshakes.state.strangers.keys()]) this.hangUp(link, reason);
    for (const neighbor of [...rooms.overlay.neighbors.all()]) this.hangUp(neighbor.link, reason);
  }

  /** What stands in the rooms for this link goes; the driver's own `linkDown` for it, later, finds nothing. */
  end(link: LinkId, reason: LinkEndReason): void {
    const { rooms } = this;
    const neighbor = rooms.overlay.neighbors.remove(link);
    if (neighbor !== undefined) {
      rooms.scores.onNeighborGone(neighbor.peer, deedsOf(rooms, link), rooms.liveness.isQuiet(link), rooms.now);
    }
    this.forget(link);
    if (neighbor === undefined) return;
    if (!PLANNED.has(reason)) rooms.overlay.onVanished(neighbor.peer, rooms.now);
    rooms.emit({ type: "neighbor-down", peer: neighbor.peer, link, reason });
  }

  private forget(link: LinkId): void {
    const { rooms } = this;
    rooms.handshakes.onLinkDown(link);
    rooms.early?.onLinkDown(link);
    rooms.quotas.onLinkDown(link);
    rooms.liveness.onLinkDown(link);
    rooms.meshTime.onLinkDown(link);
    rooms.rumors.onLinkDown(link, rooms.now, rooms);
    rooms.overlay.onLinkLost(link, rooms.now, rooms);
  }

  // --- credentials and departures -------------------------------------------------------------------------------

  onSeedPeers({ seed, others, peers }: Input & { readonly kind: "seedPeers" }): void {
    const { rooms } = this;
    if (others === 0 && rooms.overlay.neighbors.size === 0) rooms.emit({ type: "alone" });
    for (const { seat, card } of peers.slice(0, limits.credentialsMax)) {
      const decoded = decodeCredential(card);
      if (decoded.ok) this.check(decoded.credential, { for: "card", seed, seat });
    }
  }

  onCredentialsWant(link: LinkId, peers: readonly PeerId[]): void {
    const { rooms } = this;
    const credentials = peers.map((peer) => rooms.admission.get(peer)).filter((credential) => credential !== undefined);
    if (credentials.length > 0) rooms.frame(link, { kind: "credentialsHave", credentials }, "control");
  }

  /** Every credential passes here: one check of signature and ticket, once for each statement. */
  check(credential: Credential, use: CredentialUse): void {
    const { rooms } = this;
    if (rooms.admission.isKnown(credential)) return this.onAdmitted(credential, use);
    const { self, config, hash } = rooms.foundation;
    const { peer, incarnation, boxKey, ticket, signature } = credential;
    if (peer === self) return;
    // New authors are charged to the link that brought them.
    const isNew = (use.for === "author" || use.for === "introduction") && !rooms.admission.isAdmitted(peer);
    if (isNew && !rooms.quotas.introduce(use.link, rooms.now)) return;
    const bytes = credentialBytes(config.meshId, peer, incarnation, boxKey, hash(ticket));
    rooms.verify({ for: "credential", credential, use }, peer, bytes, signature, ticket);
  }

  onCredentialVerified(credential: Credential, use: CredentialUse, ok: boolean, standing?: Standing): void {
    const { rooms } = this;
    if (ok) {
      rooms.admission.admit(credential, standing);
      // Another ticket may say that somebody who was revoked counts, or how much of it stands.
      if (rooms.revocations.size > 0) rooms.rumors.onLimits(rooms.now, rooms);
      rooms.effect({ kind: "persistCredential", credential });
      rooms.rumors.onAdmitted(credential.peer, rooms.now, rooms);
      this.onKnown(credential.peer);
      this.onAdmitted(credential, use);
    } else if (use.for === "handshake") {
      this.refuse(use.link, "not-admitted", "its credential does not hold in this mesh");
    } else if (use.for === "introduction" || use.for === "author") {
      this.punish(use.link, "a credential that does not hold");
    }
  }

  private onAdmitted(credential: Credential, use: CredentialUse): void {
    const { admission, now } = this.rooms;
    const expired = admission.hasExpired(credential.peer, now.meshMs);
    if (use.for !== "handshake") {
      // Its rumors of before stand; but it is nobody to call, to be called by, or to hear from.
      const convicted = this.rooms.convictions.isConvicted(credential.peer);
      if (use.for === "envelope" && (convicted || admission.isRevoked(credential.peer))) {
        this.inside.onShutOut(credential, use);
      } else if (!expired || use.for === "author") this.inside.onCredential(credential, use);
      return;
    }
    if (admission.isRevoked(credential.peer)) {
      this.revoking.explain(use.link, credential.peer);
      return this.refuse(use.link, "revoked", "what admitted it was revoked");
    }
    if (expired) return this.refuse(use.link, "not-admitted", "what admitted it has run out");
    this.rooms.handshakes.onChecked(use.link, "credential");
    this.prove(use.link);
  }

  onDeparture(link: LinkId, frame: DepartureFrame): void {
    const { rooms } = this;
    const { self, config } = rooms.foundation;
    const { peer, incarnation, signature } = frame;
    if (peer === self || rooms.directory.hasDeparted(peer, incarnation) || !this.isMember(peer)) return;
    const bytes = departureBytes(config.meshId, peer, incarnation);
    rooms.verify({ for: "departure", link, frame }, peer, bytes, signature, undefined);
  }

  onDepartureVerified(link: LinkId, frame: DepartureFrame, ok: boolean): void {
    if (!ok) return this.punish(link, "a departure with a bad signature");
    const { rooms } = this;
    const { peer, incarnation } = frame;
    if (!rooms.directory.depart(peer, incarnation, rooms)) return;
    rooms.overlay.onDeparted(peer, incarnation);
    for (const neighbor of rooms.overlay.neighbors.all()) {
      if (neighbor.link !== link && neighbor.peer !== peer) rooms.frame(neighbor.link, frame, "control");
    }
  }

  /** What admits a peer may run out while a link to it stands. */
  onDeadline(): void {
    const { overlay, admission, now } = this.rooms;
    for (const { link, peer } of overlay.neighbors.all()) {
      if (admission.hasExpired(peer, now.meshMs)) this.hangUp(link, "not-admitted");
    }
  }

  /** Look at what each neighbor did, and part from the worst, should it be bad enough. */
  judge(): void {
    const { rooms } = this;
    const { overlay, liveness, scores, now } = rooms;
    const neighbors = Array.from(overlay.neighbors.all(), ({ link, peer }) => ({
      peer,
      deeds: deedsOf(rooms, link),
      isQuiet: liveness.isQuiet(link),
    }));
    const worst = scores.onSpell(neighbors, now);
    const neighbor = worst === undefined ? undefined : overlay.neighbors.of(worst);
    if (neighbor !== undefined) this.hangUp(neighbor.link, "graylisted");
  }

  onPong(link: LinkId, nonce: number, timeMs: number): void {
    const { rooms } = this;
    const rttMs = rooms.liveness.onPong(link, nonce, rooms.now);
    const neighbor = rooms.overlay.neighbors.get(link);
    if (rttMs === undefined || neighbor === undefined) return;
    rooms.meshTime.onPong(link, timeMs, rttMs);
    rooms.emit({ type: "neighbor-changed", peer: neighbor.peer, link });
  }

  // --- evidence -------------------------------------------------------------------------------------------------

  /** A neighbor accuses. Keys that were never admitted are nobody's concern, and cannot fill our memory. */
  onEvidence(link: LinkId, evidence: Evidence): void {
    const { convictions } = this.rooms;
    if (!this.isConcern(accusedIn(evidence))) return convictions.await(evidence, link);
    const isNews = evidence.kind === "fork" && this.rooms.rumors.isForkNews(evidence);
    if (!convictions.hear(evidence, link, this.rooms, isNews)) this.punish(link, "an accusation that accuses nobody");
  }

  onJudgement(judgement: Judgement): void {
    const { rooms } = this;
    if (judgement.kind !== "unfounded") {
      const { kind, evidence, link } = judgement;
      const shorter = evidence.kind === "fork" && rooms.rumors.onFork(evidence, rooms.now, rooms);
      if (kind === "convicted") this.expel(evidence, link);
      // Of a key that is convicted only what ends another of its logs is worth passing on.
      else if (shorter) this.tell(evidence, link);
      return;
    }
    if (judgement.link !== undefined) this.punish(judgement.link, "evidence that does not hold");
  }

  /** What we found ourselves: both signatures were checked before the statements were compared. */
  onFound(evidence: Evidence): void {
    const { convictions } = this.rooms;
    if (this.isConcern(accusedIn(evidence)) && convictions.convict(evidence)) this.expel(evidence, undefined);
  }

  /** A peer that nobody here knew before: what was said of it earlier is looked into now. */
  onKnown(peer: PeerId): void {
    const early = this.rooms.convictions.takeEarly(peer);
    if (early !== undefined) this.onEvidence(early.link, early.evidence);
  }

  /** A ticket of this key was found good: with a credential, or with a descriptor that is known still. */
  private isConcern(peer: PeerId): boolean {
    const { admission, overlay } = this.rooms;
    return admission.isAdmitted(peer) || overlay.finding.table.get(peer) !== undefined;
  }

  /** Whoever is not taken in because it is convicted is told by what: it may have forgotten, or never have heard. */
  private accuse(link: LinkId, peer: PeerId): boolean {
    const { convictions } = this.rooms;
    const evidence = convictions.state.convicted.get(peer);
    if (evidence !== undefined) this.rooms.frame(link, { kind: "evidence", evidence }, "control");
    return convictions.isConvicted(peer);
  }

  /** Shut a key out of the overlay, and pass its evidence on, once. */
  private expel(evidence: Evidence, from: LinkId | undefined): void {
    const { rooms } = this;
    const peer = accusedIn(evidence);
    rooms.effect({ kind: "persistEvidence", evidence });
    rooms.emit({ type: "convicted", peer, evidence });
    this.tell(evidence, from);
    // Our own key: the others will hang up; what is left to us is to tell the application.
    if (peer === rooms.foundation.self) return;
    rooms.overlay.onShutOut(peer);
    const link = rooms.overlay.neighbors.of(peer)?.link;
    if (link !== undefined) this.hangUp(link, "convicted");
    rooms.directory.expel(peer, "convicted", rooms);
    rooms.rumors.profiles.onStanding(rooms.now, rooms);
  }

  private tell(evidence: Evidence, from: LinkId | undefined): void {
    const { rooms } = this;
    for (const neighbor of rooms.overlay.neighbors.all()) {
      if (neighbor.link !== from) rooms.frame(neighbor.link, { kind: "evidence", evidence }, "control");
    }
  }

  /** Departures of strangers are not passed on: anybody could flood the mesh with those of keys made for it. */
  private isMember(peer: PeerId): boolean {
    return this.rooms.directory.state.members.has(peer);
  }
}

/** Ends that somebody meant, and that are no sign of trouble. */
const PLANNED: ReadonlySet<LinkEndReason> = new Set([
  "goodbye",
  "duplicate",
  "replaced",
  "paused",
  "left",
  "graylisted",
]);

/** Ends of a handshake that say nothing against anybody. */
const PEACEFUL = new Set<LinkEndReason>(["goodbye", "duplicate", "replaced", "paused", "left"]);

const BYES = new Set<string>(BYE_REASONS);

/**
 * What the other side is told: some reasons are nobody's business but ours. Whoever was silent has to know that nobody
 * meant to part from it, for it may be on an island now, together with those who slept when it did.
 */
function byeOf(reason: LinkEndReason): ByeReason {
  if (reason === "silent") return "timeout";
  return BYES.has(reason) ? (reason as ByeReason) : "goodbye";
}
