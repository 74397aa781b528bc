/**
 * One WebRTC connection under a link: negotiated by simple-peer, moved on three data channels of our own, and taken down
 * without what simple-peer 9.11.1 and @roamhq/wrtc 0.10.0 leave behind. Each cure stands beside its reason; all were
 * measured (reference "webrtc in practice").
 *
 * The channels are pre-negotiated under fixed ids, so they open with the connection and no further round trip. The
 * control channel is the one that simple-peer makes: it insists on one and ends itself when that closes, which is what
 * we want of control. The other two are ours, made before the offer. Had they been opened in band, simple-peer would take
 * them for its own and lose the first.
 */
// oxlint-disable no-underscore-dangle -- simple-peer has no other way to its connection, its channel and its timer
// oxlint-disable unicorn/prefer-add-event-listener -- handlers replace those of simple-peer, and are taken off again
import SimplePeer from "#simple-peer";
import { type Channel, limits } from "@grapevine/protocol";
import { platformClock } from "./clock.ts";
import type { Connection, FramedLink } from "./framed-link.ts";
import type { Gate, Place } from "./gate.ts";
import { linkLimits } from "./limits.ts";
import type { LinkRole } from "./link.ts";
import type { ByteChannel } from "./outbox.ts";
import { describesDataOnly, fingerprintOf, withoutTcp } from "./sdp.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";
import type { WebRtc } from "./webrtc.ts";

const CONTROL_ID = 0;
const DATA_ID = 1;
const UNRELIABLE_ID = 2;

export interface WebRtcConnectionOptions {
  readonly webrtc: WebRtc;
  readonly configuration: RTCConfiguration;
  readonly gate: Gate;
  readonly messageBytesMax: number;
  /** The platform made the connection. Called at most once. */
  readonly created: () => void;
  /** It refused to. Called at most once. */
  readonly failed: () => void;
  /** The process can bear that this connection gathers anew, because another one begins before it has done so. */
  readonly isRoomy: () => boolean;
  /** The binding is known: whatever the connection needs of the process, it has. Called at most once. */
  readonly settled: () => void;
  /** The platform has let go of the connection, or never had it. Called once. */
  readonly released: () => void;
}

export class WebRtcConnection implements Connection {
  readonly #link: FramedLink;
  readonly #role: LinkRole;
  readonly #options: WebRtcConnectionOptions;
  /** Held while candidates are gathered, and from the answer until it is open. */
  #gathering: Place | undefined;
  #connecting: Place | undefined;
  #peer: SimplePeer | undefined;
  #data: RTCDataChannel | undefined;
  #unreliable: RTCDataChannel | undefined;
  #signaled = false;
  #cancelQuiet = (): void => {};
  #remoteSignaled = false;
  /** What the other side asked for in its signal. */
  #remoteMessageBytesMax: number = linkLimits.messageBytesLeast;

  constructor(link: FramedLink, role: LinkRole, options: WebRtcConnectionOptions) {
    this.#link = link;
    this.#role = role;
    this.#options = options;
  }

