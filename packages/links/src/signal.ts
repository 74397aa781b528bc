/**
 * The bytes of an offer or answer: a role, the largest message that its maker wants to receive, and a body that is
 * the engine's (SDP, for WebRTC). What a peer prefers stands here, and not in a first message on the link, so that
 * both sides know it before they send anything: tabs do best with 4 KiB, Node peers with 16.
 */
import { limits } from "@grapevine/protocol";
import { linkLimits } from "./limits.ts";
import type { LinkRole } from "./link.ts";

const ROLE_OFFER = 1;
const ROLE_ANSWER = 2;
const HEADER_BYTES = 4;

export interface Signal {
  readonly role: LinkRole;
  /** At least `linkLimits.messageBytesLeast`, at most `messageBytesMost`; three bytes, big-endian, on the wire. */
  readonly messageBytesMax: number;
  readonly body: Uint8Array;
}

export function encodeSignal(signal: Signal): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + signal.body.length);
  bytes[0] = signal.role === "offer" ? ROLE_OFFER : ROLE_ANSWER;
  bytes[1] = signal.messageBytesMax >>> 16;
  bytes[2] = (signal.messageBytesMax >>> 8) & 0xff;
  bytes[3] = signal.messageBytesMax & 0xff;
  bytes.set(signal.body, HEADER_BYTES);
  return bytes;
}

/** Total: undefined for anything that `encodeSignal` would not have made of an honest signal for `role`. */
export function decodeSignal(bytes: Uint8Array, role: LinkRole): Signal | undefined {
  if (bytes.length <= HEADER_BYTES || bytes.length > limits.signalBytesMax) return undefined;
  if (bytes[0] !== (role === "offer" ? ROLE_OFFER : ROLE_ANSWER)) return undefined;
  const messageBytesMax = (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  if (messageBytesMax < linkLimits.messageBytesLeast || messageBytesMax > linkLimits.messageBytesMost) return undefined;
  return { role, messageBytesMax, body: bytes.subarray(HEADER_BYTES) };
}
