/**
 * Who is admitted, and to what: the credentials that were checked, signature and ticket together, and found good. What
 * admits an author travels with the author, not with the link, so a credential learned from anybody counts. Those on which
 * nothing rests here are dropped first, the oldest before others; they can be asked for again.
 *
 * The core reads no ticket: whoever verified it says what standing it gives. A key may have several tickets, and has the
 * rights of each, whichever came first.
 */
import { limits } from "../limits.ts";
import type { Credential, Header, PeerId, Standing } from "../types.ts";
import { MEMBER, ROLE_WRITER } from "../types.ts";

export interface AdmissionState {
  /** Insertion order is order of use. */
  readonly admitted: Map<PeerId, Credential>;
  /** Of those of the admitted whose standing is not that of everybody. */
  readonly standings: Map<PeerId, readonly Standing[]>;
}

export class Admission {
  readonly state: AdmissionState;
  /** Was this ticket of that peer revoked? */
  private readonly hasFallen: (peer: PeerId, standing: Standing) => boolean;
  private readonly worthOf: (peer: PeerId) => number;

  /** `worthOf`: whoever is worth least goes first, when there is no room for all. */
  constructor(
    state: AdmissionState = { admitted: new Map(), standings: new Map() },
    hasFallen: (peer: PeerId, standing: Standing) => boolean = () => false,
    worthOf: (peer: PeerId) => number = () => 0,
  ) {
    this.state = state;
    this.hasFallen = hasFallen;
    this.worthOf = worthOf;
  }

  isAdmitted(peer: PeerId): boolean {
    return this.state.admitted.has(peer);
  }

  get(peer: PeerId): Credential | undefined {
    return this.state.admitted.get(peer);
  }

  /** Of an admitted peer: the best that counts now, or counted last. */
  standingOf(peer: PeerId, meshMs: number): Standing {
    const live = this.live(peer);
    return live.find((standing) => lasts(standing, meshMs)) ?? live[0] ?? this.standings(peer)[0]!;
  }

  /** Has all been revoked that admits this peer? Of one that is not admitted: has its key been? */
  isRevoked(peer: PeerId): boolean {
    // No list: this is asked of everyone known, again and again.
    for (const standing of this.standings(peer)) if (!this.hasFallen(peer, standing)) return false;
    return true;
  }

  /** May it write, as far as revocations go? What it wrote under a ticket that has fallen stands as long as another lets it. */
  isWriter(peer: PeerId): boolean {
    return this.live(peer).some(({ role }) => role >= ROLE_WRITER);
  }

  /**
   * May this author's rumor stand, by its role and by its stamp? The same at every peer that knows the author's tickets.
   * Revoked ones count here like others: they end logs (`Revocations.limitOf`), and what is before the end stands.
   */
  mayWrite({ author, timeMs }: Pick<Header, "author" | "timeMs">): boolean {
    return this.standings(author).some((standing) => standing.role >= ROLE_WRITER && lasts(standing, timeMs));
  }

  /** Has all that admits this peer run out, or been revoked? */
  hasExpired(peer: PeerId, meshMs: number): boolean {
    for (const standing of this.standings(peer)) {
      if (lasts(standing, meshMs) && !this.hasFallen(peer, standing)) return false;
    }
    return true;
  }

  /** What its tickets say, revoked or not, best first. Of a peer that is not admitted: what everybody has. */
  standings(peer: PeerId): readonly Standing[] {
    return this.state.standings.get(peer) ?? EVERYBODY;
  }

  private live(peer: PeerId): readonly Standing[] {
    return this.standings(peer).filter((standing) => !this.hasFallen(peer, standing));
  }

  /** True when this very statement was checked before: the same key, for the same incarnation. */
  isKnown(credential: Credential): boolean {
    const known = this.state.admitted.get(credential.peer);
    return (
      known !== undefined &&
      known.incarnation === credential.incarnation &&
      equalBytes(known.boxKey, credential.boxKey) &&
      equalBytes(known.ticket, credential.ticket)
    );
  }

  /** Keep a credential that passed its check. That of a later incarnation is kept over an earlier one's. */
  admit(credential: Credential, standing: Standing = MEMBER): void {
    const { admitted, standings } = this.state;
    const known = admitted.get(credential.peer);
    const before = standings.get(credential.peer) ?? (known === undefined ? [] : EVERYBODY);
    const all = [...before.filter((other) => compare(other, standing) !== 0), standing].toSorted(compare);
    if (all.length > 1 || compare(standing, MEMBER) !== 0) {
      standings.set(credential.peer, all.slice(0, limits.standingsMax));
    }
    admitted.delete(credential.peer);
    admitted.set(
      credential.peer,
      known !== undefined && known.incarnation > credential.incarnation ? known : credential,
    );
    if (admitted.size > limits.admittedMax) this.forgetOne();
  }

  /** Somebody who brings many authors must not make us forget those on whose standing something rests here. */
  private forgetOne(): void {
    const { admitted, standings } = this.state;
    let [least, leastWorth] = ["", Number.POSITIVE_INFINITY];
    for (const [peer, credential] of [...admitted]) {
      const worth = this.worthOf(peer);
      if (worth < leastWorth) [least, leastWorth] = [peer, worth];
      if (worth === 0) break;
      // In use: the next search comes to it last.
      admitted.delete(peer);
      admitted.set(peer, credential);
    }
    admitted.delete(least);
    standings.delete(least);
  }
}

const EVERYBODY: readonly Standing[] = [MEMBER];

function lasts({ expiryMs }: Standing, meshMs: number): boolean {
  return expiryMs === 0 || meshMs < expiryMs;
}

/** Greater roles first, then those that last longer; among equals any order will do, as long as it is one. */
function compare(a: Standing, b: Standing): number {
  if (a.role !== b.role) return b.role - a.role;
  const [endA, endB] = [a, b].map(({ expiryMs }) => (expiryMs === 0 ? Number.MAX_SAFE_INTEGER : expiryMs));
  if (endA !== endB) return endB! - endA!;
  const [keysA, keysB] = [a.keys.join(), b.keys.join()];
  return keysA < keysB ? -1 : keysA > keysB ? 1 : 0;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
