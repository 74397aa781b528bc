/** A rumor as it goes on: one link further than it has come. */
import type { RumorFrame } from "./frames.ts";

/** The frame counts hops in one byte; more links than that no rumor crosses. */
export const HOPS_MAX = 255;

/** Links that a rumor has crossed when it has crossed one more. */
export function oneFurther(hops: number): number {
  return Math.min(hops + 1, HOPS_MAX);
}

export function onward({ rumor, hops, repair }: Omit<RumorFrame, "kind">): RumorFrame {
  return { kind: "rumor", hops: oneFurther(hops), repair, rumor };
}
