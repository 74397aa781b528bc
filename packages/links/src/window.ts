/**
 * How many bytes may be in flight on a channel: what it drained of late in 100 ms, between 64 KiB and 1 MiB. A fixed
 * window is too small for a tab on a fast path (simple-peer's 64 KiB costs it a factor of four) and too large for a
 * slow uplink, where a full mebibyte would delay everything behind it by seconds.
 */
import { linkLimits } from "./limits.ts";

/** Readings closer than this are not compared. Reason: clocks in pages are coarse to 0.1 ms, or to 1 ms. */
const SAMPLE_MS_MIN = 1;

export class Window {
  #bytesPerMs = 0;
  #lastMs = -1;
  #lastDrained = 0;
  #lastSent = 0;

  /** Bytes that may be in flight. */
  get bytes(): number {
    const target = this.#bytesPerMs * linkLimits.windowMs;
    return Math.min(linkLimits.windowBytesMax, Math.max(linkLimits.windowBytesMin, target));
  }

  /** Measured drain, bytes in a millisecond. */
  get bytesPerMs(): number {
    return this.#bytesPerMs;
  }

  /** A reading: `sent` bytes were handed to the channel since it opened, of which it still holds `buffered`. */
  sample(nowMs: number, sent: number, buffered: number): void {
    const drained = sent - buffered;
    const elapsedMs = nowMs - this.#lastMs;
    if (this.#lastMs >= 0 && elapsedMs < SAMPLE_MS_MIN) return;
    if (this.#lastMs >= 0) {
      const rate = (drained - this.#lastDrained) / elapsedMs;
      if (drained < this.#lastSent) {
        // What was there at the last reading is not all gone, so the channel was busy throughout: an honest sample.
        this.#bytesPerMs += (rate - this.#bytesPerMs) * Math.min(1, elapsedMs / linkLimits.windowMs);
      } else {
        // It ran dry in between, so it can do at least this.
        this.#bytesPerMs = Math.max(this.#bytesPerMs, rate);
      }
    }
    this.#lastMs = nowMs;
    this.#lastDrained = drained;
    this.#lastSent = sent;
  }
}
