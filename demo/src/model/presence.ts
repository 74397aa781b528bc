/**
 * Who came and who went, as news for people: the crowd that was there when this page came is one piece of news, and
 * so is everyone who comes within the same moment. Who said goodbye is told from who fell silent. Pure: fed with who is
 * there, asked for what there is to say.
 */
import type { PeerId } from "./face.ts";

export interface News {
  readonly came: readonly PeerId[];
  readonly left: readonly PeerId[];
  readonly silent: readonly PeerId[];
}

/** Comings and goings this near to each other are told together. Guess. */
export const gatherMs = 1_500;

export class Presence {
  private told = new Set<PeerId>();
  private now = new Set<PeerId>();
  private readonly silent = new Set<PeerId>();
  private sinceMs: number | undefined;

  /** Who is there now, this peer excluded. */
  update(members: readonly PeerId[], nowMs: number): void {
    this.now = new Set(members);
    if (this.differs()) this.sinceMs ??= nowMs;
    else this.sinceMs = undefined;
  }

  /** This one did not say goodbye: nobody has heard of it for some time. */
  fellSilent(peer: PeerId): void {
    this.silent.add(peer);
  }

  /** What has changed since the last news, once it has had time to gather. Who came and went meanwhile is no news. */
  take(nowMs: number): News | undefined {
    if (this.sinceMs === undefined || nowMs - this.sinceMs < gatherMs) return undefined;
    const came = [...this.now].filter((peer) => !this.told.has(peer));
    const went = [...this.told].filter((peer) => !this.now.has(peer));
    this.told = new Set(this.now);
    this.sinceMs = undefined;
    const silent = went.filter((peer) => this.silent.has(peer));
    this.silent.clear();
    return { came, left: went.filter((peer) => !silent.includes(peer)), silent };
  }

  private differs(): boolean {
    return this.now.size !== this.told.size || [...this.now].some((peer) => !this.told.has(peer));
  }
}
