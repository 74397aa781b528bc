/** The codec with every kind of frame there is, for all who have no reason to load a part of it later. */
import * as codec from "./codec.ts";
import type { DecodedFrame } from "./codec.ts";
import type { Frame } from "./frames.ts";
import { laterCodec } from "./later-codec.ts";

export function encodeFrame(frame: Frame): Uint8Array {
  return codec.encodeFrame(frame, laterCodec);
}

/** The frame holds views into `bytes`, which must not change any more. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  return codec.decodeFrame(bytes, laterCodec);
}
