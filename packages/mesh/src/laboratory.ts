/**
 * For experiments, and no part of the public API, which promises nothing about it: join with somebody before the peer, who
 * sees and may change all that goes in and out. What it makes others believe is bounded by what they check; the adversaries
 * of `@grapevine/simulator/adversaries` are made for it. Nothing imports this but the demo's laboratory.
 */
import { enter } from "./join.ts";
import type { Disguise } from "./join.ts";
import type { Mesh } from "./mesh.ts";
import type { JoinOptions } from "./options.ts";

export type { Disguise } from "./join.ts";

/** As `join`; what `disguise` returns is run in place of the peer that it is given. */
export function joinDisguised(options: JoinOptions, disguise: Disguise): Promise<Mesh> {
  return enter(options, disguise);
}
