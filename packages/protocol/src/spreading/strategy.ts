/**
 * What every way of spreading has in common. A strategy hears of links, of rumors that were accepted (verified and
 * appended, each once) and of copies that were not needed, and sends rumors and its own frames over the `Lines`. It
 * keeps order with nobody, repairs nothing for certain and may forget: order, exactly once and repair are the logs' and
 * the rounds' business. So a strategy can only be slow or wasteful, never wrong.
 */
import type { LinkId, Rumor } from "../types.ts";
import type { Moment, Outbox } from "../room.ts";
import type { RumorFrame, SpreadingFrame } from "../wire/frames.ts";

/** How a rumor came to be accepted. */
export interface Origin {
  /** Who brought the copy that was verified; undefined for a rumor of our own. */
  readonly link: LinkId | undefined;
  /** Links that it crossed to come here. */
  readonly hops: number;
  /** It came as the answer to a `want`, and goes on as one. */
  readonly repair: boolean;
  /** Links that brought a copy while it was being verified. */
  readonly knownBy: readonly LinkId[];
}

/** A rumor that was accepted: verified, appended, and ours to pass on. */
export interface Accepted extends Origin {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
  /** Key of its log, and with its number there as one string. */
  readonly key: string;
  readonly slot: string;
  /** Is the peer at this link known to have it, or to have been sent it? */
  knows(link: LinkId): boolean;
}

/** A rumor that is to be spread now. */
export interface Fresh extends Accepted {
  /** How payloads leave: at once or never, or in order and surely. */
  readonly traffic: "urgent" | "fresh";
  /** A link that it is kept back from, to see whether it comes from there; `knows` says so too. */
  readonly keptFrom?: LinkId | undefined;
  /** Links that have it, or were sent it: a strategy adds whomever it sends it to. */
  readonly known: LinkId[];
}

/** What strategies may look up of what is held. */
export interface Stock {
  /** A rumor that is held and offered. */
  find(key: string, seq: number): Rumor | undefined;
  /** Ids of rumors that are being verified. */
  verifying(): Iterable<Uint8Array>;
}

export interface Strategy {
  /** When `onDeadline` has something to do; Infinity for never. */
  readonly deadlineMs: number;
  onLinkUp(link: LinkId, now: Moment, out: Outbox): void;
  onLinkDown(link: LinkId, now: Moment, out: Outbox): void;
  onWritable(link: LinkId, writable: boolean, now: Moment, out: Outbox): void;
  /** A rumor was accepted; called once for each. */
  onAccepted(fresh: Fresh, now: Moment, out: Outbox): void;
  /** A link brought a copy of a rumor that is here already, or is being verified. */
  onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Outbox): void;
  /** A frame of some strategy, not necessarily of this one: what means nothing here is let go by. */
  onFrame(link: LinkId, frame: SpreadingFrame, now: Moment, out: Outbox): void;
  onDeadline(now: Moment, out: Outbox): void;
}
