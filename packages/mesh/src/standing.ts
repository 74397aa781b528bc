/** How a peer stands in its mesh: alone, connected, cut off, paused or gone; and who waits for that to be settled. */
import type { MeshError } from "./errors.ts";
import type { MeshState } from "./mesh-events.ts";

export class Standing {
  private readonly onChange: (state: MeshState, previous: MeshState) => void;
  private readonly hasSeeds: boolean;
  private readonly waiting = new Set<() => void>();
  private phase: "running" | "paused" | "left" = "running";
  private neighbors = 0;
  /** By a seed's word, for lack of a seed to ask, or because all who were there have said goodbye. */
  private nobodyElse: boolean;
  private shown: MeshState;
  refusal: MeshError | undefined;

  constructor(hasSeeds: boolean, onChange: (state: MeshState, previous: MeshState) => void) {
    this.hasSeeds = hasSeeds;
    this.nobodyElse = !hasSeeds;
    this.onChange = onChange;
    this.shown = this.state;
  }

  get state(): MeshState {
    if (this.phase !== "running") return this.phase;
    if (this.neighbors > 0) return "connected";
    return this.nobodyElse ? "alone" : "cut-off";
  }

  onNeighbors(count: number): void {
    this.neighbors = count;
    if (count > 0) this.nobodyElse = false;
    this.update();
  }

  /** Nobody takes this peer any more: whoever waits for a link need not. */
  refuse(error: MeshError): void {
    this.refusal = error;
    for (const done of [...this.waiting]) done();
  }

  onAlone(): void {
    this.nobodyElse = true;
    this.update();
  }

  pause(): void {
    this.phase = "paused";
    this.neighbors = 0;
    this.update();
  }

  resume(): void {
    this.phase = "running";
    this.nobodyElse = !this.hasSeeds;
    this.update();
  }

  leave(): void {
    this.phase = "left";
    this.update();
  }

  /** True as soon as it is neither searching nor cut off; false when that took longer than `timeoutMs`. */
  settled(timeoutMs: number): Promise<boolean> {
    if (this.state !== "cut-off" || this.refusal !== undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(this.state !== "cut-off");
      };
      const timer = setTimeout(done, timeoutMs);
      this.waiting.add(done);
    });
  }

  private update(): void {
    const { state, shown: previous } = this;
    if (state === previous) return;
    this.shown = state;
    if (state !== "cut-off") for (const done of [...this.waiting]) done();
    this.onChange(state, previous);
  }
}
