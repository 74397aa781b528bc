/**
 * One idle RTCPeerConnection for as long as an engine lives. @roamhq/wrtc takes its native threads down when the last
 * connection closes, but only when its factory is collected: measured, 4 threads and 8 file descriptors wait for that
 * with every fall to zero, and a heap with nothing else to do is not collected for many of them. Engines of one process
 * share the connection; the last to close closes it, for an open one keeps Node from exiting. A process that joins and
 * leaves again and again has the collection run once every few times, so that what waits for it is bounded.
 */
import { collectGarbage, dropsIdleFactory } from "#platform";
import { linkLimits } from "./limits.ts";
import type { WebRtc } from "./webrtc.ts";

interface Held {
  readonly connection: { close(): void };
  holders: number;
}

const held = new WeakMap<WebRtc["RTCPeerConnection"], Held>();
/** Factories whose last connection was closed since the last collection of ours. */
let abandoned = 0;

export class KeepAlive {
  readonly #webrtc: WebRtc;
  #holding = false;

  constructor(webrtc: WebRtc) {
    this.#webrtc = webrtc;
  }

  /** From the first call until `release`. Where no connection can be made, the one to come will say so. */
  hold(): void {
    if (this.#holding || !(this.#webrtc.traits?.dropsIdleFactory ?? dropsIdleFactory)) return;
    const make = this.#webrtc.RTCPeerConnection;
    const shared = held.get(make);
    if (shared !== undefined) {
      shared.holders++;
      this.#holding = true;
      return;
    }
    if (abandoned >= linkLimits.abandonedFactoriesMax) {
      abandoned = 0;
      collectGarbage();
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
    abandoned++;
  }
}
