/**
 * Revocations on their way: from a neighbor, or our own pen, to the room that knows what counts (`trust/revocations.ts`),
 * and from there to everything that rests on it: links, members, the overlay, the logs, the other neighbors. Composes
 * rooms, like `doorway.ts`, which owns it.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { Command } from "../input.ts";
import type { Pending } from "../peer-state.ts";
import { headsIn, writtenIn } from "../repair/heads.ts";
import type { Rooms } from "../rooms.ts";
import { equalBytes } from "../trust/admission.ts";
import { accusedIn } from "../trust/evidence.ts";
import type { Change, Hearing } from "../trust/revocations.ts";
import type { Credential, LinkId, PeerId, Ref, Revocation, Standing } from "../types.ts";
import { ROLE_ADMIN, ROLE_ROOT } from "../types.ts";
import type { EnvelopeBody, RevocationsFrame } from "../wire/frames.ts";
import { revocationBytes } from "../wire/statements.ts";

/** Guess: whoever calls several peers at once is told by each, and then not for a minute. */
const TELL_AGAIN_MS = 60_000;

/** What is done to links. */
export interface Links {
  hangUp(link: LinkId, reason: "revoked"): void;
  punish(link: LinkId, what: string): void;
}

export class Revoking {
  private readonly rooms: Rooms;
  private readonly links: Links;

  constructor(rooms: Rooms, links: Links) {
    this.rooms = rooms;
    this.links = links;
  }

  // --- what others say ------------------------------------------------------------------------------------------

  /** A new neighbor, before anything else: all that is known here, unless it has said that it knows the same. */
  greet(link: LinkId, held: Uint8Array): void {
    const { revocations } = this.rooms;
    if (equalBytes(held, revocations.fingerprint)) return;
    for (const page of revocations.pages()) this.send(link, page);
  }

  /** Whoever is not taken in because it was revoked is told by whom. */
  explain(link: LinkId, peer: PeerId): void {
    for (const page of this.rooms.revocations.pages(this.against(peer))) this.send(link, page);
  }

  /** Nobody links to a revoked or convicted peer, so its call is answered by what says so: else it would never know. */
  refusal({ peer, incarnation }: Credential, body: EnvelopeBody): EnvelopeBody | undefined {
    if (body.type !== "request" && body.type !== "offer") return undefined;
    const { rooms } = this;
    const { told } = rooms.revocations.state;
    // Whoever starts again has forgotten it.
    const run = `${peer}/${incarnation}`;
    const evidence = rooms.convictions.state.convicted.get(peer);
    const [page] = rooms.revocations.pages(this.against(peer));
    const known = page ?? evidence;
    if (known === undefined || rooms.now.nowMs < (told.get(run) ?? 0)) return undefined;
    told.delete(run);
    told.set(run, rooms.now.nowMs + TELL_AGAIN_MS);
    forgetOldest(told, limits.revokedToldMax);
    if (page !== undefined) return { type: "revoked", call: body.call, list: page };
    return evidence && { type: "convicted", call: body.call, evidence };
  }

  /** Somebody we called says that we are revoked, or convicted. */
  onTold(body: EnvelopeBody): void {
    const { rooms } = this;
    if (body.type === "revoked") return this.hear(undefined, this.aboutUs(body.list));
    if (body.type !== "convicted" || accusedIn(body.evidence) !== rooms.foundation.self) return;
    rooms.convictions.hear(body.evidence, undefined, rooms);
  }

  onFrame(link: LinkId, { held, list }: RevocationsFrame): void {
    const { rooms } = this;
    const peer = rooms.overlay.neighbors.get(link)?.peer;
    if (list.length > 0) return this.hear(link, list);
    if (peer === undefined) return;
    const same = equalBytes(held, rooms.revocations.fingerprint);
    rooms.emit({ type: "revocations-held", peer, same });
  }

  /** Of a link whose other end is not proved yet: only what is said against ourselves. True when something was. */
  onStranger(link: LinkId, { list }: RevocationsFrame): boolean {
    const against = this.aboutUs(list);
    if (against.length > 0) this.hear(link, against);
    return against.length > 0;
  }

  private aboutUs(list: readonly Revocation[]): Revocation[] {
    const { self, config } = this.rooms.foundation;
    const keys = new Set([self, ...(config.standing?.keys ?? [])]);
    return list.filter(({ key }) => keys.has(key)).slice(0, limits.standingsMax);
  }

  private hear(link: LinkId | undefined, list: readonly Revocation[]): void {
    const { rooms } = this;
    for (const revocation of list) rooms.revocations.hear(revocation, link, rooms);
    if (link !== undefined && !rooms.revocations.isHearing(link)) this.answer(link);
  }

  /** False when the ref is not ours. */
  onVerified(ref: Ref, ok: boolean, standing: Standing | undefined): boolean {
    const { rooms } = this;
    const before = this.revoked();
    const hearing = rooms.revocations.onVerified(ref, ok, standing);
    if (hearing !== undefined) this.onHearing(hearing, before);
    return hearing !== undefined;
  }

  private onHearing(hearing: Hearing, before: ReadonlySet<PeerId>): void {
    const { link } = hearing;
    if (hearing.kind === "unfounded") {
      if (link !== undefined) this.links.punish(link, "a revocation that does not hold");
      return;
    }
    if (hearing.kind === "news") this.onChange(hearing.change, link, before);
    if (link !== undefined && !this.rooms.revocations.isHearing(link)) this.answer(link);
  }

