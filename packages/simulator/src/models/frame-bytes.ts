/** Sizes on the wire, for models that pass frames by reference and never encode them. Source: PROTOCOL.md, section 7. */
import type { Frame } from "@grapevine/protocol";

/** What gossipsub's control messages are in its model (`gossipsub.ts`). */
export type GossipsubFrame =
  | { readonly kind: "gsGraft" }
  | { readonly kind: "gsPrune" }
  | { readonly kind: "gsIHave"; readonly ids: readonly string[] }
  | { readonly kind: "gsIWant"; readonly ids: readonly string[] };

/** Header, signature and frame of a rumor beside its body. Measured: 180 to 260 B. */
const RUMOR_BYTES = 220;
/** Topic and framing of a control message. Guess. */
const GOSSIPSUB_BYTES = 12;
/** Source: default message ids of go-libp2p-pubsub, sender and number. */
const GOSSIPSUB_ID_BYTES = 46;

export function bytesOf(frame: Frame | GossipsubFrame): number {
  switch (frame.kind) {
    case "rumor":
      return RUMOR_BYTES + frame.rumor.body.length;
    case "iHave":
      return 3 + 9 * frame.rumors.length;
    case "graft":
      return 4 + 8 * frame.ids.length;
    case "prune":
      return 2 + 32 * frame.sources.length;
    case "tell":
      return 3 + 9 * frame.rumors.length;
    case "told":
      return 3 + 9 * frame.answers.length;
    case "gsIHave":
    case "gsIWant":
      return GOSSIPSUB_BYTES + GOSSIPSUB_ID_BYTES * frame.ids.length;
    case "gsGraft":
    case "gsPrune":
      return GOSSIPSUB_BYTES;
    default:
      return 0;
  }
}
