/**
 * The sending half of one channel: frames wait here, leave packed in messages as far as the window allows, and the
 * channel is watched until it has drained. The window is ours because simple-peer's is fixed at 64 KiB, and its stream
 * polls every 150 ms where `bufferedamountlow` does not exist.
 */
import type { Clock } from "./clock.ts";
import { FrameWriter } from "./framing.ts";
import { Window } from "./window.ts";

/** What is needed of an RTCDataChannel; the in-memory network has its own. */
export interface ByteChannel {
  /** Takes a copy. Throws when the channel is closed or its own queue is full. */
  send(message: Uint8Array): void;
  readonly bufferedAmount: number;
  /** There where the channel tells when it has drained to this much; wrtc lacks it, and is asked now and then. */
  bufferedAmountLowThreshold?: number | undefined;
}

export interface OutboxEvents {
  /** The channel drained: there may be room, and the queue may be full no longer. */
  drained(): void;
  /** The channel takes nothing any more. */
  broken(): void;
}

/** Sent in one go to a channel that drains while it is sent to, as wrtc's does. Reason: 4 ms of a held thread. */
const SLICE_BYTES = 256 * 1024;
/** Bounds of the wait between two looks at a channel. Guess: a slow uplink needs no more than 20 looks a second. */
const POLL_MS_MIN = 1;
const POLL_MS_MAX = 50;

export class Outbox {
  readonly #writer = new FrameWriter();
  readonly #window = new Window();
  readonly #queueBytesMax: number;
  readonly #clock: Clock;
  readonly #events: OutboxEvents;
  #channel: ByteChannel | undefined;
  #message: Uint8Array = new Uint8Array(0);
  #sentBytes = 0;
  #sentMessages = 0;
  /** Most that the channel can still hold. Reading the truth costs 45 us in wrtc: only where a decision hangs on it. */
  #inFlight = 0;
  #cancelPoll: (() => void) | undefined;

  constructor(queueBytesMax: number, clock: Clock, events: OutboxEvents) {
    this.#queueBytesMax = queueBytesMax;
    this.#clock = clock;
    this.#events = events;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get sentMessages(): number {
    return this.#sentMessages;
  }

  get sentFrames(): number {
    return this.#writer.framesTaken;
  }

  /** Bytes that have not left this process. */
  get bufferedBytes(): number {
    this.#look();
    return this.#writer.bytes + this.#inFlight;
  }

  /** The channel is open; messages shall be at most this large. */
  open(channel: ByteChannel, messageBytesMax: number): void {
    this.#channel = channel;
    this.#message = new Uint8Array(messageBytesMax);
    if (channel.bufferedAmountLowThreshold !== undefined) {
      channel.bufferedAmountLowThreshold = Math.floor(this.#window.bytes / 2);
    }
  }

  /** Queue a frame; false when there is no room, even after what may leave has left. */
  push(frame: Uint8Array): boolean {
    if (this.#writer.bytes + frame.length > this.#queueBytesMax) {
      this.pump();
      if (this.#writer.bytes + frame.length > this.#queueBytesMax) return false;
    }
    this.#writer.push(frame);
    return true;
  }

  /** Let leave what the window allows. */
  pump(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    let slice = channel.bufferedAmountLowThreshold === undefined ? SLICE_BYTES : Infinity;
    while (this.#writer.bytes > 0 && slice > 0) {
      if (this.#inFlight >= this.#window.bytes && !this.#measure(channel)) break;
      const sent = this.#sendOne(channel);
      if (sent === 0) return;
      slice -= sent;
    }
    if (this.#writer.bytes > 0) this.watch();
  }

  /** Say goodbye behind everything, and hand all of it over now, window or not: this page may be going away. */
  end(): void {
    this.#writer.end();
    const channel = this.#channel;
    if (channel === undefined) return;
    while (this.#writer.bytes > 0 && this.#sendOne(channel) > 0);
  }

  /** Is the queue beyond its high-water mark, a window? Once beyond, it has to fall to half of that. */
  full(was: boolean): boolean {
    const high = this.#window.bytes;
    const beyond = (): boolean => {
      const buffered = this.#writer.bytes + this.#inFlight;
      return was ? buffered > Math.floor(high / 2) : buffered >= high;
    };
    if (!beyond()) return false;
    this.#look();
    return beyond();
  }

  /** See to it that `drained` comes: here by looking, unless the channel itself tells. */
  watch(): void {
    const channel = this.#channel;
    if (channel === undefined || channel.bufferedAmountLowThreshold !== undefined) return;
    if (this.#cancelPoll !== undefined) return;
    // In the time that half a window takes; at once when there is room and only the thread was to be freed.
    const drainMs = this.#window.bytes / 2 / Math.max(this.#window.bytesPerMs, 1);
    if (this.#inFlight >= this.#window.bytes) this.#look();
    // With nothing left to send, the wait is for the low-water mark: looking at once, again and again, would not bring it.
    const mayGoOn = this.#writer.bytes > 0 && this.#inFlight < this.#window.bytes;
    const delayMs = mayGoOn ? 0 : Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, drainMs));
    this.#cancelPoll = this.#clock.after(delayMs, () => {
      this.#cancelPoll = undefined;
      this.#events.drained();
    });
  }

  /** The channel is no more, and what has not left never will. */
  stop(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
    this.#channel = undefined;
    this.#writer.clear();
    this.#inFlight = 0;
  }

  #look(): void {
    if (this.#inFlight > 0 && this.#channel !== undefined) {
      this.#inFlight = Math.min(this.#inFlight, this.#channel.bufferedAmount);
    }
  }

  /**
   * Look, learn the drain, set the window anew; is there room? Only here does the low-water mark move: when there is
   * no room the channel holds more than the mark and is bound to tell when it falls to it. Moved elsewhere, the mark
   * could rise past what the channel holds, and nothing would ever be told.
   */
  #measure(channel: ByteChannel): boolean {
    this.#look();
    this.#window.sample(this.#clock.nowMs(), this.#sentBytes, this.#inFlight);
    if (channel.bufferedAmountLowThreshold !== undefined) {
      channel.bufferedAmountLowThreshold = Math.floor(this.#window.bytes / 2);
    }
    return this.#inFlight < this.#window.bytes;
  }

  #sendOne(channel: ByteChannel): number {
    const count = this.#writer.take(this.#message);
    try {
      channel.send(count === this.#message.length ? this.#message : this.#message.subarray(0, count));
    } catch {
      this.stop();
      this.#events.broken();
      return 0;
    }
    this.#sentBytes += count;
    this.#sentMessages++;
    this.#inFlight += count;
    return count;
  }
}
