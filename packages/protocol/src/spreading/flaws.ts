/**
 * What no honest peer passes on, told from the rumor alone, before anything costs: whoever brings such a rumor did not
 * check it, or made it.
 */
import { limits } from "../limits.ts";
import type { Rumor } from "../types.ts";

export type Flaw =
  | "a rumor with a number below its log's first"
  | "a rumor that its own header has forgotten"
  | "a rumor that does not name the one before it"
  | "a rumor that expires before it was written"
  | "a rumor with a body that is too long";

export function flawIn({ header, body }: Rumor): Flaw | undefined {
  if (!Number.isSafeInteger(header.seq) || header.seq < 1) return "a rumor with a number below its log's first";
  if (!Number.isSafeInteger(header.low) || header.low < 1 || header.low > header.seq) {
    return "a rumor that its own header has forgotten";
  }
  const isFirst = header.prev.every((byte) => byte === 0);
  if (isFirst !== (header.seq === 1)) return "a rumor that does not name the one before it";
  if (header.expiryMs !== 0 && header.expiryMs <= header.timeMs) return "a rumor that expires before it was written";
  return body.length > limits.rumorBodyBytesMax ? "a rumor with a body that is too long" : undefined;
}
