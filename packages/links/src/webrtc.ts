/**
 * What links need of a WebRTC implementation: the three constructors that simple-peer takes, from the browser, from
 * @roamhq/wrtc in Node, or injected.
 */
import { LinkError } from "./link.ts";

export interface WebRtc {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly RTCSessionDescription: typeof RTCSessionDescription;
  readonly RTCIceCandidate: typeof RTCIceCandidate;
  /** What its connections cost the process. Default: those of the platform's own WebRTC. */
  readonly traits?: WebRtcTraits;
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
