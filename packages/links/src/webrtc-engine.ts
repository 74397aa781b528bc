/**
 * Links over WebRTC, in a tab by the browser's own and in Node by @roamhq/wrtc or whatever is injected. The engine
 * bounds how many connections there are and how fast they are made; what one connection needs is in
 * `webrtc-connection.ts`.
 */
import {
  connectionCost,
  connectionsLeft,
  createBurst,
  createPeriodMs,
  loadWebRtc,
  messageBytesMax as preferredBytesMax,
} from "#platform";
import { platformClock } from "./clock.ts";
import { FramedLink } from "./framed-link.ts";
import { Gate } from "./gate.ts";
import { KeepAlive } from "./keep-alive.ts";
import { linkLimits } from "./limits.ts";
import { LinkSet } from "./link-set.ts";
import {
  type ConnectionCounts,
  type Link,
  type LinkBudget,
  type LinkEngine,
  LinkError,
  type LinkEvents,
  type LinkRole,
} from "./link.ts";
import { Standby } from "./standby.ts";
import { type IceServer, type WebRtc, isWebRtc, nativeWebRtc } from "./webrtc.ts";
import { WebRtcConnection } from "./webrtc-connection.ts";

export interface WebRtcEngineOptions {
  /**
   * STUN and TURN servers; `[]` connects within one network. Never a default: simple-peer's own are public. A function
   * is asked for each new connection, for a seed's TURN credentials are renewed.
   */
  readonly iceServers: readonly IceServer[] | (() => readonly IceServer[]);
  /** "relay" hides addresses from neighbors, and needs a TURN server. Default "all". */
  readonly iceTransportPolicy?: "all" | "relay";
  /**
   * An object with the constructors of WebRTC, or "native" for those of the platform. By default a page takes its own
   * and Node loads @roamhq/wrtc.
   */
  readonly wrtc?: unknown;
  /** Largest message this side wants to send or receive, 1 to 64 KiB. Default 16 KiB in Node, 4 KiB in a tab. */
  readonly messageBytesMax?: number;
  /** From `open` to `onOpen`. Default `linkLimits.connectMs`. */
  readonly connectTimeoutMs?: number;
  /** Links of this engine; the process has a bound of its own. Default: `linkLimits.connectionsMax`. */
  readonly linksMax?: number;
  /** How fast it connects. Default: one gate for all engines of the process, with the numbers in `linkLimits`. */
  readonly gate?: Gate;
}

/** What all engines of this process or page share, for its bounds do not ask who uses it up. */
const shared = {
  connections: 0,
  /** Of these, begun and not open yet: the system may not count yet what they will need. */
  beginning: 0,
  gate: undefined as Gate | undefined,
};

function sharedGate(): Gate {
  const { dialsMax, dialMs } = linkLimits;
  shared.gate ??= new Gate({ dialsMax, dialMs, createBurst, createPeriodMs }, platformClock);
  return shared.gate;
}

/** Throws a `LinkError`: "invalid-argument", or "webrtc-unavailable" when there is no WebRTC here. */
export function createWebRtcEngine(options: WebRtcEngineOptions): LinkEngine {
  const { iceServers, iceTransportPolicy = "all" } = options;
  if (!Array.isArray(iceServers) && typeof iceServers !== "function") {
    throw new LinkError("invalid-argument", `expected iceServers to be an array, got ${typeof iceServers}`);
  }
  const servers = typeof iceServers === "function" ? iceServers : () => iceServers;
  return new WebRtcEngine({
    webrtc: webRtcOf(options.wrtc),
    configuration: () => ({ iceServers: [...servers()] as RTCIceServer[], iceTransportPolicy }),
    messageBytesMax: within("messageBytesMax", options.messageBytesMax ?? preferredBytesMax, [
      linkLimits.messageBytesLeast,
      linkLimits.messageBytesMost,
    ]),
    connectTimeoutMs: within("connectTimeoutMs", options.connectTimeoutMs ?? linkLimits.connectMs, [1, 600_000]),
    linksMax: within("linksMax", options.linksMax ?? linkLimits.connectionsMax, [1, linkLimits.connectionsMax]),
    gate: options.gate ?? sharedGate(),
  });
}

