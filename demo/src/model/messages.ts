/**
 * What pages say to each other, as schemas that the mesh checks on sending and on receipt. Other pages may be of other
 * versions, or hostile: whatever does not fit is not delivered here, and forwarded all the same.
 */
import * as v from "valibot";
import { nameLengthMax, tidyName } from "./names.ts";

/** UTF-16 units of one message. Reason: more is a document, not a line of chat. */
export const textLengthMax = 2_000;

/** Links that a page may claim. Reason: no peer is allowed more (`neighborsMax` of the mesh). */
const neighborsMax = 64;

/** As pages of ours send it: one with signs that are not seen, or that turn the writing around, is somebody's trick. */
const name = v.pipe(
  v.string(),
  v.maxLength(nameLengthMax),
  v.check((name) => tidyName(name) === name),
);

/** Base58 of 32 bytes. */
const peerId = v.pipe(v.string(), v.regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/));

/** On "chat". The name is there too, for a message outlives its author's presence. */
export const ChatMessage = v.object({
  text: v.pipe(v.string(), v.nonEmpty(), v.maxLength(textLengthMax)),
  name: v.exactOptional(name),
});
export type ChatMessage = v.InferOutput<typeof ChatMessage>;

/** On "topology": a page's own links, and what it wants to be called. */
export const TopologyClaim = v.object({
  neighbors: v.pipe(v.array(peerId), v.maxLength(neighborsMax)),
  name: v.exactOptional(name),
});
export type TopologyClaim = v.InferOutput<typeof TopologyClaim>;

/** In the map "wall", under the key of a square. */
export const Paint = v.literal(1);
