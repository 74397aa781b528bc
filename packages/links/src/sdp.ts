/**
 * The little that we read of session descriptions (RFC 8866) ourselves: whether one asks for data channels and nothing
 * else, and the fingerprint of the certificate that stands behind it (RFC 8122). A description comes from a stranger
 * and goes into native code, so whatever is not as it must be is refused before it gets there.
 */
import { linkLimits } from "./limits.ts";

const FINGERPRINT_BYTES = 32;
const DATA_ONLY = /^m=application \d{1,5} (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;
const FINGERPRINT = /^a=fingerprint:sha-256 ([0-9a-f]{2}(?::[0-9a-f]{2})*)$/i;

/** Does this describe one section of data channels, with one clear fingerprint, and no more candidates than sensible? */
export function describesDataOnly(sdp: string): boolean {
  const lines = linesOf(sdp);
  const sections = lines.filter((line) => line.startsWith("m="));
  const candidates = lines.filter((line) => line.startsWith("a=candidate:"));
  return (
    lines[0] === "v=0" &&
    sections.length === 1 &&
    DATA_ONLY.test(sections[0]!) &&
    candidates.length <= linkLimits.candidatesMax &&
    fingerprintOf(sdp) !== undefined
  );
}

/**
 * The same description without candidates for TCP. They connect hardly anybody (where UDP is blocked, so are incoming
 * connections), make a third of an offer, and have ICE open a socket to each of them from every address.
 */
export function withoutTcp(sdp: string): string {
  return sdp.replaceAll(/^a=candidate:\S+ \d+ tcp .*(?:\r\n|\r|\n|$)/gim, "");
}

/**
 * The 32 bytes of the SHA-256 fingerprint, in every description the same wherever it is repeated. Undefined when there
 * is none, when there are two, or when one is of another hash: then it is not certain which one DTLS would check.
 */
export function fingerprintOf(sdp: string): Uint8Array | undefined {
  let found: string | undefined;
  for (const line of linesOf(sdp)) {
    if (!/^a=fingerprint/i.test(line)) continue;
    const hex = FINGERPRINT.exec(line)?.[1]?.toLowerCase();
    if (hex === undefined || (found !== undefined && found !== hex)) return undefined;
    found = hex;
  }
  const bytes = found?.split(":").map((pair) => Number.parseInt(pair, 16));
  return bytes?.length === FINGERPRINT_BYTES ? Uint8Array.from(bytes) : undefined;
}

function linesOf(sdp: string): string[] {
  return sdp.split(/\r\n|\r|\n/);
}
