/**
 * Links over WebRTC, in a tab by the browser's own and in Node by @roamhq/wrtc or whatever is injected. The engine
 * bounds how many connections there are and how fast they are made; what one connection needs is in
 * `webrtc-connection.ts`.
 */
import { connectionsMax, loadWebRtc, messageBytesMax as preferredBytesMax } from "#platform";
import { type Clock, platformClock } from "./clock.ts";
import { FramedLink } from "./framed-link.ts";
import { Gate } from "./gate.ts";
import { KeepAlive } from "./keep-alive.ts";
import { linkLimits } from "./limits.ts";
import { LinkSet } from "./link-set.ts";
import { type Link, type LinkBudget, type LinkEngine, LinkError, type LinkEvents, type LinkRole } from "./link.ts";
import { type WebRtc, isWebRtc, nativeWebRtc } from "./webrtc.ts";
import { WebRtcConnection } from "./webrtc-connection.ts";

export interface WebRtcEngineOptions {
  /**
   * STUN and TURN servers; `[]` connects within one network. Never a default: simple-peer's own are public. A function
   * is asked for each new connection, for a seed's TURN credentials are renewed.
   */
  readonly iceServers: readonly RTCIceServer[] | (() => readonly RTCIceServer[]);
  /** "relay" hides addresses from neighbors, and needs a TURN server. Default "all". */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /**
   * An object with the constructors of WebRTC, or "native" for those of the platform. By default a page takes its own
   * and Node loads @roamhq/wrtc.
   */
  readonly wrtc?: unknown;
  /** Largest message this side wants to send or receive, 1 to 64 KiB. Default 16 KiB in Node, 4 KiB in a tab. */
  readonly messageBytesMax?: number;
  /** From `open` to `onOpen`. Default `linkLimits.connectMs`. */
  readonly connectTimeoutMs?: number;
  /** Links of this engine; the process has a bound of its own. Default: that bound. */
  readonly linksMax?: number;
  /** Dials at work at once. Default `linkLimits.dialsMax`. */
  readonly dialsMax?: number;
  /** Connections that may be created in a burst, and the time that gives one more. Defaults in `linkLimits`. */
  readonly createBurst?: number;
  readonly createPeriodMs?: number;
}

/** Connections of all engines of this process or page: its bounds do not ask whose they are. */
let connectionsInProcess = 0;

/** Throws a `LinkError`: "invalid-argument", or "webrtc-unavailable" when there is no WebRTC here. */
export function createWebRtcEngine(options: WebRtcEngineOptions): LinkEngine {
  const { iceServers, iceTransportPolicy = "all" } = options;
  if (!Array.isArray(iceServers) && typeof iceServers !== "function") {
    throw new LinkError("invalid-argument", `expected iceServers to be an array, got ${typeof iceServers}`);
  }
  const servers = typeof iceServers === "function" ? iceServers : () => iceServers;
  return new WebRtcEngine({
    webrtc: webRtcOf(options.wrtc),
    configuration: () => ({ iceServers: [...servers()], iceTransportPolicy }),
    messageBytesMax: within("messageBytesMax", options.messageBytesMax ?? preferredBytesMax, [
      linkLimits.messageBytesLeast,
      linkLimits.messageBytesMost,
    ]),
    connectTimeoutMs: within("connectTimeoutMs", options.connectTimeoutMs ?? linkLimits.connectMs, [1, 600_000]),
    linksMax: within("linksMax", options.linksMax ?? connectionsMax(), [1, linkLimits.connectionsMax]),
    dialsMax: within("dialsMax", options.dialsMax ?? linkLimits.dialsMax, [1, linkLimits.connectionsMax]),
    createBurst: within("createBurst", options.createBurst ?? linkLimits.createBurst, [1, 10_000]),
    createPeriodMs: within("createPeriodMs", options.createPeriodMs ?? linkLimits.createPeriodMs, [1, 600_000]),
    clock: platformClock,
  });
}

interface Settings {
  readonly webrtc: WebRtc;
  readonly configuration: () => RTCConfiguration;
  readonly messageBytesMax: number;
  readonly connectTimeoutMs: number;
  readonly linksMax: number;
  readonly dialsMax: number;
  readonly createBurst: number;
  readonly createPeriodMs: number;
  readonly clock: Clock;
}

class WebRtcEngine implements LinkEngine {
  readonly name = "webrtc";
  readonly #settings: Settings;
  readonly #gate: Gate;
  readonly #keepAlive: KeepAlive;
  readonly #links = new LinkSet();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#gate = new Gate(settings, settings.clock);
    this.#keepAlive = new KeepAlive(settings.webrtc);
  }

  get budget(): LinkBudget {
    const room = this.#links.size + connectionsMax() - connectionsInProcess;
    return {
      links: this.#links.size,
      linksMax: Math.max(0, Math.min(this.#settings.linksMax, room)),
      creatable: this.#gate.creatable,
      dialing: this.#gate.dialing,
      waiting: this.#gate.waiting,
    };
  }

  open(role: LinkRole, events: LinkEvents, offer?: Uint8Array): Link {
    const { webrtc, configuration, messageBytesMax, connectTimeoutMs, clock } = this.#settings;
    const link = new FramedLink(events, clock, messageBytesMax, connectTimeoutMs);
    if (this.#links.closed) {
      link.ended("engine-closed");
      return link;
    }
    const { links, linksMax } = this.budget;
    if (links >= linksMax) {
      link.ended("link-limit");
      return link;
    }
    this.#keepAlive.hold();
    this.#links.add(link);
    connectionsInProcess++;
    const released = (): void => {
      if (!this.#links.delete(link)) return;
      connectionsInProcess--;
    };
    const connection = new WebRtcConnection(link, role, {
      webrtc,
      configuration: configuration(),
      gate: this.#gate,
      messageBytesMax,
      released,
    });
    link.attach(connection);
    connection.start(offer);
    return link;
  }

  async close(): Promise<void> {
    await this.#links.close();
    this.#gate.close();
    this.#keepAlive.release();
  }
}

function webRtcOf(wrtc: unknown): WebRtc {
  if (wrtc === undefined) return loadWebRtc();
  if (wrtc === "native") return nativeWebRtc();
  if (isWebRtc(wrtc)) return wrtc;
  throw new LinkError("invalid-argument", `expected wrtc to have RTCPeerConnection, got ${typeof wrtc}`);
}

function within(name: string, value: number, [least, most]: readonly [number, number]): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new LinkError("invalid-argument", `expected ${name} from ${least} to ${most}, got ${value}`);
}
