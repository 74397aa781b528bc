/**
 * What a link is: an ordered, reliable, bounded pipe of frames between two peers, with a channel for control and one
 * for data, and a third that promises nothing; negotiated by one offer and one answer that travel by any way. Every kind of link and engine behaves as
 * said here, and passes the one suite in `link-contract.testing.ts`.
 */
import type { Channel } from "@grapevine/protocol";

/**
 * What a link tells its owner. Nothing here is called inside a call of the owner's: events come in tasks or microtasks
 * of their own. After `onClose`, and between `close()` and `onClose`, no other event comes.
 */
export interface LinkEvents {
  /** The local offer or answer with all candidates, at most `limits.signalBytesMax`. Bring it to the other side. */
  onSignal(signal: Uint8Array): void;
  /** The channels are open. `binding` names the ends: SHA-256 fingerprints of the DTLS certificates, 32 bytes each. */
  onOpen(binding: LinkBinding): void;
  /**
   * One frame as the other side sent it, at most `limits.frameBytesMax`. Untrusted; the bytes are the receiver's own. On
   * the unreliable channel frames come in any order, and some never.
   */
  onFrame(channel: Channel, bytes: Uint8Array): void;
  /** The data queue passed its high-water mark (false), or fell below its low one (true). Starts as true. */
  onWritable(writable: boolean): void;
  /** The end, exactly once: a `LinkEnd`, or what was given to `close`. */
  onClose(reason: string): void;
}

export interface LinkBinding {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
}

/** Why a link ended, when not by its owner's `close`. */
export type LinkEnd =
  /** The other side closed it, and everything that it had sent before has been handed over. */
  | "goodbye"
  /** The connection broke, or the other side vanished. */
  | "lost"
  /** It did not open in time. */
  | "timeout"
  /** The platform could not make the connection. */
  | "failed"
  /** The remote offer or answer is none, is too large, or asks for more than two data channels need. */
  | "bad-signal"
  /** A fingerprint is missing, ambiguous, or not SHA-256. */
  | "bad-fingerprint"
  /** The other side sent what no honest one sends. */
  | "misbehaved"
  /** The other side does not take its control frames. */
  | "too-slow"
  /** One connection more than this engine or process may have. */
  | "link-limit"
  /** The engine is closed. */
  | "engine-closed";

export interface Link {
  /**
   * Queue a frame of 1 to `limits.frameBytesMax` bytes; it leaves at `flush`, or by itself at the end of the turn. The
   * bytes must not change any more. Never throws. When the queue is full a control frame ends the link ("too-slow"),
   * a data frame is dropped and counted, as is a frame of a size that cannot be sent.
   *
   * On the unreliable channel a frame has at most `limits.unreliableFrameBytesMax` bytes and leaves at the flush, once, or
   * is dropped and counted: when the link is not open, and when the channel still holds what was sent before.
   */
  send(channel: Channel, frame: Uint8Array): void;
  /** Let what is queued leave now, in as few messages as possible and as far as the window allows. */
  flush(): void;
  /** Hand over the other side's answer. Only the first counts. */
  signal(remote: Uint8Array): void;
  /** Give what is queued to the connection in this very call, say goodbye, and end when it is taken or after a time. */
  close(reason: string): void;
  /** Bytes given to `send` that have not left this process yet, on control and data. */
  readonly bufferedBytes: number;
  /** A snapshot of what has passed. */
  readonly stats: LinkStats;
}

export interface LinkStats {
  readonly framesIn: number;
  readonly framesOut: number;
  /** Messages on the channels; a message carries many small frames, or a piece of a large one. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** With framing, without what SCTP, DTLS and UDP add. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesDropped: number;
  /** Of the unreliable channel, never sent. The others are in `framesOut`, whether they arrived or not. */
  readonly unreliableDropped: number;
}

export interface LinkBudget {
  /** Links begun and not yet ended. */
  readonly links: number;
  /** How many there may be. */
  readonly linksMax: number;
  /** Connections that could be created at once; beyond them an `open` waits. */
  readonly creatable: number;
  /** Dials at work, and those that wait for a place or for the right to create a connection. */
  readonly dialing: number;
  readonly waiting: number;
  /** Of engines whose links are connections of the platform's. */
  readonly connections?: ConnectionCounts;
}

/** What one engine asked of the platform since it was made, and what that costs now. */
export interface ConnectionCounts {
  readonly created: number;
  /** Created and not let go of yet. */
  readonly alive: number;
  /** The platform refused to create it: "failed". */
  readonly failed: number;
  /** Never begun, for there were enough, or too few file descriptors: "link-limit". */
  readonly refused: number;
  /** Ended before they were created: their turn or their token did not come in time, or their owner closed them. */
  readonly unmade: number;
  /** What those alive take of the process, by measure: see `linkLimits`. 0 in a page. */
  readonly descriptors: number;
  readonly threads: number;
}

export interface LinkEngine {
  readonly name: string;
  readonly budget: LinkBudget;
  /** Begin a link; with role "answer" the remote `offer` is given. Never throws: what fails ends in `onClose`. */
  open(role: LinkRole, events: LinkEvents, offer?: Uint8Array): Link;
  /** An offer will be wanted soon: make its connection ready, if that takes time. Nobody may come for it, and it goes. */
  prepare?(): void;
  /** Close every link; resolves when all have ended and nothing keeps the process from exiting. */
  close(): Promise<void>;
}

export type LinkRole = "offer" | "answer";

/** A caller's mistake, or a platform that lacks what a link needs. */
export class LinkError extends Error {
  readonly code: "webrtc-unavailable" | "invalid-argument";

  constructor(code: LinkError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LinkError";
    this.code = code;
  }
}
