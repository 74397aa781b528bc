/** How many links a peer keeps: DESIGN's numbers, or what fits into `neighborsMax`. */
import { DEFAULT_TUNING, type Tuning } from "@grapevine/protocol";
import { isPage } from "./page.ts";

/** Source: DESIGN, 12 callers in Node and 8 in a tab, where each message on a link costs more. */
const CALLERS_IN_A_PAGE = 8;

export function tuningFor(neighborsMax: number | undefined): Tuning {
  if (neighborsMax === undefined) {
    return isPage() ? { ...DEFAULT_TUNING, callersMax: CALLERS_IN_A_PAGE } : DEFAULT_TUNING;
  }
  const reservedMax = neighborsMax < 8 ? 1 : DEFAULT_TUNING.reservedMax;
  // Half of the rest for own calls, as far as the rings need them; somebody has to take as many.
  const rings = Math.min(DEFAULT_TUNING.rings, Math.floor((neighborsMax - reservedMax) / 2));
  // Two to spare: who repairs only when it has hardly any links left is cut off by the next loss.
  const linksMin = Math.min(DEFAULT_TUNING.linksMin, neighborsMax - 2);
  return {
    ...DEFAULT_TUNING,
    rings,
    reservedMax,
    callersMax: neighborsMax - rings - reservedMax,
    linksMin,
    seedLinksMin: Math.min(DEFAULT_TUNING.seedLinksMin, linksMin),
  };
}
