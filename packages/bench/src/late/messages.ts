/** What the processes of a late join say to each other. */

export interface Course {
  readonly seed: string;
  readonly rumors: number;
  readonly authors: number;
  readonly bodyBytes: number;
  /** Peers that have all of it, in one process. */
  readonly elders: number;
}

export interface Caught {
  /** From the first link to the last rumor held, and to the last message read. */
  readonly heldMs: number;
  readonly readMs: number;
  readonly cpuMs: number;
  readonly bytesIn: number;
  readonly framesIn: number;
  /** Signatures of rumors checked. */
  readonly verified: number;
  readonly duplicates: number;
  /** Longest time for which the event loop did nothing else. */
  readonly blockedMs: number;
  /** Messages that did not come in their author's order. */
  readonly disorder: number;
}

/** The same in a tab, from the first link on. */
export interface CaughtInTab {
  readonly readMs: number;
  /** Tasks of 50 ms or more, as the browser counts them, and the longest of them; 0 for none. */
  readonly longTasks: number;
  readonly longestMs: number;
}

export type ToPeer = { readonly kind: "elders" | "newcomer"; readonly course: Course };
export type FromPeer =
  | { readonly kind: "ready"; readonly bodyBytes: number }
  | { readonly kind: "caught"; readonly caught: Caught }
  | { readonly kind: "failed"; readonly error: string };
