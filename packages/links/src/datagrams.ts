/**
 * The unreliable channel of a link: unordered, sent once, never queued (the urgent first phase of bimodal multicast,
 * Birman et al.). Each message stands for itself and holds whole frames, each behind its length as on the other
 * channels, so that one that is lost takes nothing with it but what it holds. What the channel cannot take at once is
 * dropped: it would be stale when it left, and repair brings it anyway.
 */
import { limits } from "@grapevine/protocol";
import { linkLimits } from "./limits.ts";
import type { ByteChannel } from "./outbox.ts";

const PREFIX_BYTES = 3;

/** The sending half: frames of one flush are packed together. */
export class DatagramWriter {
  sentFrames = 0;
  sentMessages = 0;
  sentBytes = 0;
  /** Frames that did not leave: too large, no channel, or the channel had enough. */
  dropped = 0;
  #channel: ByteChannel | undefined;
  readonly #message = new Uint8Array(linkLimits.datagramBytesMax);
  #bytes = 0;
  #frames = 0;
  /** Most that the channel can still hold. The truth is read only where a decision hangs on it, as in `Outbox`. */
  #inFlight = 0;

  open(channel: ByteChannel): void {
    this.#channel = channel;
  }

  push(frame: Uint8Array): void {
    if (this.#channel === undefined || frame.length === 0 || frame.length > limits.unreliableFrameBytesMax) {
      this.dropped++;
      return;
    }
    if (this.#bytes + PREFIX_BYTES + frame.length > this.#message.length) this.flush();
    this.#message[this.#bytes] = frame.length >>> 16;
    this.#message[this.#bytes + 1] = (frame.length >>> 8) & 0xff;
    this.#message[this.#bytes + 2] = frame.length & 0xff;
    this.#message.set(frame, this.#bytes + PREFIX_BYTES);
    this.#bytes += PREFIX_BYTES + frame.length;
    this.#frames++;
  }

  /** Now or never. */
  flush(): void {
    const bytes = this.#bytes;
    const frames = this.#frames;
    if (frames === 0) return;
    this.#bytes = this.#frames = 0;
    if (!this.#send(this.#message.subarray(0, bytes))) {
      this.dropped += frames;
      return;
    }
    this.sentFrames += frames;
    this.sentMessages++;
    this.sentBytes += bytes;
  }

  /** The channel or its link is no more. */
  stop(): void {
    this.#channel = undefined;
    this.dropped += this.#frames;
    this.#bytes = this.#frames = 0;
  }

  #send(message: Uint8Array): boolean {
    const channel = this.#channel;
    if (channel === undefined) return false;
    try {
      if (this.#inFlight + message.length > linkLimits.datagramsBufferedBytesMax) {
        this.#inFlight = Math.min(this.#inFlight, channel.bufferedAmount);
        if (this.#inFlight + message.length > linkLimits.datagramsBufferedBytesMax) return false;
      }
      channel.send(message);
    } catch {
      // Closed by itself or by the other side. The link goes on without it.
      this.stop();
      return false;
    }
    this.#inFlight += message.length;
    return true;
  }
}

/**
 * Read one message: each frame goes to `onFrame`, as a copy, until that returns false. Total; returns what is wrong
 * with the message, or undefined. It came whole or not at all, so what is wrong was sent so.
 */
export function readDatagram(message: Uint8Array, onFrame: (frame: Uint8Array) => boolean): string | undefined {
  if (message.length === 0) return "an empty message";
  if (message.length > linkLimits.datagramBytesMax) return `a message of ${message.length} bytes`;
  for (let at = 0; at < message.length;) {
    if (message.length - at < PREFIX_BYTES) return "a cut length";
    const length = (message[at]! << 16) | (message[at + 1]! << 8) | message[at + 2]!;
    at += PREFIX_BYTES;
    if (length === 0 || length > message.length - at) return `a frame of ${length} bytes`;
    if (!onFrame(message.slice(at, at + length))) return undefined;
    at += length;
  }
  return undefined;
}
