/**
 * Who was revoked, and what of it stands. A revocation is signed by the root or by an admin and carries what admits its
 * author, in the manner of a certificate revocation list (RFC 5280) that every member keeps, and of Bayou's rule that
 * order of arrival decides nothing: what follows is a function of the set of revocations that are known.
 *
 * - The root's word always counts. An admin's counts unless the root has revoked that admin, or a key on which its
 *   admission rests: then all of its words fall, those of before too, for a date is only what its author says it is. What
 *   of them shall stand the root signs anew.
 * - A ticket falls when the root has revoked one of the keys that it rests on; that of a reader or a writer also when an
 *   admin has. So no admin revokes an admin, and there is no circle.
 * - Where several speak of one log, it ends at the lowest of what they name.
 */
import { limits } from "../limits.ts";
import type { LinkId, LogId, PeerId, Ref, Revocation, Standing } from "../types.ts";
import { ROLE_ADMIN, ROLE_ROOT } from "../types.ts";
import type { Foundation, Outbox } from "../room.ts";
import { NO_LIMIT, type Limit } from "../repair/limit.ts";
import { compareLogs } from "../wire/revocation-codec.ts";
import { revocationBytes } from "../wire/statements.ts";
import { toHex } from "../wire/hex.ts";

/** A revocation that holds, and by which right it was made. */
export interface KnownRevocation {
  readonly revocation: Revocation;
  readonly standing: Standing;
}

interface Trial {
  readonly revocation: Revocation;
  /** Who brought it; undefined for our own. */
  readonly link: LinkId | undefined;
}

export interface RevocationsState {
  /** By the hash of what was signed. */
  readonly known: Map<string, KnownRevocation>;
  readonly trials: Map<Ref, Trial>;
  /** Runs of peers that were told that they are shut out, and until when that is enough. */
  readonly told: Map<string, number>;
}

/** What came of a check. `settled`: known already, of no account, or beyond a bound. */
export type Hearing =
  | { readonly kind: "news"; readonly link: LinkId | undefined; readonly change: Change }
  | { readonly kind: "settled" | "unfounded"; readonly link: LinkId | undefined };

/** What a new revocation changed in what is known. */
export interface Change {
  readonly name: string;
  readonly revocation: Revocation;
  /** Names of those that count no longer. */
  readonly gone: readonly string[];
}

export class Revocations {
  readonly state: RevocationsState;
  private readonly foundation: Foundation;
  /** What counts, by the key that it revokes. Follows from `state`. */
  private byRoot = new Map<PeerId, Revocation[]>();
  private byAdmins = new Map<PeerId, Revocation[]>();
  private print: Uint8Array = new Uint8Array(8);

  constructor(
    foundation: Foundation,
    state: RevocationsState = { known: new Map(), trials: new Map(), told: new Map() },
  ) {
    this.foundation = foundation;
    this.state = state;
    this.settle();
  }

  get size(): number {
    return this.state.known.size;
  }

  /** Newest first, by what they say. */
  all(): KnownRevocation[] {
    return [...this.state.known.values()].toSorted((a, b) => b.revocation.timeMs - a.revocation.timeMs);
  }

  /** 8 bytes: the same at two peers when they know the same; zeros for nothing. */
  get fingerprint(): Uint8Array {
    return this.print;
  }

  /** Those of one of these keys. */
  of(keys: readonly PeerId[]): Revocation[] {
    return keys.flatMap((key) => [...(this.byRoot.get(key) ?? []), ...(this.byAdmins.get(key) ?? [])]);
  }

  /** Does this admission of a peer count no longer? */
  hasFallen(peer: PeerId, { role, keys }: Pick<Standing, "role" | "keys">): boolean {
    if (this.size === 0 || role >= ROLE_ROOT) return false;
    const isIn = (revoked: ReadonlyMap<PeerId, unknown>): boolean =>
      revoked.has(peer) || keys.some((key) => revoked.has(key));
    return isIn(this.byRoot) || (role < ROLE_ADMIN && isIn(this.byAdmins));
  }

  /** Where a log ends whose author has these admissions, none of which lets it write any more. */
  limitOf(log: LogId, standings: readonly Standing[]): Limit {
    let limit: Limit = NO_LIMIT;
    for (const { role, keys } of standings) {
      for (const key of new Set([log.author, ...keys])) {
        for (const revocation of this.byRoot.get(key) ?? []) limit = lower(limit, revocation, log, true);
        if (role >= ROLE_ADMIN) continue;
        for (const revocation of this.byAdmins.get(key) ?? []) limit = lower(limit, revocation, log, false);
      }
    }
    return limit;
  }

  /** Pages of all that is known, for one frame each. */
  *pages(
    list: readonly Revocation[] = Array.from(this.state.known.values(), (known) => known.revocation),
  ): Generator<readonly Revocation[]> {
    let page: Revocation[] = [];
    let bytes = 0;
    for (const revocation of list) {
      page.push(revocation);
      bytes += bytesOf(revocation);
      if (page.length < limits.revocationsPerFrameMax && bytes < limits.revocationsPerFrameBytes) continue;
      yield page;
      page = [];
      bytes = 0;
    }
    if (page.length > 0) yield page;
  }

  /** Is something being checked that came over this link? */
  isHearing(link: LinkId): boolean {
    for (const trial of this.state.trials.values()) if (trial.link === link) return true;
    return false;
  }

