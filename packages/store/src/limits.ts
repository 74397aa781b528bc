/** Every bound of a store, each with its reason. */
export const storeLimits = {
  /** Quota when none is given. Reason: twice what a peer holds in memory (`limits.heldBytesMax`). */
  bytesMax: 268_435_456,
  /** Least quota. Reason: a rumor at its largest, and what it is kept with. */
  bytesMin: 1_048_576,
  /** Over its quota a store shrinks to this part of it. Guess: each eviction sorts what is kept, so let there be few. */
  shrinkTo: 0.9,
  /** Operations written at once. Reason: one transaction of IndexedDB takes some 10 microseconds for each. */
  commitOperationsMax: 4_096,
  /** Their bytes. Reason: what a tab can copy without a pause that is seen. */
  commitBytesMax: 4_194_304,
  /** Bytes that wait while nothing can be written; the oldest are given up beyond it. Reason: memory of a tab. */
  waitingBytesMax: 33_554_432,
  /** After a write that failed the next one is tried so much later. Guess: somebody frees space within minutes. */
  retryMs: 15_000,
  /** Records loaded in one part. Reason: 50 ms of a tab's main thread at some 150 microseconds each, hashed thrice. */
  loadRecordsMax: 256,
  /** Bytes of them. Reason: 50 ms of hashing each byte twice in a tab, at some 20 MB a second. */
  loadBytesMax: 262_144,
  /** Damaged records kept aside for who wants to look. Reason: they are of no other use. */
  damagedMax: 64,
  /** Credentials kept of one mesh. Source: the core's `admittedMax`. */
  credentialsMax: 4_096,
  /** Neighbors remembered for the next start. Reason: more than anybody has. */
  rememberedMax: 32,
} as const;
