/**
 * How many members are there, when only some can be known? Capture and recapture (Lincoln 1930): a descriptor that comes
 * by chance is of a creator that is known by another one as often as the known are a share of the mesh. Tolerances on
 * rings are counted in this number; it may be off by a fifth, and colluders who flood a peer with their own names make the
 * mesh look smaller to it, which loosens its tolerance and nothing else.
 */
export interface CensusState {
  /** Over the draws of late, fading with each: how many were known, and how often one of them was drawn. */
  known: number;
  met: number;
  draws: number;
}

/** Draws that count: those of some three lifetimes of a descriptor. Guess; the estimate is then good to a tenth. */
const MEMORY = 400;
/** Draws before which there is nothing to tell. Guess. */
const DRAWS_MIN = 30;

export class Census {
  readonly state: CensusState;

  constructor(state: CensusState = { known: 0, met: 0, draws: 0 }) {
    this.state = state;
  }

  /** A descriptor came by chance, when `known` creators were; `met`: it is of one of these. */
  draw(known: number, met: boolean): void {
    const { state } = this;
    const fade = 1 - 1 / MEMORY;
    state.known = state.known * fade + known;
    state.met = state.met * fade + (met ? 1 : 0);
    state.draws++;
  }

  /** Were there draws enough for an estimate that is good to a fifth? */
  get isSettled(): boolean {
    return this.state.draws >= MEMORY;
  }

  /** About how many there are; never fewer than `known`. */
  estimate(known: number): number {
    if (this.state.draws < DRAWS_MIN) return known;
    return Math.max(known, Math.round(this.state.known / Math.max(this.state.met, 1)));
  }
}
