/**
 * One idle RTCPeerConnection for as long as an engine lives. @roamhq/wrtc takes its native threads down when the last
 * connection closes, and loses them: measured, 4 threads and 8 file descriptors with every fall to zero. Engines of
 * one process share it; the last to close closes it, for an open connection keeps Node from exiting.
 */
import { dropsIdleFactory } from "#platform";
import type { WebRtc } from "./webrtc.ts";

interface Held {
  readonly connection: RTCPeerConnection;
  holders: number;
}

const held = new WeakMap<WebRtc["RTCPeerConnection"], Held>();

export class KeepAlive {
  readonly #webrtc: WebRtc;
  #holding = false;

  constructor(webrtc: WebRtc) {
    this.#webrtc = webrtc;
  }

  /** From the first call until `release`. Where no connection can be made, the one to come will say so. */
  hold(): void {
    if (this.#holding || !dropsIdleFactory) return;
    const make = this.#webrtc.RTCPeerConnection;
    const shared = held.get(make);
    if (shared !== undefined) {
      shared.holders++;
      this.#holding = true;
      return;
    }
    try {
      held.set(make, { connection: new make({ iceServers: [] }), holders: 1 });
      this.#holding = true;
    } catch {
      // Tried again with the next link.
    }
  }

  release(): void {
    if (!this.#holding) return;
    this.#holding = false;
    const make = this.#webrtc.RTCPeerConnection;
    const shared = held.get(make);
    if (shared === undefined || --shared.holders > 0) return;
    held.delete(make);
    shared.connection.close();
  }
}
