/**
 * Peers that neighbors say they are linked to, by credentials that were checked: the quickest way to a new link, and the
 * only one right after a mass crash, when routes are broken (HyParView's repair by promotion, over live links).
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { Credential, LinkId, PeerId } from "../types.ts";
import type { Moment } from "../room.ts";

interface Introduction {
  readonly credential: Credential;
  readonly link: LinkId;
  readonly atMs: number;
}

export interface IntroductionsState {
  /** Insertion order is age. */
  readonly introduced: Map<PeerId, Introduction>;
}

/** Introductions name links that may be gone; nothing is lost by asking again. Guess. */
const LIFE_MS = 30_000;

export class Introductions {
  readonly state: IntroductionsState;

  constructor(state: IntroductionsState = { introduced: new Map() }) {
    this.state = state;
  }

  peers(): IterableIterator<PeerId> {
    return this.state.introduced.keys();
  }

  get(peer: PeerId): Introduction | undefined {
    return this.state.introduced.get(peer);
  }

  add(credential: Credential, link: LinkId, now: Moment): void {
    const { introduced } = this.state;
    introduced.delete(credential.peer);
    introduced.set(credential.peer, { credential, link, atMs: now.nowMs });
    forgetOldest(introduced, limits.introducedMax);
  }

  remove(peer: PeerId): void {
    this.state.introduced.delete(peer);
  }

  expire(now: Moment): void {
    for (const [peer, { atMs }] of this.state.introduced) {
      if (now.nowMs - atMs > LIFE_MS) this.state.introduced.delete(peer);
    }
  }

  onLinkDown(link: LinkId): void {
    for (const [peer, introduction] of this.state.introduced) {
      if (introduction.link === link) this.state.introduced.delete(peer);
    }
  }
}
