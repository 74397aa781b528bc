/**
 * Frames on a channel. The messages of a channel, laid end to end, are one stream of frames, each behind its length in
 * three bytes (big-endian); a length of zero is the goodbye, after which nothing may follow. So many small frames
 * leave in one message and a large one in several, with no further header, and where messages begin means nothing.
 */
import { limits } from "@grapevine/protocol";

const PREFIX_BYTES = 3;
const NOTHING = new Uint8Array(0);

/** Frames on their way out, cut into messages. */
export class FrameWriter {
  #frames: Uint8Array[] = [];
  /** Index of the frame being cut, and how much of its prefix and bytes has left. */
  #first = 0;
  #offset = 0;
  #ended = false;
  #bytes = 0;
  #taken = 0;

  /** Bytes of the stream not taken yet, prefixes included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames taken whole. */
  get framesTaken(): number {
    return this.#taken;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += PREFIX_BYTES + frame.length;
  }

  /** Forget what has not been taken. */
  clear(): void {
    this.#frames = [];
    this.#first = this.#offset = this.#bytes = 0;
  }

  /** Put the goodbye behind everything. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(NOTHING);
  }

  /** Fill `into` with the next bytes of the stream; returns how many there were. */
  take(into: Uint8Array): number {
    let at = 0;
    while (at < into.length && this.#first < this.#frames.length) {
      const frame = this.#frames[this.#first]!;
      while (this.#offset < PREFIX_BYTES && at < into.length) {
        into[at++] = (frame.length >>> (8 * (PREFIX_BYTES - 1 - this.#offset++))) & 0xff;
      }
      const from = this.#offset - PREFIX_BYTES;
      if (from < 0) break;
      const count = Math.min(frame.length - from, into.length - at);
      // A whole small frame needs no view of its own, which would cost more than the copy.
      into.set(count === frame.length ? frame : frame.subarray(from, from + count), at);
      at += count;
      this.#offset += count;
      if (from + count === frame.length) this.#next(frame);
    }
    this.#bytes -= at;
    return at;
  }

  #next(frame: Uint8Array): void {
    if (frame.length > 0) this.#taken++;
    this.#frames[this.#first++] = NOTHING;
    this.#offset = 0;
    // Close the gap once it is the greater part: constant work for each frame, and no growth.
    if (this.#first >= 64 && this.#first * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }
}

/**
 * Frames on their way in. Total: whatever arrives yields frames of 1 to `limits.frameBytesMax` bytes or a fault, and
 * holds at most twice what has arrived of one frame.
 */
export class FrameReader {
  #prefixBytes = 0;
  #length = 0;
  #partial: Uint8Array | undefined;
  #have = 0;
  #ended = false;

  /** The goodbye has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Read one message. Each whole frame goes to `onFrame`, as a copy: a view of the message would keep all 16 KiB of it
   * alive for as long as somebody keeps one small frame. `onFrame` returns false to stop reading. Returns what is
   * wrong with the message, or undefined.
   */
  read(message: Uint8Array, onFrame: (frame: Uint8Array) => boolean): string | undefined {
    if (message.length === 0) return "an empty message";
    let at = 0;
    while (at < message.length) {
      if (this.#ended) return "bytes after the goodbye";
      if (this.#prefixBytes < PREFIX_BYTES) {
        this.#length = this.#length * 256 + message[at++]!;
        if (++this.#prefixBytes < PREFIX_BYTES) continue;
        if (this.#length === 0) {
          this.#ended = true;
          continue;
        }
        if (this.#length > limits.frameBytesMax) return `a frame of ${this.#length} bytes`;
      }
      const count = Math.min(this.#length - this.#have, message.length - at);
      const frame = this.#take(message, at, count);
      at += count;
      if (frame !== undefined && !onFrame(frame)) return undefined;
    }
    return undefined;
  }

  /** Add a piece to the frame under way; returns it when that makes it whole. */
  #take(message: Uint8Array, at: number, count: number): Uint8Array | undefined {
    const whole = this.#have + count === this.#length;
    let frame: Uint8Array | undefined;
    if (whole && this.#have === 0) {
      frame = message.slice(at, at + count);
    } else if (count > 0) {
      const partial = this.#grow(this.#have + count);
      partial.set(message.subarray(at, at + count), this.#have);
      this.#have += count;
      if (whole) frame = partial;
    }
    if (frame === undefined) return undefined;
    this.#partial = undefined;
    this.#have = 0;
    this.#prefixBytes = 0;
    this.#length = 0;
    return frame;
  }

  /** Room follows what has arrived, not what the prefix promises: a promise costs its maker nothing. */
  #grow(need: number): Uint8Array {
    const partial = this.#partial;
    if (partial !== undefined && partial.length >= need) return partial;
    const room = new Uint8Array(Math.min(this.#length, Math.max(need, 2 * (partial?.length ?? 0))));
    if (partial !== undefined) room.set(partial.subarray(0, this.#have));
    this.#partial = room;
    return room;
  }
}