  // --- what we say ----------------------------------------------------------------------------------------------

  onCommand({ ref, key, keep }: Command & { readonly kind: "revoke" }): void {
    const { rooms } = this;
    const { foundation, admission, revocations } = rooms;
    const { self, config, hash } = foundation;
    const { standing, ticket, meshId } = config;
    const timeMs = Math.round(rooms.now.meshMs);
    const roles = new Set(admission.standings(key).map(({ role }) => role));
    const refuse = (reason: "no-right" | "root-key" | "admin"): void =>
      rooms.emit({ type: "revocation-refused", ref, reason });
    if (standing === undefined || !revocations.wouldCount(self, standing, timeMs)) return refuse("no-right");
    if (roles.has(ROLE_ROOT)) return refuse("root-key");
    if (standing.role < ROLE_ROOT && roles.has(ROLE_ADMIN)) return refuse("admin");
    const isMeant = (author: PeerId): boolean => this.keysOf(author).includes(key);
    const { heads, unnamed } = headsIn(
      [...writtenIn(rooms.rumors.logs, isMeant), ...rooms.rumors.maps.written(isMeant)],
      keep,
      limits.headsMax,
    );
    const unsigned = { key, timeMs, heads, revoker: self, ticket };
    rooms.sign({ for: "revocation", publisher: ref, unnamed, unsigned }, revocationBytes(meshId, unsigned, hash));
  }

  onSigned({ publisher, unnamed, unsigned }: Pending & { readonly for: "revocation" }, signature: Uint8Array): void {
    const { rooms } = this;
    const before = this.revoked();
    const revocation = { ...unsigned, signature };
    const change = rooms.revocations.add(revocation, rooms.foundation.config.standing!);
    if (change === undefined) return rooms.emit({ type: "revocation-refused", ref: publisher, reason: "full" });
    this.onChange(change, undefined, before);
    rooms.emit({ type: "revocation-made", ref: publisher, revocation, unnamed });
  }

  /** What earlier runs knew. Nobody is told. */
  restore(list: readonly Revocation[], revokers: readonly Standing[]): void {
    for (const [i, revocation] of list.entries()) {
      const revoker = revokers[i];
      if (revoker !== undefined) this.rooms.revocations.add(revocation, revoker);
    }
  }

  /** A run that begins with its own key revoked, or convicted, has to know. */
  onStart(): void {
    const { self } = this.rooms.foundation;
    const evidence = this.rooms.convictions.state.convicted.get(self);
    if (evidence !== undefined) this.rooms.emit({ type: "convicted", peer: self, evidence });
    const [revocation] = this.against(self);
    if (revocation === undefined || !this.rooms.admission.isRevoked(self)) return;
    this.rooms.emit({ type: "revoked", revocation, peers: [self] });
  }

  // --- what follows ---------------------------------------------------------------------------------------------

  private onChange({ name, revocation, gone }: Change, from: LinkId | undefined, before: ReadonlySet<PeerId>): void {
    const { rooms } = this;
    rooms.effect({ kind: "persistRevocation", name, revocation });
    for (const other of gone) rooms.effect({ kind: "forgetRevocation", name: other });
    for (const { link } of rooms.overlay.neighbors.all()) if (link !== from) this.send(link, [revocation]);
    rooms.rumors.onLimits(rooms.now, rooms);
    const after = this.revoked();
    const peers = [...after].filter((peer) => !before.has(peer));
    const reinstated = [...before].filter((peer) => !after.has(peer));
    for (const peer of peers) this.shutOut(peer);
    rooms.emit({ type: "revoked", revocation, peers });
    if (reinstated.length > 0) rooms.emit({ type: "reinstated", peers: reinstated });
  }

  /** It was told by the flood, like everybody. Of ourselves there is nothing to do: the others hang up. */
  private shutOut(peer: PeerId): void {
    const { rooms } = this;
    if (peer === rooms.foundation.self) return;
    rooms.overlay.onShutOut(peer);
    const link = rooms.overlay.neighbors.of(peer)?.link;
    if (link !== undefined) this.links.hangUp(link, "revoked");
    rooms.directory.expel(peer, "revoked", rooms);
  }

  /** Of all that were admitted, ourselves among them. */
  private revoked(): Set<PeerId> {
    const { admission, revocations } = this.rooms;
    if (revocations.size === 0) return new Set();
    return new Set([...admission.state.admitted.keys()].filter((peer) => admission.isRevoked(peer)));
  }

  private against(peer: PeerId): Revocation[] {
    return this.rooms.revocations.of(this.keysOf(peer));
  }

  private keysOf(peer: PeerId): PeerId[] {
    const { admission, foundation } = this.rooms;
    const own = peer === foundation.self ? (foundation.config.standing?.keys ?? []) : [];
    return [...new Set([peer, ...own, ...admission.standings(peer).flatMap(({ keys }) => keys)])];
  }

  private send(link: LinkId, list: readonly Revocation[]): void {
    const { rooms } = this;
    rooms.frame(link, { kind: "revocations", held: rooms.revocations.fingerprint, list }, "control");
  }

  private answer(link: LinkId): void {
    if (this.rooms.overlay.neighbors.get(link) !== undefined) this.send(link, []);
  }
}
