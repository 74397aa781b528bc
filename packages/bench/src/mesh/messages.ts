/** What the coordinator and its worker processes say to each other. */
import type { Contender } from "./contender.ts";

export interface Phase {
  readonly phase: number;
  readonly authors: readonly number[];
  readonly size: number;
  /** Messages of one author on their way at most; Infinity is written as 0. */
  readonly window: number;
  /** One after the other, each awaited: what a publisher that is not in a burst does. */
  readonly oneByOne: boolean;
  /** A message of each author this often, instead of as many as go. 0: as many as go. */
  readonly everyMs: number;
  /** Messages of each author at most; 0: until told to stop. */
  readonly countMax: number;
}

export interface Setup {
  readonly contender: Contender;
  readonly nodes: readonly number[];
  readonly seed: string;
}

export type ToWorker =
  | { readonly kind: "load"; readonly setup: Setup }
  | { readonly kind: "start" }
  | {
      readonly kind: "dial";
      readonly dials: readonly { readonly node: number; readonly addresses: readonly string[] }[];
    }
  | { readonly kind: "await-degree"; readonly degree: number; readonly timeoutMs: number }
  /** Count what comes of this phase. All processes do before one begins, or its first messages go uncounted elsewhere. */
  | { readonly kind: "expect"; readonly phase: Phase }
  | { readonly kind: "begin" }
  /** `fresh`: latencies count from now on. */
  | { readonly kind: "mark"; readonly fresh?: boolean }
  | { readonly kind: "stop-publishing" }
  | { readonly kind: "end" }
  | { readonly kind: "stats" }
  | { readonly kind: "stop" };

/** Of other workers, passed on by the coordinator: how many of each author's messages all their nodes have. */
export interface Progress {
  readonly kind: "progress";
  readonly worker: number;
  readonly phase: number;
  readonly least: readonly number[];
}

export interface Mark {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly deliveries: number;
  readonly copies: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface PhaseEnd {
  readonly published: readonly { readonly author: number; readonly count: number }[];
  readonly deliveries: number;
  readonly repeats: number;
  readonly spoiled: number;
  readonly failures: number;
  readonly latenciesMs: readonly number[];
}
