/**
 * A second WebRTC engine for Node: node-datachannel (libdatachannel), an optional peer dependency. It moves small messages
 * many times faster than @roamhq/wrtc, and a connection costs a file descriptor or two and no thread. `join({ webrtc:
 * nodeDatachannel() })` takes it. What its polyfill lacks to be what simple-peer expects stands here, beside its reason;
 * measured with 0.33.4.
 */
import { createRequire } from "node:module";
import { LinkError } from "./link.ts";
import { type WebRtc, isWebRtc } from "./webrtc.ts";

/** Source: measured, 1 a connection and the sockets of its gathering. */
const DESCRIPTORS_PER_CONNECTION = 4;

/** What is used of the native connection. */
interface NativeConnection {
  setLocalDescription(type: "offer" | "answer"): void;
}

interface NativeConfiguration {
  readonly iceServers: readonly string[];
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly disableAutoNegotiation: boolean;
}

type MakeNative = new (name: string, configuration: NativeConfiguration) => NativeConnection;

/** What is shimmed of the polyfill's connection. */
interface PolyfilledConnection {
  createOffer(): Promise<RTCSessionDescriptionInit>;
  createAnswer(): Promise<RTCSessionDescriptionInit>;
  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void>;
  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>;
  createDataChannel(label: string | null, options?: RTCDataChannelInit): RTCDataChannel;
}

type MakePolyfilled = new (
  configuration: RTCConfiguration & { readonly peerConnection: NativeConnection },
) => PolyfilledConnection;

let made: WebRtc | undefined;

/** The engine's constructors, the same in every call. Throws `webrtc-unavailable` when it is not installed. */
export function nodeDatachannel(): WebRtc {
  made ??= make();
  return made;
}

function make(): WebRtc {
  const { PeerConnection } = load("node-datachannel") as { readonly PeerConnection: MakeNative };
  const polyfill = load("node-datachannel/polyfill");
  if (!isWebRtc(polyfill) || typeof PeerConnection !== "function") {
    throw new LinkError(
      "webrtc-unavailable",
      "expected node-datachannel to export RTCPeerConnection, got something else",
    );
  }
  const { RTCSessionDescription, RTCIceCandidate } = polyfill;
  const constructors = shim(polyfill.RTCPeerConnection as unknown as MakePolyfilled, PeerConnection);
  return {
    RTCPeerConnection: constructors as unknown as WebRtc["RTCPeerConnection"],
    RTCSessionDescription,
    RTCIceCandidate,
    traits: {
      name: "node-datachannel",
      descriptorsPerConnection: DESCRIPTORS_PER_CONNECTION,
      descriptorsPerOpenConnection: 1,
      threadsPerOpenConnection: 0,
      dropsIdleFactory: false,
    },
  };
}

function load(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch (cause) {
    const hint = "expected node-datachannel to be installed (npm install node-datachannel) and to load, got an error";
    throw new LinkError("webrtc-unavailable", hint, { cause });
  }
}

function shim(Polyfilled: MakePolyfilled, Native: MakeNative): MakePolyfilled {
  return class RTCPeerConnection extends Polyfilled {
    readonly #native: NativeConnection;

    constructor(configuration: RTCConfiguration = {}) {
      // Left to itself it makes an offer as soon as it has a channel. One that is to answer then has two roles: both
      // sides control ICE, and now and then a certificate is checked before it is known.
      const native = new Native("", {
        iceServers: serversOf(configuration),
        iceTransportPolicy: configuration.iceTransportPolicy ?? "all",
        disableAutoNegotiation: true,
      });
      super({ ...configuration, iceServers: [], peerConnection: native });
      this.#native = native;
    }

    // The polyfill waits here for a description that only setting it would make. And simple-peer writes into what these
    // resolve to, where the polyfill's descriptions have no setters.
    override async createOffer(): Promise<RTCSessionDescriptionInit> {
      this.#native.setLocalDescription("offer");
      return plain(await super.createOffer());
    }

    override async createAnswer(): Promise<RTCSessionDescriptionInit> {
      this.#native.setLocalDescription("answer");
      return plain(await super.createAnswer());
    }

    override async setLocalDescription(): Promise<void> {
      // It is set.
    }

    // Of two libdatachannels, the one that answers speaks DTLS first, before the other listens, and repeats itself only
    // after a second. Told that the other wants to begin, it waits; and the other begins when it has the answer.
    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const { type, sdp } = description;
      if (type !== "offer") return super.setRemoteDescription(description);
      return super.setRemoteDescription({ type, sdp: sdp?.replace("a=setup:actpass", "a=setup:active") ?? "" });
    }

    override createDataChannel(label: string | null, options?: RTCDataChannelInit): RTCDataChannel {
      // The side that answers has no name for its channel, which elsewhere makes it "null".
      const channel = super.createDataChannel(String(label), options);
      // It drains in a thread of its own: what was read of it is past, and a mark set by it may never be crossed. Without
      // the mark the channel is looked at, as wrtc's is.
      return Object.defineProperty(channel, "bufferedAmountLowThreshold", { value: undefined, writable: true });
    }
  };
}

/** As libdatachannel takes them: the credentials in the address, encoded, for those of TURN have colons. */
function serversOf({ iceServers = [] }: RTCConfiguration): readonly string[] {
  return iceServers.flatMap(({ urls, username, credential }) =>
    [urls].flat().map((url) => {
      if (username === undefined || credential === undefined) return url;
      const [, protocol = "", rest = ""] = /^([a-z]+:)(.*)$/.exec(url) ?? [];
      return `${protocol}${encodeURIComponent(username)}:${encodeURIComponent(credential)}@${rest}`;
    }),
  );
}

function plain({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return sdp === undefined ? { type } : { type, sdp };
}
