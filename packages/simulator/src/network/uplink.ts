/**
 * A node's way out, shared by all its links: a message takes its bytes' time to leave, after what left before it.
 * SCTP serves streams in turn, so the control channel never waits behind more than one fragment of data; it is modelled
 * as a priority, which is the same as long as control is a small share.
 */
import type { Channel } from "@grapevine/protocol";

/** What is on the wire already cannot be overtaken. Source: the links' fragments of 16 KiB. */
const fragmentBytes = 16 * 1024;

export class Uplink {
  bytes = 0;
  private controlFreeMs = 0;
  private dataFreeMs = 0;
  private readonly bytesPerMs: number;

  constructor(bytesPerMs: number) {
    this.bytesPerMs = bytesPerMs;
  }

  /** Bytes handed over that have not left, apart from control. */
  waiting(nowMs: number): number {
    return Math.max(0, this.dataFreeMs - nowMs) * this.bytesPerMs;
  }

  /** When the last byte of a message handed over now has left. */
  departs(bytes: number, channel: Channel, nowMs: number): number {
    this.bytes += bytes;
    const takesMs = bytes / this.bytesPerMs;
    if (channel === "control") {
      const fragmentMs = Math.min(Math.max(0, this.dataFreeMs - nowMs), fragmentBytes / this.bytesPerMs);
      this.controlFreeMs = Math.max(nowMs + fragmentMs, this.controlFreeMs) + takesMs;
      if (this.dataFreeMs > nowMs) this.dataFreeMs += takesMs;
      return this.controlFreeMs;
    }
    this.dataFreeMs = Math.max(nowMs, this.controlFreeMs, this.dataFreeMs) + takesMs;
    return this.dataFreeMs;
  }
}
