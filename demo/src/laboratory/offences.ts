/**
 * What this tab can be made to do, in words. The deeds themselves are the simulator's adversaries, so that what is shown
 * here is what `simulate attack` measures.
 */
export type Offence = "fork" | "mint" | "forge";

export interface OffenceWords {
  readonly id: Offence;
  readonly title: string;
  readonly deed: string;
  /** What others make of it. */
  readonly outcome: string;
  readonly provable: boolean;
  /** While it lasts. */
  readonly doing: string;
}

export const OFFENCES: readonly OffenceWords[] = [
  {
    id: "fork",
    title: "Tell two stories",
    deed: "Sign one message for half of your neighbors and another for the rest, both as the same number of your log.",
    outcome: "Provable: the two signatures, side by side.",
    provable: true,
    doing: "Two messages are signed for one place. Waiting for two neighbors to compare.",
  },
  {
    id: "mint",
    title: "Mint twice",
    deed: "Sign more than one advertisement of yourself in one period, to be better known than everybody else.",
    outcome: "Provable: the two signatures, side by side.",
    provable: true,
    doing: "Signing advertisements by the handful. Waiting for two of them to meet.",
  },
  {
    id: "forge",
    title: "Forge and flip bits",
    deed: "Write in the names of others, and change a bit here and there of what passes through your hands.",
    outcome: "Not provable, and harmless: nobody believes it, and whoever gets it hangs up on you for a minute.",
    provable: false,
    doing: "Forging. Nothing of it is believed, and one neighbor after another hangs up.",
  },
];

/** The two stories of a fork. */
export const STORIES: readonly [string, string] = [
  "Meet me under the old vine at noon.",
  "Meet me at the press, at dusk.",
];
