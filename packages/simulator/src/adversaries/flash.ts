/**
 * Covert flash (GossipSub's evaluation by Vyzovitis et al. 2020): behave until the others think well of you, then defect all
 * at once: withhold, and tell each half something else. Against scores, which are local and decay, and evidence, which does
 * not ask how somebody behaved before.
 */
import { equivocate } from "./equivocate.ts";
import { type Deviation, type Kind, together } from "./deviant.ts";
import { withhold } from "./withhold.ts";

const BEHAVES_MS = 15_000;

export const flash: Kind = (scene) => {
  const defectsMs = scene.nowMs + BEHAVES_MS;
  let defected: Deviation | undefined;
  return {
    onTick: () => {
      if (scene.nowMs >= defectsMs) defected ??= together(equivocate, withhold)(scene);
    },
    onInput: (input) => defected?.onInput?.(input) ?? [input],
    onEffect: (effect) => defected?.onEffect?.(effect) ?? [effect],
  };
};
