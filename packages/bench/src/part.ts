/** One part of the benchmarks. */
import type { Report } from "./report.ts";

export interface Effort {
  /** Shorter and fewer runs: to see that everything runs, not to quote from. */
  readonly quick: boolean;
  /** Repetitions of each mesh, instead of the part's own number. */
  readonly runs: number | undefined;
  /** Says what is going on. */
  readonly log: (line: string) => void;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  run(effort: Effort): Promise<Report>;
}
