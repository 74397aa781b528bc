/**
 * A number that follows its goal, by halves in equal times, so that the curve is the same at any frame rate. It knows
 * when it has arrived: then nobody need draw it again.
 */
export class Eased {
  goal: number;
  value: number;
  private readonly halfMs: number;

  /** `halfMs`: the time in which half of the way is gone. */
  constructor(value: number, halfMs: number) {
    this.goal = value;
    this.value = value;
    this.halfMs = halfMs;
  }

  get resting(): boolean {
    return this.value === this.goal;
  }

  /** Goes on for some time; with `still` it is there at once. */
  follow(goal: number, passedMs: number, still: boolean): number {
    this.goal = goal;
    const next = goal + (this.value - goal) * 0.5 ** (passedMs / this.halfMs);
    this.value = still || Math.abs(next - goal) < 0.002 ? goal : next;
    return this.value;
  }
}