interface Settings {
  readonly webrtc: WebRtc;
  readonly configuration: () => RTCConfiguration;
  readonly messageBytesMax: number;
  readonly connectTimeoutMs: number;
  readonly linksMax: number;
  readonly gate: Gate;
}

class WebRtcEngine implements LinkEngine {
  readonly name = "webrtc";
  readonly #settings: Settings;
  readonly #keepAlive: KeepAlive;
  readonly #links = new LinkSet();
  #standby: Standby | undefined;
  readonly #counted = { created: 0, alive: 0, failed: 0, refused: 0, unmade: 0 };

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#keepAlive = new KeepAlive(settings.webrtc);
  }

  get budget(): LinkBudget {
    const { linksMax, gate } = this.#settings;
    const links = this.#links.size;
    const left = Math.min(linkLimits.connectionsMax - shared.connections, this.#connectionsLeft);
    return {
      links,
      linksMax: Math.min(linksMax, links + Math.max(0, left)),
      creatable: gate.creatable,
      dialing: gate.dialing,
      waiting: gate.waiting,
      connections: this.#connections(),
    };
  }

  /** As many more as the system lets the process have. */
  get #connectionsLeft(): number {
    return connectionsLeft(shared.beginning, this.#settings.webrtc.traits?.descriptorsPerConnection);
  }

  #connections(): ConnectionCounts {
    const { traits } = this.#settings.webrtc;
    const { alive } = this.#counted;
    return {
      ...this.#counted,
      descriptors: alive * (traits?.descriptorsPerOpenConnection ?? connectionCost.descriptors),
      threads: alive * (traits?.threadsPerOpenConnection ?? connectionCost.threads),
    };
  }

  prepare(): void {
    const { links, linksMax } = this.budget;
    if (this.#links.closed || linksMax - links < linkLimits.standbyRoom) return;
    this.#standby?.drop();
    this.#standby = new Standby((events) => this.#open("offer", events), this.#purpose, platformClock);
  }

  open(role: LinkRole, events: LinkEvents, offer?: Uint8Array): Link {
    return (role === "offer" ? this.#takeStandby(events) : undefined) ?? this.#open(role, events, offer);
  }

  #takeStandby(events: LinkEvents): Link | undefined {
    const standby = this.#standby;
    this.#standby = undefined;
    if (standby?.made === this.#purpose) return standby.take(events);
    // Meanwhile the seed named servers, through which it would not have been gathered.
    standby?.drop();
    return undefined;
  }

  get #purpose(): string {
    return JSON.stringify(this.#settings.configuration());
  }

  #open(role: LinkRole, events: LinkEvents, offer?: Uint8Array): FramedLink {
    const { webrtc, configuration, messageBytesMax, connectTimeoutMs, gate } = this.#settings;
    const link = new FramedLink(events, platformClock, messageBytesMax, connectTimeoutMs);
    if (this.#links.closed) {
      link.ended("engine-closed");
      return link;
    }
    const { links, linksMax } = this.budget;
    if (links >= linksMax) {
      this.#counted.refused++;
      link.ended("link-limit");
      return link;
    }
    this.#keepAlive.hold();
    this.#links.add(link);
    shared.connections++;
    shared.beginning++;
    let beginning = true;
    const settled = (): void => {
      if (beginning) shared.beginning--;
      beginning = false;
    };
    let fate: "unmade" | "created" | "failed" = "unmade";
    const released = (): void => {
      settled();
      if (!this.#links.delete(link)) return;
      shared.connections--;
      if (fate === "created") this.#counted.alive--;
      else this.#counted[fate]++;
    };
    const connection = new WebRtcConnection(link, role, {
      webrtc,
      configuration: configuration(),
      gate,
      messageBytesMax,
      created: () => {
        fate = "created";
        this.#counted.created++;
        this.#counted.alive++;
      },
      failed: () => {
        fate = "failed";
      },
      isRoomy: () => this.#connectionsLeft >= linkLimits.roomyConnections,
      settled,
      released,
    });
    link.attach(connection);
    connection.start(offer);
    return link;
  }

  async close(): Promise<void> {
    await this.#links.close();
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
