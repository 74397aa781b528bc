/**
 * What links need of a WebRTC implementation: the three constructors that simple-peer takes, from the browser, from
 * @roamhq/wrtc in Node, or injected.
 */
import { LinkError } from "./link.ts";

/**
 * The constructors, by no more than what is asked of them: whoever writes for Node compiles without the types of a page,
 * so what is public here names none of those.
 */
export interface WebRtc {
  readonly RTCPeerConnection: new (configuration: { iceServers: [] }) => { close(): void };
  readonly RTCSessionDescription: new (init: never) => object;
  readonly RTCIceCandidate: new (init: never) => object;
  /** What its connections cost the process. Default: those of the platform's own WebRTC. */
  readonly traits?: WebRtcTraits;
}

/** A STUN or TURN server, as RTCConfiguration takes it. */
export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface WebRtcTraits {
  readonly name: string;
  /** File descriptors that a connection takes at most, while it begins. */
  readonly descriptorsPerConnection: number;
  /** What one takes that is open. */
  readonly descriptorsPerOpenConnection: number;
  readonly threadsPerOpenConnection: number;
  /** It takes something down with its last connection, and loses it; see `KeepAlive`. */
  readonly dropsIdleFactory: boolean;
}

/** The platform's own constructors; throws `webrtc-unavailable` where there are none. */
export function nativeWebRtc(): WebRtc {
  if (!isWebRtc(globalThis)) throw new LinkError("webrtc-unavailable", "expected a platform with WebRTC, got none");
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis;
  return { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
}

export function isWebRtc(value: unknown): value is WebRtc {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = value as Record<string, unknown>;
  return [RTCPeerConnection, RTCSessionDescription, RTCIceCandidate].every((make) => typeof make === "function");
}
