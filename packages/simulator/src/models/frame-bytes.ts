/** Sizes on the wire (PROTOCOL.md, section 7), for models that pass frames by reference and never encode them. */
import type { Frame } from "@grapevine/protocol";

/** Header, signature and frame of a rumor beside its body. Measured: 180 to 260 B. */
const RUMOR_BYTES = 220;

export function bytesOf(frame: Frame): number {
  switch (frame.kind) {
    case "rumor":
      return RUMOR_BYTES + frame.rumor.body.length;
    case "iHave":
      return 3 + 9 * frame.rumors.length;
    case "graft":
      return 4 + 8 * frame.ids.length;
    case "prune":
      return 2 + 32 * frame.sources.length;
    default:
      return 0;
  }
}