  /** Somebody says so: have it checked, unless it is known. */
  hear(revocation: Revocation, link: LinkId | undefined, out: Outbox): "known" | "checking" {
    const { trials, known } = this.state;
    const { meshId } = this.foundation.config;
    const bytes = revocationBytes(meshId, revocation, this.foundation.hash);
    if (known.has(this.nameOf(bytes))) return "known";
    if (trials.size >= limits.revocationTrialsMax) return "checking";
    const ref = out.ref();
    trials.set(ref, { revocation, link });
    const { revoker: author, signature, ticket } = revocation;
    out.effect({ kind: "verify", ref, author, bytes, signature, ticket });
    return "checking";
  }

  /** Undefined: not ours. */
  onVerified(ref: Ref, ok: boolean, standing: Standing | undefined): Hearing | undefined {
    const trial = this.state.trials.get(ref);
    if (trial === undefined) return undefined;
    this.state.trials.delete(ref);
    const { revocation, link } = trial;
    if (!ok || standing === undefined || !mayRevoke(standing, revocation.timeMs)) return { kind: "unfounded", link };
    const change = this.add(revocation, standing);
    return change === undefined ? { kind: "settled", link } : { kind: "news", link, change };
  }

  /** One that holds, by whoever has this standing. Undefined when it is known, or does not count. */
  add(revocation: Revocation, standing: Standing): Change | undefined {
    const { config, hash } = this.foundation;
    const { known } = this.state;
    const name = this.nameOf(revocationBytes(config.meshId, revocation, hash));
    if (known.has(name) || !mayRevoke(standing, revocation.timeMs)) return undefined;
    known.set(name, { revocation, standing });
    const gone = this.settle();
    return known.has(name) ? { name, revocation, gone } : undefined;
  }

  /** Does what this one says count? Asked of one that was made here, before it is signed. */
  wouldCount(revoker: PeerId, standing: Standing, timeMs: number): boolean {
    return mayRevoke(standing, timeMs) && !isVoid(revoker, standing, this.byRoot);
  }

  /** Let go of what counts no longer and of what is beyond a bound, and write down anew who is revoked. */
  private settle(): string[] {
    const { known } = this.state;
    const gone: string[] = [];
    const byRoot = new Set<PeerId>();
    for (const { revocation, standing } of known.values()) if (isRoot(standing)) byRoot.add(revocation.key);
    const counts = new Map<PeerId, number>();
    let bytes = 0;
    for (const [name, { revocation, standing }] of [...known].toSorted(compare)) {
      const { revoker } = revocation;
      const count = (counts.get(revoker) ?? 0) + 1;
      const isOver = !isRoot(standing) && count > limits.revocationsPerAdminMax;
      const fits = bytes + bytesOf(revocation) <= limits.revocationsBytesMax;
      if (isOver || !fits || isVoid(revoker, standing, byRoot)) {
        known.delete(name);
        gone.push(name);
        continue;
      }
      counts.set(revoker, count);
      bytes += bytesOf(revocation);
    }
    this.write();
    return gone;
  }

  private write(): void {
    const { known } = this.state;
    this.byRoot = new Map();
    this.byAdmins = new Map();
    for (const { revocation, standing } of known.values()) {
      const by = isRoot(standing) ? this.byRoot : this.byAdmins;
      by.set(revocation.key, [...(by.get(revocation.key) ?? []), revocation]);
    }
    const names = [...known.keys()].toSorted().join("");
    const text = Uint8Array.from(names, (character) => character.charCodeAt(0));
    this.print = names === "" ? new Uint8Array(8) : this.foundation.hash(text).slice(0, 8);
  }

  private nameOf(bytes: Uint8Array): string {
    return toHex(this.foundation.hash(bytes));
  }
}

function isRoot({ role }: Standing): boolean {
  return role >= ROLE_ROOT;
}

/** Has the root revoked whoever says this, or what it rests on? */
function isVoid(revoker: PeerId, standing: Standing, byRoot: { has(key: PeerId): boolean }): boolean {
  return !isRoot(standing) && [revoker, ...standing.keys].some((key) => byRoot.has(key));
}

/** By its role, and by the end of what gives it. */
function mayRevoke({ role, expiryMs }: Standing, timeMs: number): boolean {
  return role >= ROLE_ADMIN && (expiryMs === 0 || timeMs < expiryMs);
}

/** Those of the root first, then of those nearest to it; of one admin the earliest first. An order, whatever came when. */
function compare(
  [nameA, a]: readonly [string, KnownRevocation],
  [nameB, b]: readonly [string, KnownRevocation],
): number {
  const depth = ({ standing }: KnownRevocation): number => (isRoot(standing) ? 0 : 1 + standing.keys.length);
  return (
    depth(a) - depth(b) || a.revocation.timeMs - b.revocation.timeMs || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0)
  );
}

function lower(limit: Limit, revocation: Revocation, log: LogId, isFinal: boolean): Limit {
  const head = revocation.heads.find((head) => compareLogs(head.log, log) === 0);
  const seq = head?.seq ?? 0;
  const final = isFinal ? Math.min(limit.final, seq) : limit.final;
  if (seq > limit.seq) return { ...limit, final };
  const ids = head === undefined ? [] : [head.idPrefix];
  return { seq, ids: seq === limit.seq ? [...limit.ids, ...ids] : ids, final };
}

/** About what it takes on the wire. */
function bytesOf({ ticket, heads }: Revocation): number {
  return 140 + ticket.length + 76 * heads.length;
}