  /** Begin as soon as the gate lets us; an answerer brings the remote offer. */
  start(offer?: Uint8Array): void {
    let sdp: string | undefined;
    if (this.#role === "answer") {
      sdp = this.#decode(offer);
      if (sdp === undefined) return;
    }
    this.#gathering = this.#options.gate.enter("create", (place) => {
      this.#gathering = place;
      if (this.#create() && sdp !== undefined) this.#apply("offer", sdp);
    });
  }

  signal(remote: Uint8Array): void {
    if (this.#role === "answer" || this.#remoteSignaled) return;
    this.#remoteSignaled = true;
    const sdp = this.#signaled ? this.#decode(remote) : undefined;
    if (sdp === undefined) {
      this.#link.ended("bad-signal");
      return;
    }
    this.#connecting = this.#options.gate.enter("connect", (place) => {
      this.#connecting = place;
      this.#apply("answer", sdp);
    });
  }

  destroy(): void {
    this.#gathering?.leave();
    this.#connecting?.leave();
    this.#cancelQuiet();
    const peer = this.#peer;
    if (peer === undefined) {
      this.#options.released();
      return;
    }
    // simple-peer forgets this timer, and Node would not exit before it has run.
    clearTimeout(peer._iceCompleteTimer ?? undefined);
    for (const channel of [peer._channel, this.#data, this.#unreliable]) {
      if (channel) channel.onmessage = channel.onbufferedamountlow = null;
    }
    if (this.#data !== undefined) this.#data.onclose = this.#data.onerror = null;
    // A peer that ended by itself has released already, or is about to.
    if (peer.destroyed) return;
    peer.destroy();
  }

  // ------------------------------------------------------------------------------------------------------------------

  /** simple-peer throws once it is destroyed, and says nothing while it is about to be. */
  #apply(type: LinkRole, sdp: string): void {
    const peer = this.#peer;
    if (peer === undefined || peer.destroyed || peer.destroying) return;
    try {
      peer.signal({ type, sdp });
    } catch {
      this.#link.ended("failed");
    }
  }

  /** The SDP of the other side's signal; when it is none, the link ends. */
  #decode(bytes: Uint8Array | undefined): string | undefined {
    const theirs: LinkRole = this.#role === "offer" ? "answer" : "offer";
    const signal = bytes === undefined ? undefined : decodeSignal(bytes, theirs);
    const sdp = signal === undefined ? undefined : textOf(signal.body);
    if (signal === undefined || sdp === undefined || !describesDataOnly(sdp)) {
      this.#link.ended("bad-signal");
      return undefined;
    }
    this.#remoteMessageBytesMax = signal.messageBytesMax;
    return withoutTcp(sdp);
  }

  /** Make the connection; false when the platform refuses. */
  #create(): boolean {
    const { webrtc, configuration, gate } = this.#options;
    let peer: SimplePeer | undefined;
    try {
      peer = new SimplePeer({
        initiator: this.#role === "offer",
        trickle: false,
        wrtc: webrtc,
        config: configuration,
        channelName: "control",
        channelConfig: { negotiated: true, id: CONTROL_ID, ordered: true },
        iceCompleteTimeout: configuration.iceServers?.length ? linkLimits.gatherMs : linkLimits.gatherHostMs,
      });
      // Without a listener an error would be thrown; and a remote destroy comes as one ("User-Initiated Abort").
      peer.on("error", () => this.#broken());
      if (!peer._pc || !peer._channel) throw new Error("no connection");
      this.#data = peer._pc.createDataChannel("data", { negotiated: true, id: DATA_ID, ordered: true });
      this.#unreliable = peer._pc.createDataChannel("unreliable", {
        negotiated: true,
        id: UNRELIABLE_ID,
        ordered: false,
        maxRetransmits: 0,
      });
    } catch {
      // Chromium refuses the 501st connection of a page; what failed once will fail again at once.
      peer?.destroy();
      gate.failed();
      this.#options.failed();
      this.#link.ended("failed");
      return false;
    }
    gate.succeeded();
    this.#options.created();
    this.#peer = peer;
    peer.on("close", () => {
      this.#options.released();
      this.#broken();
    });
    peer.on("signal", (signal) => this.#onLocalSignal(peer, signal));
    if (!configuration.iceServers?.length) this.#gatherUntilQuiet(peer, peer._pc);
    peer.on("signalingStateChange", () => this.#onOpen());
    // The signal leaves 100 ms before that. Until then, another connection that begins makes this one gather anew in wrtc.
    peer.on("iceStateChange", (_, gathering) => {
      if (gathering === "complete") this.#gathering?.leave();
    });
    // Its stream is not used. Told that it is connecting, simple-peer neither walks the statistics until it finds a
    // candidate pair nor polls the channel every 150 ms.
    peer._connecting = true;
    this.#listen("control", peer._channel);
    this.#listen("data", this.#data);
    // Its end is not the link's: sending on it then fails, and the link goes on without.
    this.#listen("unreliable", this.#unreliable);
    this.#data.onclose = () => this.#broken();
    this.#data.onerror = () => this.#broken();
    return true;
  }

  /** A host's own addresses come together; the platform says that there are no more only long after. */
  #gatherUntilQuiet(peer: SimplePeer, connection: RTCPeerConnection): void {
    const gathered = (): void => {
      if (peer._iceComplete || peer.destroyed || peer.destroying) return;
      peer._iceComplete = true;
      peer.emit("_iceComplete");
    };
    connection.addEventListener("icecandidate", ({ candidate }) => {
      this.#cancelQuiet();
      if (candidate && !this.#signaled) this.#cancelQuiet = platformClock.after(linkLimits.gatherQuietMs, gathered);
    });
  }

  #listen(name: Channel, channel: RTCDataChannel): void {
    channel.binaryType = "arraybuffer";
    channel.addEventListener("open", () => this.#onOpen());
    // In place of simple-peer's handler, which would fill a stream that nobody reads.
    channel.onmessage = (event: MessageEvent<unknown>) => this.#link.received(name, event.data);
    channel.onbufferedamountlow = () => this.#link.drained();
  }

  #onLocalSignal(peer: SimplePeer, local: { type: string; sdp?: string }): void {
    // Without trickling there is one offer or answer; anything else would be a renegotiation, which we never ask for.
    if (this.#signaled || local.type !== this.#role || local.sdp === undefined) return;
    this.#signaled = true;
    if (this.#options.isRoomy()) this.#gathering?.leave();
    clearTimeout(peer._iceCompleteTimer ?? undefined);
    const { messageBytesMax } = this.#options;
    const body = new TextEncoder().encode(withoutTcp(local.sdp));
    const signal = encodeSignal({ role: this.#role, messageBytesMax, body });
    if (signal.length > limits.signalBytesMax) this.#link.ended("failed");
    else this.#link.signaled(signal);
  }

  #onOpen(): void {
    if (this.#link.isOpen) return;
    const control = this.#peer?._channel;
    const data = this.#data;
    const unreliable = this.#unreliable;
    const connection = this.#peer?._pc;
    if (control?.readyState !== "open" || data?.readyState !== "open" || !connection) return;
    if (unreliable === undefined || unreliable.readyState === "connecting") return;
    // In Chromium the channels of one offer in ten open before the page is told that the answer has been applied.
    if (connection.signalingState !== "stable") return;
    this.#gathering?.leave();
    this.#connecting?.leave();
    this.#options.settled();
    // From the descriptions that the connection itself checks DTLS against, never from what was signaled.
    const local = fingerprintOf(connection.localDescription?.sdp ?? "");
    const remote = fingerprintOf(connection.remoteDescription?.sdp ?? "");
    if (local === undefined || remote === undefined) {
      this.#link.ended("bad-fingerprint");
      return;
    }
    const channels = { control, data, unreliable } as Record<Channel, ByteChannel>;
    this.#link.opened(channels, { local, remote }, this.#remoteMessageBytesMax);
  }

  #broken(): void {
    this.#link.ended(this.#link.isOpen ? "lost" : "failed");
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
