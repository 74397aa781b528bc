/**
 * Which STUN and TURN servers are fit to be handed to RTCPeerConnection (RFC 7064, RFC 7065). Both ends check: a seed so
 * that its operator hears of a mistake, a peer because one malformed address makes the constructor throw, and a seed is
 * not trusted with that.
 */
import { encodeUtf8 } from "../wire/bytes.ts";
import { seedLimits } from "./limits.ts";
import type { IceServer } from "./messages.ts";

const STUN = /^stuns?:(?<host>[\w.-]+|\[[\da-f:.]+\])(?::(?<port>\d{1,5}))?$/i;
const TURN = /^turns?:(?<host>[\w.-]+|\[[\da-f:.]+\])(?::(?<port>\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/i;

/** What is wrong with it, as "expected ...", or undefined. */
export function iceServerFault({ urls, username, credential }: IceServer): string | undefined {
  if (urls.length === 0 || urls.length > seedLimits.iceUrlsMax) return `1 to ${seedLimits.iceUrlsMax} urls`;
  let turn = false;
  for (const url of urls) {
    turn ||= TURN.test(url);
    const port = (STUN.exec(url) ?? TURN.exec(url))?.groups;
    if (port === undefined || Number(port["port"] ?? 1) > 65_535 || !fits(url)) {
      return 'urls like "stun:host:port" or "turn:host:port?transport=udp"';
    }
  }
  if (username !== undefined && !fits(username)) return `username of at most ${seedLimits.iceTextBytesMax} bytes`;
  if (credential !== undefined && !fits(credential)) return `credential of at most ${seedLimits.iceTextBytesMax} bytes`;
  // Browsers refuse a TURN server without them.
  return turn && (username === undefined || credential === undefined) ? "username and credential for turn:" : undefined;
}

function fits(text: string): boolean {
  return encodeUtf8(text).length <= seedLimits.iceTextBytesMax;
}
