/**
 * Rumors that were spread lately, under the first 8 bytes of their ids: what tells an announcement that is news from one
 * that is not, and what a graft is answered from. Who makes two rumors of one short id hides its own from the lazy links
 * only, and rounds know nothing of short ids; so eight bytes do.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Moment } from "../room.ts";
import type { Fresh } from "./strategy.ts";

export interface Recent {
  /** Where it stands in the logs. */
  readonly key: string;
  readonly seq: number;
  readonly author: PeerId;
  readonly hops: number;
  /** Who brought it first; undefined for our own. */
  readonly from: LinkId | undefined;
  /** Links that have it, or have been sent it: no link is sent one rumor twice, but for what is resent. */
  readonly known: LinkId[];
  /** Links that showed that they have it, by bringing or announcing it. */
  readonly proved: LinkId[];
  /** Links that were told of it by mongering. */
  readonly told: LinkId[];
  /** Links that brought it. */
  readonly brought: LinkId[];
  /** The link that it is kept back from, to see; see `probing.ts`. */
  keptFrom: LinkId | undefined;
  /** When it was sent as datagrams, of which any may be lost; Infinity when it was not. */
  readonly urgentMs: number;
  /** Links that it was sent again, reliably. */
  readonly resent: LinkId[];
  /** Rises with each rumor. */
  readonly order: number;
}

export type RecentState = Map<string, Recent>;

/** A rumor's name in iHave and graft: 16 hex digits. */
export function shortId(id: Uint8Array): string {
  let name = "";
  for (let at = 0; at < 8; at++) name += (0x100 | id[at]!).toString(16).slice(1);
  return name;
}

export class RecentRumors {
  readonly state: RecentState;
  private added: number;
  /** Goes on where it stopped: one that began anew would step over all that was deleted before, for each rumor. */
  private readonly oldestFirst: Iterator<string>;

  constructor(state: RecentState = new Map()) {
    this.state = state;
    this.oldestFirst = state.keys();
    this.added = [...state.values()].at(-1)?.order ?? 0;
  }

  get(id: string): Recent | undefined {
    return this.state.get(id);
  }

  /** The oldest make room. */
  add({ rumor, id, key, hops, link, known, keptFrom, traffic }: Fresh, now: Moment): void {
    const { author, seq } = rumor.header;
    const urgentMs = traffic === "urgent" ? now.nowMs : Number.POSITIVE_INFINITY;
    const order = ++this.added;
    this.state.set(shortId(id), {
      key,
      seq,
      author,
      hops,
      from: link,
      known,
      proved: [...known],
      told: [],
      brought: [...known],
      keptFrom,
      urgentMs,
      resent: [],
      order,
    });
    if (this.state.size <= limits.recentMax) return;
    const oldest = this.oldestFirst.next();
    if (oldest.done !== true) this.state.delete(oldest.value);
  }
}
