import type { LimitOf } from "../repair/limit.ts";
import type { Evidence, Header, LinkId, PeerId } from "../types.ts";

/** Whose rumors count; the part of the admission that rumors need. */
export interface Authors {
  isAdmitted(author: PeerId): boolean;
  /** May this rumor of an admitted author stand, by the author's role? */
  mayWrite(header: Pick<Header, "author" | "timeMs">): boolean;
  /** Is it convicted, revoked, or has all that admits it run out? */
  isShutOut(author: PeerId): boolean;
  /** What it was convicted by. */
  evidenceAgainst(author: PeerId): Evidence | undefined;
  /**
   * Charge what is new to its author's quota; false when there is no room for it now. `chained`: how many rumors it is whose
   * signatures are not checked, which cost less; 0, as by default, for one whose is.
   */
  charge(author: PeerId, bodyBytes: number, chained?: number): boolean;
  /** How many rumors of this author may come now. */
  roomFor(author: PeerId): number;
  /** Bytes that are left of what this neighbor may cost in answers. */
  leftFor(link: LinkId): number;
  /** How much of a log stands, by what others than its author say. */
  limitOf: LimitOf;
}
