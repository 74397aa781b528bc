/** What a visitor has not tried yet. One thing at a time is proposed, in the order in which a mesh explains itself. */
export interface Tried {
  /** Tabs in the mesh, this one included. */
  readonly tabs: number;
  /** Said or heard. */
  readonly messages: number;
  /** Painted by anybody. */
  readonly squares: number;
  readonly seedWasLost: boolean;
  /** Proved while this page was here. */
  readonly cheats: number;
}

export interface Step {
  /** From 1. */
  readonly number: number;
  readonly count: number;
  readonly text: string;
  readonly offersTab: boolean;
}

/** Undefined when everything was tried. */
export function nextStep(tried: Tried): Step | undefined {
  const steps: readonly (readonly [done: boolean, text: string, offersTab?: boolean])[] = [
    [tried.tabs >= 3, "Open this page in three tabs: they find each other.", true],
    [tried.messages > 0, "Say something. It goes from peer to peer, and reaches every tab."],
    [tried.squares > 0, "Paint a square of the wall, which is one map that all tabs share."],
    [tried.seedWasLost, "Stop the seed: type s and Enter where npm start runs. Then chat on."],
    [tried.cheats > 0, "Turn a tab malicious, in its laboratory, and watch the others prove it."],
  ];
  const at = steps.findIndex(([done]) => !done);
  const step = steps[at];
  if (step === undefined) return undefined;
  return { number: at + 1, count: steps.length, text: step[1], offersTab: step[2] === true };
}
